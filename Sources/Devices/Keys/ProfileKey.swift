/// The keys of a device profile. If it has one kind of message, the keys of ``MessageKey`` stand beside these.
package enum ProfileKey: String, MappingKey {
    case profile, summary, source, interval, silence, clock, repeats, messages, availability, parameters, vectors

    package static let title = "a device profile"
    package static let parts: [any MappingKey.Type] = [MessageKey.self]

    package var isRequired: Bool { self == .profile }

    package var meaning: String {
        switch self {
        case .profile: "The profile's name, which the inventory uses."
        case .summary: "What the device is, for people."
        case .source: "Where the maker has published what the payloads mean; a text or a list."
        case .interval: "How often a reading is expected. Default: 1 minute."
        case .silence: "After how long without a reading a device is silent. Default: three intervals."
        case .clock: "How far a device's clock may be off."
        case .repeats:
            """
            'ignored' for a device that sends the same measurement more than once, which needs 'time'. Default: \
            'kept'.
            """
        case .messages:
            """
            The messages of a device that publishes on several topics, each with its own 'topic', 'format', 'time' \
            and 'readings'.
            """
        case .availability: "Where the device, or its last will, says whether it can be reached."
        case .parameters: "Numbers of the model for rules, each with its unit; the inventory may have others."
        case .vectors: "Real payloads, with the readings that they must give."
        }
    }

    package var form: KeyForm {
        switch self {
        case .profile, .summary: .text
        case .source: .oneOrMore(.text)
        case .interval, .silence: .duration
        case .clock: .mapping(ClockKey.self)
        case .repeats: .words(["kept", "ignored"])
        case .messages: .oneOrMore(.mapping(MessageKey.self))
        case .availability: .mapping(AvailabilityKey.self)
        case .parameters: .byName(.amount, pattern: nil)
        case .vectors: .oneOrMore(.mapping(VectorKey.self))
        }
    }
}

/// The keys of a device's availability.
package enum AvailabilityKey: String, MappingKey {
    case topic, pointer, online, offline

    package static let title = "the availability"

    package var isRequired: Bool { self == .topic }

    package var meaning: String {
        switch self {
        case .topic: "The topic; '~' stands for the profile's topic."
        case .pointer: "The JSON Pointer of the word, if the payload is JSON and not the word alone."
        case .online: "The word that says that the device is there, or a list of words. Default: online."
        case .offline: "The word that says that the device is gone, or a list of words. Default: offline."
        }
    }

    package var form: KeyForm {
        switch self {
        case .topic: .topic
        case .pointer: .pointer
        case .online, .offline: .oneOrMore(.text)
        }
    }
}

/// The keys of a clock's tolerance, in profiles and inventories.
package enum ClockKey: String, MappingKey {
    case ahead, behind

    package static let title = "the clock's tolerance"

    package var meaning: String {
        switch self {
        case .ahead: "How far the device's clock may be ahead. Default: 1 minute."
        case .behind:
            "How far it may be behind. Default: five years."
        }
    }

    package var form: KeyForm { .duration }
}
