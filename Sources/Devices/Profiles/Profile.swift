package import Diagnostics
package import Telemetry

/// Describes how the payloads of one model of device become readings.
package struct Profile: Sendable {
    package var name: String
    package var summary: String
    /// Where the maker, or somebody else, has published what the payloads mean.
    package var sources: [String] = []
    /// The profile's topic: the beginning of its messages' topics that a device may replace by its own.
    package var baseTopic: String
    /// The kinds of messages that a device sends, at least one.
    package var messages: [MessageLayout]
    /// The expected time between two readings.
    package var interval: TimeSpan
    /// The time without a reading after which a device counts as silent.
    package var silence: TimeSpan
    /// Set if the profile states ``silence``; otherwise the silence is three intervals of each device.
    package var isSilenceStated = true
    package var clock: ClockTolerance
    /// Set if the device sends one measurement several times, with the same time of its own. Repeats are then ignored.
    package var ignoresRepeats = false
    /// The quantities, each once, even if several messages have it.
    package var fields: [Field]
    /// Numbers that rules may ask for, for devices that have none of their own.
    package var parameters: [String: Amount] = [:]
    /// Real payloads, with the readings that they must give.
    package var vectors: [ProfileVector] = []
    /// The location of the profile's name in its file.
    package var location: SourceLocation?

    /// The topic of the first message.
    package var topic: TopicPattern { messages[0].topic }
    /// True if a device may give its messages a time.
    package var hasTime: Bool { messages.contains { $0.hasTime } }
    /// True if the device's messages are packs of records that have times of their own: of SenML, or of Sparkplug.
    package var isPack: Bool { messages.allSatisfy { $0.format.isOfRecords } }
    /// The message number, if a message has one.
    package var sequence: MessageLayout.Sequence? { messages.lazy.compactMap(\.sequence).first }

    /// One quantity of a device: where its readings come from, and its plausible range.
    package struct Field: Sendable {
        package var quantity: Quantity
        /// The places that it is read from, at least one.
        package var places: [Place]
        /// The plausible range, in the canonical unit of the quantity.
        package var plausible: ClosedRange<Double>?
        /// The declared accuracy: how far a reading may be from the truth, in the canonical unit.
        package var accuracy: Double?
        /// The kind that the profile states.
        var statedKind: QuantityKind?
        /// The properties of a counter, if the quantity only counts up.
        package var counter: CounterProperties?
        /// The time without a reading after which its sensor is silent, if it differs from the device's. An example is
        /// a contact that reports only changes, beside a temperature that comes each minute.
        package var silence: TimeSpan?
        /// The reason for maintenance, set while the sensor is in maintenance. Then no rule sees its readings.
        package var maintenance: String?
        /// What the device's own readings are corrected by.
        package var correction = Correction()
        /// The quality tests beside the plausible range.
        package var quality = QualitySettings()
        package var calibration: Calibration?

        package init(
            quantity: Quantity, source: Source, unit: Unit, plausible: ClosedRange<Double>? = nil,
            counter: CounterProperties? = nil, silence: TimeSpan? = nil
        ) {
            self.quantity = quantity
            places = [Place(source: source, unit: unit)]
            self.plausible = plausible
            self.counter = counter
            self.silence = silence
        }

        /// The first place's source.
        package var source: Source { places[0].source }
        /// The unit in the payload, of the first place.
        package var unit: Unit {
            get { places[0].unit }
            set { for index in places.indices { places[index].unit = newValue } }
        }
    }

    /// A place that a quantity is read from.
    package struct Place: Sendable {
        /// The position of the message in the profile.
        package var message = 0
        package var source: Source
        /// The unit of the value in the payload, after its rule.
        package var unit: Unit
        /// The place of the unit in the payload, if it names one: it counts instead of ``unit``.
        var unitPointer: JSONPointer?
        var rule = ValueRule()
    }

    package enum Source: Sendable {
        case value(JSONPointer)
        case samples(SampleArray)
        /// The name of a SenML record, or its end.
        case record(String)
        /// What the network server says about the radio link.
        case link(LinkMeasure)
        /// Not in the payload: the number of messages that are missing before it, by the profile's sequence.
        case gap
        /// Not in the payload: the error of the device's clock.
        case clock
        /// Not in the payload: the number of implausible readings in a message.
        case plausibility
        /// Not in the payload: whether the device contradicts its neighbours.
        case neighbours
        /// Not in the payload: for how long a calibration of the device is overdue.
        case calibration

        package var isInPayload: Bool {
            switch self {
            case .value, .samples, .record, .link: true
            case .gap, .clock, .plausibility, .neighbours, .calibration: false
            }
        }

        package var isGap: Bool { if case .gap = self { true } else { false } }
        package var isClock: Bool { if case .clock = self { true } else { false } }
        package var isNeighbours: Bool { if case .neighbours = self { true } else { false } }
        package var isPlausibility: Bool { if case .plausibility = self { true } else { false } }
    }

    /// The strength of a radio link, of the gateway that heard the message best.
    package enum LinkMeasure: String, Sendable, CaseIterable {
        /// Received signal strength, in dBm.
        case rssi
        /// Signal to noise ratio, in dB.
        case snr
    }

    /// The quantities of a device that knows where it is.
    package static let latitude = "latitude"
    package static let longitude = "longitude"
    /// The number of a device's messages that are missing before one that arrived.
    package static let missingMessages = Quantity(name: "missing_messages", unit: .one)
    /// 1 while a device can be reached, otherwise 0: by its own word, or by its last will.
    package static let online = Quantity(name: "online", unit: .one)
    /// Above 0 while a device says itself that it is being calibrated or serviced.
    package static let maintenance = Quantity(name: "maintenance", unit: .one)
    /// The number of readings of a message that failed a test of the profile. It is reported only if it is above 0.
    package static let implausibleReadings = Quantity(name: "implausible_readings", unit: .one)
    /// 1 while most neighbours of a device contradict it, or nobody knows who is right; otherwise 0.
    package static let neighbourConflict = Quantity(name: "neighbour_conflict", unit: .one)
    /// The error of a device's clock, while its readings get their arrival times because of it.
    package static let clockOffset = Quantity(name: "clock_offset", unit: Unit(symbol: "s") ?? .one)

    /// The time for which the oldest due calibration of a device is overdue; 0 while none is.
    package static let calibrationOverdue = Quantity(name: "calibration_overdue", unit: Unit(symbol: "d") ?? .one)

    /// The quantities that are reports about a device, and not about what it measures.
    package static let reports = [
        missingMessages, online, maintenance, implausibleReadings, neighbourConflict, clockOffset, calibrationOverdue,
    ]

    /// An array of samples of one quantity.
    package struct SampleArray: Sendable {
        package enum Rate: Sendable {
            case fixed(hertz: Double)
            case field(JSONPointer)
        }

        /// The sample of the array that the message's time belongs to.
        package enum Anchor: String, Sendable, CaseIterable {
            case first, last
        }

        package var pointer: JSONPointer
        package var rate: Rate
        package var anchor: Anchor
        /// Set if the newest sample comes first. The anchor still means the position in the array.
        package var isNewestFirst = false
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
