/// One kind of message of a device: its topic, and how its payload is laid out.
package struct MessageLayout: Sendable {
    package enum Format: Sendable {
        case json
        case senml
        /// SenML CBOR.
        case senmlCBOR
        /// A single value: `2.5`, `12.3 mm`, `ON`. Its pointer is empty.
        case text
        /// `level=2.5 battery=3.6`
        case keyValue
        case csv(CSVLayout)
        case binary(BinaryLayout)
        /// Sparkplug B. The topic is that of the data; births and deaths belong to it.
        case sparkplug

        package var isSenML: Bool {
            switch self {
            case .senml, .senmlCBOR: true
            case .json, .text, .keyValue, .csv, .binary, .sparkplug: false
            }
        }

        package var isSparkplug: Bool { if case .sparkplug = self { true } else { false } }
        /// True if each value has a name and a time of its own.
        package var isOfRecords: Bool { isSenML || isSparkplug }
        var isSingleValue: Bool { if case .text = self { true } else { false } }
        /// True if a value in the payload is a text by nature, so that numbers are read from texts.
        var isText: Bool {
            switch self {
            case .text, .keyValue, .csv: true
            case .json, .senml, .senmlCBOR, .binary, .sparkplug: false
            }
        }
    }

    /// Where the payload says which device it is from, if several devices share a topic.
    package enum Selector: Sendable, Hashable {
        /// The value at a pointer is the device's key. It is looked for in each object of an array.
        case value(JSONPointer)
        /// The payload is an object, or has one at a pointer, with a member for each device under its key.
        case member(of: JSONPointer)
    }

    package struct Sequence: Sendable {
        /// `nil`: the number that the network server gives the message.
        package var pointer: JSONPointer?
        /// The number after the highest one, where the device starts again at 0: 65536 for a counter of 16 bits.
        package var wraps: Int64?
    }

    /// The topic that a device publishes on, with `{device}` and other labels in braces.
    package var topic: TopicPattern
    /// The JSON around the device's own payload, if a network server publishes it.
    package var envelope: Envelope?
    package var format: Format
    package var selector: Selector?
    /// The array of the objects that have the readings, each with a time of its own; `nil`: the payload is one, or is
    /// the object.
    package var items: JSONPointer?
    package var time: TimeField?
    /// The location of the message number. The device increases the number by one with each message.
    package var sequence: Sequence?
    /// Set if the message only says whether the device can be reached.
    package var isAvailability = false
    /// The ports of LoRaWAN that the layout is for; empty: all.
    package var ports: [Int] = []

    package init(topic: TopicPattern, format: Format) {
        self.topic = topic
        self.format = format
    }

    /// Set if the network server numbers the messages.
    var countsFrames: Bool { sequence != nil && sequence?.pointer == nil }

    var hasTime: Bool { time != nil || format.isOfRecords || envelope?.hasTime == true }
}

/// The columns of a CSV payload.
package struct CSVLayout: Sendable {
    /// The names of the columns, in UTF-8.
    var columns: [[UInt8]]
    var separator: UInt8
}
