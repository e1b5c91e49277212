/// The keys of a payload's time.
package enum TimeKey: String, MappingKey {
    case pointer, format, value

    package static let title = "the time field"
    package static let parts: [any MappingKey.Type] = [TimeFormatKey.self]

    package var isRequired: Bool { self == .pointer }

    package var meaning: String {
        switch self {
        case .pointer: "The JSON Pointer of the time."
        case .format:
            """
            How the time is written: one of these words, or a pattern such as dd.MM.yyyy HH:mm:ss. Default: rfc3339.
            """
        case .value: "A calculation of the seconds from several numbers of the payload, for the formats unix and age."
        }
    }

    package var form: KeyForm {
        switch self {
        case .pointer: .pointer
        case .format: .timeFormat
        case .value: .calculation
        }
    }
}

/// The keys that belong to some formats of times.
package enum TimeFormatKey: String, MappingKey {
    case zone, wraps

    package static let title = "the time field"

    package var meaning: String {
        switch self {
        case .zone:
            """
            The zone of times that do not name one: UTC, an offset such as +01:00, or 'site', the inventory's time \
            zone. Default: site.
            """
        case .wraps: "For an uptime, the value at which the device's counter begins at 0 again."
        }
    }

    package var form: KeyForm {
        switch self {
        case .zone:
            .written(
                words: ["site", "UTC"], pattern: "^(Z|[+-][0-9]{2}(:?[0-9]{2})?)$", examples: ["+01:00"])
        case .wraps: .number(0...Double.infinity)
        }
    }
}

/// The keys of the JSON of a network server that the gateway does not know.
package enum EnvelopeKey: String, MappingKey {
    case bytes, encoding, object, port, counter, time
    case timeFormat = "time_format"
    case receptions, rssi, snr

    package static let title = "an envelope"
    package static let parts: [any MappingKey.Type] = [TimeFormatKey.self]

    package var isRequired: Bool { self == .bytes }

    package var meaning: String {
        switch self {
        case .bytes: "The JSON Pointer of the device's own bytes."
        case .encoding: "How the bytes are written. Default: base64."
        case .object: "The JSON Pointer of what the server has decoded."
        case .port: "The JSON Pointer of the LoRaWAN port."
        case .counter: "The JSON Pointer of the frame counter."
        case .time: "The JSON Pointer of the time of the message."
        case .timeFormat: "How the time is written. Default: rfc3339."
        case .receptions: "The JSON Pointer of the list of the gateways that heard the message."
        case .rssi: "The JSON Pointer of the signal strength, in one of the receptions."
        case .snr: "The JSON Pointer of the signal-to-noise ratio, in one of the receptions."
        }
    }

    package var form: KeyForm {
        switch self {
        case .bytes, .object, .port, .counter, .time, .receptions, .rssi, .snr: .pointer
        case .encoding: .words(["base64", "hex"])
        case .timeFormat: .timeFormat
        }
    }
}
