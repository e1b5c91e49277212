package import Diagnostics
package import Telemetry

/// A real payload in a profile, with the readings that it must give.
package struct ProfileVector: Sendable {
    /// What the payload shows, for people.
    package var name: String
    /// The topic; `nil`: the first one of the profile.
    package var topic: String?
    /// The device's key in the payload, if several devices share the topic.
    package var key: String?
    package var payload: Payload
    /// Messages that have come before, such as births that name the metrics.
    package var before: [Earlier] = []
    /// The arrival of the message, for payloads without a time.
    package var arrival: Instant
    /// The values of each quantity in their order, in the canonical unit. Quantities that are not here must have none.
    package var gives: [Expected]
    /// The time that the readings must have; `nil`: not compared.
    package var time: Instant?
    /// Set if a part of the payload, or all of it, must be reported as unreadable.
    package var hasProblem: Bool
    package var location: SourceLocation

    package enum Payload: Sendable {
        /// The payload as it comes from the broker.
        case whole([UInt8])
        /// The bytes that a device has sent to a network server on a port of LoRaWAN.
        case inside([UInt8], port: Int)
    }

    package struct Earlier: Sendable {
        package var topic: String?
        package var payload: Payload
    }

    package struct Expected: Sendable {
        package var quantity: Quantity
        package var unit: Unit
        package var values: [Double]
    }
}

extension ProfileVector.Payload {
    /// The bytes as they stand in the vector.
    package var bytes: [UInt8] {
        switch self {
        case .whole(let bytes), .inside(let bytes, _): bytes
        }
    }

    /// Reads bytes that are written as hexadecimal digits; `nil` if they are not.
    package init?(hex: String, port: Int) {
        var bytes: [UInt8] = []
        guard Array(hex.utf8).withUnsafeBytes({ PayloadEncoding.decode($0, .hex, into: &bytes) }) else { return nil }
        self = .inside(bytes, port: port)
    }
}
