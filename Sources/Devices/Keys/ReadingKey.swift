/// The keys of a reading of a profile. Those of ``ValueKey`` stand beside these.
package enum ReadingKey: String, MappingKey {
    case quantity, pointer, samples, record, metric, link, unit
    case unitAt = "unit_at"
    case plausible, accuracy, quality, kind, counter, silence

    package static let title = "a reading"
    package static let parts: [any MappingKey.Type] = [ValueKey.self]

    package var isRequired: Bool { self == .quantity }

    package var meaning: String {
        switch self {
        case .quantity: "The name of what is measured, which rules use."
        case .pointer: "The JSON Pointer of the value."
        case .samples: "Instead of 'pointer', an array of samples."
        case .record: "In SenML instead of 'pointer', the record's name without the device."
        case .metric: "In Sparkplug instead of 'pointer', the metric's name."
        case .link: "Instead of 'pointer', for LoRaWAN: a measure of the radio link."
        case .unit:
            """
            The payload's unit, which may be left out only for a known quantity that comes in its own; \"1\" is for \
            plain numbers.
            """
        case .unitAt: "The JSON Pointer of the unit, if the payload names it."
        case .plausible: "The plausible range from low to high, in the payload's unit or with units."
        case .accuracy: "The accuracy that the maker declares: how far a reading may be from the truth, as in 2 cm."
        case .quality: "The quality tests of the reading, beside its plausible range."
        case .kind: "What kind of value it is, which decides the functions that make sense."
        case .counter: "'true' for a value that only counts up, or what is known of the counter."
        case .silence: "After how long without this reading its sensor is silent. Default: the device's silence."
        }
    }

    package var form: KeyForm {
        switch self {
        case .quantity: .quantity
        case .pointer, .unitAt: .pointer
        case .samples: .mapping(SamplesKey.self)
        case .record, .metric: .text
        case .link: .words(Profile.LinkMeasure.allCases.map(\.rawValue))
        case .unit: .unit
        case .plausible: .range
        case .accuracy: .amount
        case .quality: .mapping(QualityKey.self)
        case .kind: .words(QuantityKind.allCases.map(\.rawValue))
        case .counter: .either(.boolean, .mapping(CounterKey.self))
        case .silence: .duration
        }
    }
}

/// The keys of an array of samples.
package enum SamplesKey: String, MappingKey {
    case pointer, time, order, every, rate

    package static let title = "an array of samples"
    package static let alternatives: [[SamplesKey]] = [[.rate], [.every]]

    package var isRequired: Bool { self == .pointer }

    package var meaning: String {
        switch self {
        case .pointer: "The JSON Pointer of the array."
        case .time: "Which sample has the time of the message. Default: the newest."
        case .order: "Which sample comes first. Default: the oldest."
        case .every: "How far the samples are apart, instead of 'rate'."
        case .rate: "How many samples come in a second, or a JSON Pointer to that number: 31.25 Hz, /sr."
        }
    }

    package var form: KeyForm {
        switch self {
        case .pointer: .pointer
        case .time: .words(Profile.SampleArray.Anchor.allCases.map(\.rawValue))
        case .order: .words(["oldest_first", "newest_first"])
        case .every: .duration
        case .rate: .written(words: [], pattern: "^([0-9.eE+-]+ *Hz|/.*)$", examples: ["31.25 Hz", "/sr"])
        }
    }
}

/// The keys of a counter, in profiles and inventories.
package enum CounterKey: String, MappingKey {
    case wraps, resolution
    case maxRate = "max_rate"

    package static let title = "a counter"

    package var meaning: String {
        switch self {
        case .wraps: "The value at which the counter starts again at zero."
        case .resolution: "The smallest step that the sensor shows; a smaller fall is jitter and not a reset."
        case .maxRate: "The fastest credible rise, with its unit: 150 mm/h."
        }
    }

    package var form: KeyForm { .amount }
}
