package import Diagnostics
package import Telemetry

/// How the payloads of a model of device become readings.
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
    /// Where the number stands that the device gives its messages, in JSON: each one more than the one before.
    package var sequence: SequenceField?
    /// How often a reading is expected, and after how long without one a device counts as silent.
    package var interval: TimeSpan
    package var silence: TimeSpan
    /// The profile says how long that is; otherwise it is three intervals of each device.
    package var isSilenceStated = true
    package var clock: ClockTolerance
    /// The device sends the same measurement more than once, with the same time of its own, and means no more by it.
    package var ignoresRepeats = false
    package var fields: [Field]
    /// Where its name stands.
    package var location: SourceLocation?

    /// Where in the payload a quantity stands, in which unit, and what it can plausibly be.
    package struct Field: Sendable {
        package var quantity: Quantity
        /// A pointer into a JSON payload; for SenML, the last part of a record's name.
        package var source: Source
        package var unit: Unit
        /// In the canonical unit of the quantity.
        package var plausible: ClosedRange<Double>?
        /// What is known of it as a counter, if it is one.
        package var counter: CounterProperties?
        /// After how long without a reading its sensor is silent, where that differs from the device's: a contact that
        /// reports only on change, beside a temperature that comes each minute.
        package var silence: TimeSpan?
        /// Why it is in maintenance, if it is: then no rule sees its readings.
        package var maintenance: String?
    }

    package enum Source: Sendable {
        case value(JSONPointer)
        case samples(JSONPointer, rate: SampleRate, time: SampleAnchor)
        case record(String)
        /// Not in the payload: how many messages are missing before it, by the profile's sequence.
        case gap
        /// Not in the payload: how far the device's clock is off.
        case clock
        /// Not in the payload: how many readings of a message were not plausible.
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
        /// The number behind the highest one, at which the device begins at 0 again: 65536 for a counter of 16 bits.
        package var wraps: Int64?
    }

    /// How many messages of a device are missing before one that has come.
    package static let missingMessages = Quantity(name: "missing_messages", unit: .one)
    /// How many readings of a message failed a test of the profile; sent only where there are any.
    package static let implausibleReadings = Quantity(name: "implausible_readings", unit: .one)
    /// How far a device's clock is off, while its readings have the times of their arrival because of it.
    package static let clockOffset = Quantity(name: "clock_offset", unit: Unit(symbol: "s") ?? .one)

    package enum SampleRate: Sendable {
        case fixed(hertz: Double)
        case field(JSONPointer)
    }

    /// Which sample of an array the payload's time belongs to.
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

/// How far a device's clock may be off before its readings get their arrival time.
package struct ClockTolerance: Sendable, Equatable {
    /// Nothing can have been measured in the future; what is a little ahead is a clock's drift.
    package var ahead: TimeSpan = .minutes(1)
    /// Unset, a reading may be as old as it likes: it may have waited in a queue.
    package var behind: TimeSpan?

    package init() {}
}
