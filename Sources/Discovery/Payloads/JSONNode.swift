internal import Foundation

/// A value of a JSON document, for looking at samples.
///
/// The gateway's own parser is made for the hot path and stays inside `Devices`. This one serves a few samples, after
/// listening.
enum JSONNode: Sendable, Hashable {
    case object([String: JSONNode])
    case array([JSONNode])
    case text(String)
    /// A number, or a boolean as 1 or 0: the gateway reads both as numbers.
    case number(Double)
    case null

    /// Reads a document, also one in which a device has written `nan` for a number; `nil` if the bytes are not JSON.
    init?(_ bytes: some Collection<UInt8>) {
        guard let value = Self.parse(Data(bytes)) ?? Self.parse(Data(Self.withoutNaN(Array(bytes)))) else {
            return nil
        }
        self.init(converting: value)
    }

    private static func parse(_ data: Data) -> Any? {
        // The reason does not matter: bytes that are not JSON are looked at as something else.
        try? JSONSerialization.jsonObject(with: data, options: [.fragmentsAllowed])
    }

    /// Writes `null` for the words that stand for a number in printf's output, outside of texts.
    private static func withoutNaN(_ bytes: [UInt8]) -> [UInt8] {
        let words: Set<String> = ["nan", "-nan", "inf", "-inf", "infinity", "-infinity"]
        var result: [UInt8] = []
        var word: [UInt8] = []
        var (isText, isEscaped) = (false, false)
        func flush() {
            let isNumber = words.contains(String(decoding: word, as: UTF8.self).lowercased())
            result += isNumber ? Array("null".utf8) : word
            word.removeAll()
        }
        for byte in bytes {
            let isLetter = (0x61...0x7a).contains(byte | 0x20) || byte == UInt8(ascii: "-")
            if !isText, isLetter {
                word.append(byte)
                continue
            }
            flush()
            result.append(byte)
            if byte == UInt8(ascii: "\""), !isEscaped { isText.toggle() }
            isEscaped = isText && byte == UInt8(ascii: "\\") && !isEscaped
        }
        flush()
        return result
    }

    /// The parser accepts 512 levels at most, so the recursion ends.
    private init(converting value: Any) {
        switch value {
        case let members as [String: Any]: self = .object(members.mapValues { JSONNode(converting: $0) })
        case let items as [Any]: self = .array(items.map { JSONNode(converting: $0) })
        case let text as String: self = .text(text)
        case let number as NSNumber: self = .number(number.doubleValue)
        default: self = .null
        }
    }

    subscript(_ name: String) -> JSONNode? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    /// The value at a JSON Pointer (RFC 6901).
    func at(_ pointer: String) -> JSONNode? {
        var node = self
        for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let name = String(part.replacing("~1", with: "/").replacing("~0", with: "~"))
            switch node {
            case .object(let members):
                guard let member = members[name] else { return nil }
                node = member
            case .array(let items):
                guard let index = Int(name), items.indices.contains(index) else { return nil }
                node = items[index]
            case .text, .number, .null: return nil
            }
        }
        return node
    }

    var object: [String: JSONNode]? { if case .object(let members) = self { members } else { nil } }
    var array: [JSONNode]? { if case .array(let items) = self { items } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Double? { if case .number(let number) = self { number } else { nil } }

    /// The name that a device has here: a text, or a whole number.
    var name: String? {
        if let text { return text.isEmpty ? nil : text }
        return number.flatMap { Int64(exactly: $0) }.map { "\($0)" }
    }

    func has(_ names: String...) -> Bool { names.allSatisfy { self[$0] != nil } }

    /// Calls `body` with the pointer of each number, and of each text that is one, in the order of their names.
    func forEachNumber(_ body: (String) -> Void) { visit("", body) }

    private func visit(_ pointer: String, _ body: (String) -> Void) {
        switch self {
        case .object(let members):
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                let escaped = name.replacing("~", with: "~0").replacing("/", with: "~1")
                member.visit("\(pointer)/\(escaped)", body)
            }
        case .array(let items): for (index, item) in items.enumerated() { item.visit("\(pointer)/\(index)", body) }
        case .number: body(pointer)
        case .text(let text): if Double(text)?.isFinite == true { body(pointer) }
        case .null: break
        }
    }
}
