/// The keys of the quality tests of one quantity.
package enum QualityKey: String, MappingKey {
    case expected, climatology, spike
    case rateOfChange = "rate_of_change"
    case flatLine = "flat_line"
    case attenuatedSignal = "attenuated_signal"
    case gap, timeliness, duplicate

    package static let title = "the quality tests"

    package var meaning: String {
        switch self {
        case .expected: "The range of usual values; a reading outside it is suspect."
        case .climatology: "What is usual in each season."
        case .spike: "How far one reading may be from both of its neighbours."
        case .rateOfChange: "How fast the value may change, with a unit such as m/h."
        case .flatLine: "For how long the value may stay the same."
        case .attenuatedSignal: "How much the value must move within a time."
        case .gap: "The longest time between two readings; the reading after a longer one is flagged."
        case .timeliness: "The longest time from the measurement to the arrival."
        case .duplicate: "'true' if a second reading with the same time of its own is suspect."
        }
    }

    /// Every test may be turned off, where the profile has it and the device does not.
    package var form: KeyForm {
        let form: KeyForm =
            switch self {
            case .expected: .range
            case .climatology: .oneOrMore(.mapping(SeasonKey.self))
            case .spike: .mapping(SpikeKey.self)
            case .rateOfChange: .mapping(RateOfChangeKey.self)
            case .flatLine: .mapping(FlatLineKey.self)
            case .attenuatedSignal: .mapping(AttenuatedSignalKey.self)
            case .gap, .timeliness: .duration
            case .duplicate: .boolean
            }
        return self == .duplicate ? form : .either(form, .words([Self.off]))
    }

    static let off = "none"
}

/// The keys of a season.
package enum SeasonKey: String, MappingKey {
    case months, days, weeks, hours, expected, plausible

    package static let title = "a season"
    package static let alternatives: [[SeasonKey]] = [[.months], [.days], [.weeks], [.hours]]

    package var isRequired: Bool { self == .expected }

    package var meaning: String {
        switch self {
        case .months: "The months of the year, from first to last: 11 .. 3."
        case .days: "The days of the year, from 1 to 366."
        case .weeks: "The weeks of the year, from 1 to 53, as ISO 8601 counts them."
        case .hours: "The hours of the day, from 0 to 23."
        case .expected: "The range of usual values; a reading outside it is suspect."
        case .plausible: "The range of possible values; a reading outside it fails."
        }
    }

    package var form: KeyForm {
        switch self {
        case .months, .days, .weeks, .hours:
            .either(
                .whole(0...366), .written(words: [], pattern: "^ *[0-9]+ *\\.\\. *[0-9]+ *$", examples: ["6 .. 9"]))
        case .expected, .plausible: .range
        }
    }
}

/// The keys of the spike test.
package enum SpikeKey: String, MappingKey {
    case suspect, fail, method

    package static let title = "a spike test"
    package static let alternatives: [[SpikeKey]] = [[.suspect], [.fail]]

    package var meaning: String {
        switch self {
        case .suspect: "A reading this far from its neighbours is suspect."
        case .fail: "A reading this far from its neighbours fails."
        case .method:
            """
            'differential', the default, finds what goes away and comes back, and delays only readings that jump. \
            'average' compares with the mean of the neighbours, and delays every reading by one.
            """
        }
    }

    package var form: KeyForm {
        switch self {
        case .suspect, .fail: .amount
        case .method: .words(QualitySettings.Spike.Method.allCases.map(\.rawValue))
        }
    }
}

/// The keys of the rate of change test.
package enum RateOfChangeKey: String, MappingKey {
    case suspect, fail

    package static let title = "a rate of change test"
    package static let alternatives: [[RateOfChangeKey]] = [[.suspect], [.fail]]

    package var meaning: String {
        switch self {
        case .suspect: "A faster change is suspect: 0.5 m/h."
        case .fail: "A faster change cannot be true."
        }
    }

    package var form: KeyForm { .amount }
}

/// The keys of the flat line test.
package enum FlatLineKey: String, MappingKey {
    case suspect, fail, tolerance, except

    package static let title = "a flat line test"
    package static let alternatives: [[FlatLineKey]] = [[.suspect], [.fail]]

    package var meaning: String {
        switch self {
        case .suspect: "After this time with the same value, readings are suspect."
        case .fail: "After this time with the same value, readings fail."
        case .except: "A value that may stay for as long as it likes: 0 ppm of a gas that is not there."
        case .tolerance: "Values that differ by less count as the same. Default: only equal values do."
        }
    }

    package var form: KeyForm {
        switch self {
        case .suspect, .fail: .duration
        case .tolerance, .except: .amount
        }
    }
}

/// The keys of the attenuated signal test.
package enum AttenuatedSignalKey: String, MappingKey {
    case within, suspect, fail, measure, readings

    package static let title = "an attenuated signal test"
    package static let alternatives: [[AttenuatedSignalKey]] = [[.suspect], [.fail]]

    package var isRequired: Bool { self == .within }

    package var meaning: String {
        switch self {
        case .within: "The time over which the value must move."
        case .suspect: "If it moves less than this, readings are suspect."
        case .fail: "If it moves less than this, readings fail."
        case .measure: "'range' (the default) is the largest less the smallest; 'deviation' the standard deviation."
        case .readings:
            "The fewest readings for the test. Default: four in five of those that the interval promises."
        }
    }

    package var form: KeyForm {
        switch self {
        case .within: .duration
        case .suspect, .fail: .amount
        case .measure: .words(QualitySettings.AttenuatedSignal.Measure.allCases.map(\.rawValue))
        case .readings: .whole(2...100_000)
        }
    }
}

/// The keys of devices that measure the same.
package enum NeighboursKey: String, MappingKey {
    case quantity, devices, suspect, fail, within, trust

    package static let title = "neighbours"

    package var isRequired: Bool { self == .quantity || self == .devices }

    package var meaning: String {
        switch self {
        case .quantity: "The quantity in which the devices must agree."
        case .devices: "The devices, two or more."
        case .suspect:
            """
            Readings that differ by more do not agree; the ones that most others contradict are suspect. Default: the \
            two largest accuracies that are declared, together.
            """
        case .fail: "From this difference on, a reading that most others contradict fails."
        case .within: "The longest time between two readings that are compared. Default: two intervals."
        case .trust: "How much the word of a device counts. Default: 1."
        }
    }

    package var form: KeyForm {
        switch self {
        case .quantity: .quantity
        case .devices: .oneOrMore(.text)
        case .suspect, .fail: .amount
        case .within: .duration
        case .trust: .byName(.number(nil), pattern: nil)
        }
    }
}
