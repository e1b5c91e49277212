/// An RFC 6901 JSON Pointer: `/sensor/0/level`; the empty one is the whole document.
///
/// As an addition to the standard, a level may choose an object of an array by one of its members:
/// `/sensordatavalues/[value_type=SDS_P1]/value`.
package struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
    /// The choice of an object of an array.
    struct Choice: Hashable, Sendable {
        /// The way to the array, from the document or from the object that was chosen before.
        var array: [UInt8]
        /// The way to the member in each object.
        var member: [UInt8]
        var value: ValueRule.Word
    }

    /// The choices, and the way from the object that was chosen last.
    let choices: [Choice]
    let bytes: [UInt8]
    package let description: String

    package init?(_ text: String) {
        guard text.isEmpty || text.hasPrefix("/") else { return nil }
        guard text.contains("[") else {
            self.init(literal: text)
            return
        }
        var choices: [Choice] = []
        var way = ""
        for level in text.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            guard level.hasPrefix("[") else {
                way += "/" + level
                continue
            }
            guard level.hasSuffix("]"), let sign = level.firstIndex(of: "=") else { return nil }
            let member = level[level.index(after: level.startIndex)..<sign]
            let value = level[level.index(after: sign)...].dropLast()
            guard !member.isEmpty, !value.isEmpty else { return nil }
            choices.append(
                Choice(array: Array(way.utf8), member: Array("/\(member)".utf8), value: ValueRule.Word(String(value))))
            way = ""
        }
        self.init(choices, way, text)
    }

    /// The whole document.
    static let root: JSONPointer = ""

    /// Returns a pointer to a member of what this one points to.
    func member(_ name: String) -> JSONPointer {
        let escaped = name.replacing("~", with: "~0").replacing("/", with: "~1")
        return JSONPointer(literal: "\(description)/\(escaped)")
    }

    init(literal text: String) { self.init([], text, text) }

    private init(_ choices: [Choice], _ way: String, _ text: String) {
        self.choices = choices
        bytes = Array(way.utf8)
        description = text
    }
}

extension JSONPointer: ExpressibleByStringLiteral {
    package init(stringLiteral text: StaticString) { self.init(literal: "\(text)") }
}
