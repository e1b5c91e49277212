/// The problems that the decoder found in a payload. There are almost never any.
package struct PayloadFindings: Hashable, Sendable, CustomStringConvertible {
    /// The largest number of problems that are named one by one; the others are counted.
    package static let namedMax = 20

    /// The parts that could not be read, in the order in which the decoder looked for them.
    package private(set) var faults: [PayloadFault] = []
    /// Times that could not be read. Their readings have the arrival time, flagged.
    package private(set) var timeFaults: [PayloadFault] = []
    /// Set if the payload is empty, has none of the profile's readings, or has nulls in their place. That is not a
    /// fault: devices send battery states and the like on the same topic.
    package internal(set) var isWithoutReadings = false
    private var unnamed = 0

    package init() {}

    /// True if there is nothing to report.
    package var isEmpty: Bool { faults.isEmpty && timeFaults.isEmpty && !isWithoutReadings }

    mutating func add(_ fault: PayloadFault) {
        switch fault {
        case .badTime:
            if timeFaults.count < Self.namedMax { timeFaults.append(fault) } else { unnamed += 1 }
        default:
            if faults.count < Self.namedMax { faults.append(fault) } else { unnamed += 1 }
        }
    }

    /// Refuses the whole payload for one reason.
    mutating func refuse(_ fault: PayloadFault) {
        self = PayloadFindings()
        faults = [fault]
    }

    /// Notes that there was nothing to read. A time that could not be read is then unimportant.
    mutating func noteNoReadings() {
        guard faults.isEmpty else { return }
        self = PayloadFindings()
        isWithoutReadings = true
    }

    /// Every fault, in one line.
    package var description: String {
        let named = (faults + timeFaults).map(\.description).joined(separator: "; ")
        return unnamed == 0 ? named : "\(named); and \(unnamed) more"
    }
}

/// The reason why a payload, or a part of it, gave no reading.
package enum PayloadFault: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLong(Int, max: Int)
    case tooLongRewritten(max: Int)
    case notJSON(String)
    case notAnObject(place: String, found: String)
    case notANumber(place: String, found: String, wanted: String = "a number")
    case badTime(place: String, found: String, reason: String)
    case badRate(place: String, found: String)
    case senml(String)
    case sparkplug(String)
    /// A payload of plain text or bytes, or a part of one, that is not laid out as the profile says.
    case otherLayout(String)
    case unknownEnvelope([String])
    case missingObject(server: String)
    case badEncoding(place: String, found: String)
    case wrongUnit(place: String, found: String, wanted: String)

    package var description: String {
        switch self {
        case .tooLong(let count, let max): "\(count) bytes, and at most \(max) are taken"
        case .tooLongRewritten(let max): "rewritten as JSON it has more than \(max) bytes, and no more are taken"
        case .notJSON(let text): "not JSON: \(text)"
        case .notAnObject(let place, let found): "\(place) is \(found), not a JSON object"
        case .notANumber(let place, let found, let wanted): "\(place) is \(found), not \(wanted)"
        case .badTime(let place, let found, let reason): "\(place) is \(found), \(reason)"
        case .badRate(let place, let found): "\(place) is \(found), not a sample rate above 0 that its samples can have"
        case .senml(let text): "not a SenML pack: \(text)"
        case .sparkplug(let text): text
        case .otherLayout(let text): "not laid out as the profile says: \(text)"
        case .unknownEnvelope(let servers):
            "not a message of a known network server (\(Set(servers).sorted().joined(separator: ", ")))"
        case .missingObject(let server):
            "\(server) has not decoded the payload: give the device a decoder there, or use a profile of its bytes"
        case .badEncoding(let place, let found): "\(place) is \(found), not the payload's bytes"
        case .wrongUnit(let place, let found, let wanted): "\(place) has the unit '\(found)', and \(wanted) is wanted"
        }
    }
}

extension JSONValue {
    /// A description of the value for a message: `the text "2.5"`, `the number 12`, `'nan'`, `an object`.
    var inWords: String {
        if let string {
            if string.first == JSONRepair.mark { return "'\(Self.printable(string.dropFirst()))'" }
            return "the text \"\(Self.printable(string[...]))\""
        }
        if let integer { return "the number \(integer)" }
        if let number { return "the number \(number)" }
        if let boolean { return boolean ? "true" : "false" }
        if isNull { return "null" }
        return isObject ? "an object" : "an array"
    }

    /// Returns the beginning of a text from the field, without anything that would steer a terminal.
    static func printable(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        printable(String(decoding: bytes.prefix(240), as: UTF8.self))
    }

    static func printable(_ text: String) -> String {
        let text = text.unicodeScalars
        let characters = text.prefix(60).map { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) ? "?" : String($0) }
        return characters.joined() + (text.count > 60 ? "…" : "")
    }
}
