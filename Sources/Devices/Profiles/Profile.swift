package import Diagnostics
package import Telemetry

/// Describes how the payloads of one model of device become readings.
package struct Profile: Sendable {
    package enum Format: String, Sendable, CaseIterable {
        case json, senml
    }

    package var name: String
    package var summary: String
    /// The topic that a device publishes on, with `{device}` and other labels in braces.
    package var topic: TopicPattern
    package var format: Format
    package var time: TimeField?
    /// The location of the message number in a JSON payload. The device increases the number by one with each message.
    package var sequence: SequenceField?
    /// The expected time between two readings.
    package var interval: TimeSpan
    /// The time without a reading after which a device counts as silent.
    package var silence: TimeSpan
    /// Set if the profile states ``silence``; otherwise the silence is three intervals of each device.
    package var isSilenceStated = true
    package var clock: ClockTolerance
    /// Set if the device sends one measurement several times, with the same time of its own. Repeats are then ignored.
    package var ignoresRepeats = false
    package var fields: [Field]
    /// The location of the profile's name in its file.
    package var location: SourceLocation?

    /// One quantity of the payload: its place, its unit and its plausible range.
    package struct Field: Sendable {
        package var quantity: Quantity
        /// A pointer into a JSON payload; for SenML, the last part of a record's name.
        package var source: Source
        package var unit: Unit
        /// The plausible range, in the canonical unit of the quantity.
        package var plausible: ClosedRange<Double>?
        /// The properties of a counter, if the quantity only counts up.
        package var counter: CounterProperties?
        /// The time without a reading after which its sensor is silent, if it differs from the device's. An example is
        /// a contact that reports only changes, beside a temperature that comes each minute.
        package var silence: TimeSpan?
        /// The reason for maintenance, set while the sensor is in maintenance. Then no rule sees its readings.
        package var maintenance: String?
    }

    package enum Source: Sendable {
        case value(JSONPointer)
        case samples(JSONPointer, rate: SampleRate, time: SampleAnchor)
        case record(String)
        /// Not in the payload: the number of messages that are missing before it, by the profile's sequence.
        case gap
        /// Not in the payload: the error of the device's clock.
        case clock
        /// Not in the payload: the number of implausible readings in a message.
        case plausibility

        package var isInPayload: Bool {
            switch self {
            case .value, .samples, .record: true
            case .gap, .clock, .plausibility: false
            }
        }

        package var isGap: Bool { if case .gap = self { true } else { false } }
        package var isClock: Bool { if case .clock = self { true } else { false } }
        package var isPlausibility: Bool { if case .plausibility = self { true } else { false } }
    }

    package struct SequenceField: Sendable {
        package var pointer: JSONPointer
        /// The number after the highest one, where the device starts again at 0: 65536 for a counter of 16 bits.
        package var wraps: Int64?
    }

    /// The number of a device's messages that are missing before one that arrived.
    package static let missingMessages = Quantity(name: "missing_messages", unit: .one)
    /// The number of readings of a message that failed a test of the profile. It is reported only if it is above 0.
    package static let implausibleReadings = Quantity(name: "implausible_readings", unit: .one)
    /// The error of a device's clock, while its readings get their arrival times because of it.
    package static let clockOffset = Quantity(name: "clock_offset", unit: Unit(symbol: "s") ?? .one)

    package enum SampleRate: Sendable {
        case fixed(hertz: Double)
        case field(JSONPointer)
    }

    /// The sample of an array that the payload's time belongs to.
    package enum SampleAnchor: String, Sendable, CaseIterable {
        case first, last
    }

    package struct TimeField: Sendable {
        package enum Format: String, Sendable, CaseIterable {
            case rfc3339, unix, unix_ms, unix_us, unix_ns
        }
        package var pointer: JSONPointer
        package var format: Format
    }
}

/// The largest error of a device's clock before its readings get their arrival time.
package struct ClockTolerance: Sendable, Equatable {
    /// The tolerance forward. Nothing can have been measured in the future, but a clock drifts a little.
    package var ahead: TimeSpan = .minutes(1)
    /// The greatest age of a reading. If not set, a reading may be as old as the longest queue in which a message can
    /// have waited.
    package var behind: TimeSpan?

    package init() {}
}
