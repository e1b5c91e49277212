package import Telemetry

/// A time in messages: RFC 3339 in UTC.
package struct WireTime: Codable, Hashable, Sendable {
    package var instant: Instant

    package init(_ instant: Instant) { self.instant = instant }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let instant = Instant(rfc3339: text.utf8) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not a time")
        }
        self.instant = instant
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(instant.description)
    }
}
