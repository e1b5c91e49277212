/// The keys of one kind of message. They also stand in a profile that has only one.
package enum MessageKey: String, MappingKey {
    case topic, format, envelope, port, items, time, sequence, device, readings

    package static let title = "a message"
    package static let parts: [any MappingKey.Type] = [CSVKey.self, BinaryKey.self]

    package var isRequired: Bool { self == .readings }

    package var meaning: String {
        switch self {
        case .topic:
            """
            The topic, with labels in braces and without wildcards; in 'messages', '~' stands for the profile's topic.
            """
        case .format: "How the payload is written. Default: json."
        case .envelope: "The JSON that a network server puts around the device's own payload; 'lorawan' for most."
        case .port: "The LoRaWAN port of the messages, or a list of ports; messages of others are left out."
        case .items: "The JSON Pointer of an array of objects that have the readings, each with a time of its own."
        case .time: "Where the payload has its time. Default: the time of arrival."
        case .sequence: "Where the device numbers its messages: a JSON Pointer, or a mapping with 'wraps'."
        case .device:
            """
            Where the payload names its device, if several share the topic: a JSON Pointer, or a mapping with \
            'member_of'.
            """
        case .readings: "The readings of a payload."
        }
    }

    package var form: KeyForm {
        switch self {
        case .topic: .topic
        case .format: .words(MessageLayout.Format.names)
        case .envelope: .either(.words(["lorawan"]), .mapping(EnvelopeKey.self))
        case .port: .oneOrMore(.whole(0...255))
        case .items: .pointer
        case .time: .mapping(TimeKey.self)
        case .sequence: .either(.pointer, .mapping(SequenceKey.self))
        case .device: .either(.pointer, .mapping(SelectorKey.self))
        case .readings: .oneOrMore(.mapping(ReadingKey.self))
        }
    }
}

/// The keys of a message with lines of values.
package enum CSVKey: String, MappingKey {
    case columns, separator

    package static let title = "a message"

    package var meaning: String {
        switch self {
        case .columns: "With 'format: csv', the names of the columns in their order; \"\" for one that nobody needs."
        case .separator: "With 'format: csv', the character between the columns, or 'tab'. Default: a comma."
        }
    }

    package var form: KeyForm {
        switch self {
        case .columns: .oneOrMore(.text)
        case .separator: .text
        }
    }
}

/// The keys of a message number.
package enum SequenceKey: String, MappingKey {
    case pointer, wraps

    package static let title = "the message number"

    package var isRequired: Bool { self == .pointer }

    package var meaning: String {
        switch self {
        case .pointer: "The JSON Pointer of the number."
        case .wraps: "The number at which it begins at 0 again, such as 65536."
        }
    }

    package var form: KeyForm {
        switch self {
        case .pointer: .pointer
        case .wraps: .whole(16...Int.max)
        }
    }
}

/// The keys of the place where a payload names its devices.
package enum SelectorKey: String, MappingKey {
    case memberOf = "member_of"

    package static let title = "the place of the device"

    package var isRequired: Bool { true }

    package var meaning: String {
        "The JSON Pointer of an object that has a member for each device, under the device's key."
    }

    package var form: KeyForm { .pointer }
}
