internal import AlarmModel
package import Escalation
internal import Telemetry

/// An upstream topic with names in braces: `tocsin/{site}/{hazard}/{level}`.
package struct TopicTemplate: Sendable {
    private enum Part {
        case text(String)
        case name(String)
    }

    private let parts: [Part]

    /// The names that a template may use beside the alarm's labels.
    package static let names = ["site", "rule", "hazard", "group", "level", "kind"]

    /// Parses a template; `nil` if a brace is unmatched, or if a topic to publish to cannot have one of its
    /// characters.
    package init?(_ text: String) {
        guard !text.isEmpty, text.unicodeScalars.allSatisfy({ Self.isOfTopic($0) || $0 == "{" || $0 == "}" }) else {
            return nil
        }
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}"),
                case let name = rest[rest.index(after: open)..<close], !name.isEmpty, !name.contains("{")
            else { return nil }
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            parts.append(.name(String(name)))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.parts = parts
    }

    /// The names in braces, in their order.
    package var namesUsed: [String] { parts.compactMap { if case .name(let name) = $0 { name } else { nil } } }

    /// Set if each alarm key has its own topic, which does not change while its alarm is active.
    package var isOfKey: Bool {
        let names = namesUsed
        return names.contains("rule") && names.contains("group") && !names.contains("level") && !names.contains("kind")
    }

    /// Returns the topic of a notice. A name that the alarm does not have becomes `none`; characters that a topic
    /// cannot contain are escaped, see
    /// ``escaped(_:)``.
    package func topic(for notice: AlarmNotice) -> String {
        var values = notice.labels
        values["site"] = notice.site
        values["rule"] = notice.alarm.rule
        values["hazard"] = notice.alarm.hazard
        values["group"] = notice.alarm.group
        values["level"] = notice.transition.to
        values["kind"] = notice.transition.kind.rawValue
        let topic = parts.reduce(into: "") { topic, part in
            switch part {
            case .text(let text): topic += text
            case .name(let name):
                let value = values[name] ?? ""
                topic += value.isEmpty ? "none" : Self.escaped(value)
            }
        }
        // Topics that begin with it are the broker's own (MQTT v5, 4.7.2).
        return topic.first == "$" && parts.first.map { if case .name = $0 { true } else { false } } == true
            ? "%24" + topic.dropFirst() : topic
    }

    /// Returns a value as part of a topic. Wildcards, control characters, and `%` itself become `%` and the two
    /// hexadecimal digits of each of their bytes (RFC 3986, 2.1), so that the value can be recovered. A slash begins
    /// a level, as everywhere in topics.
    package static func escaped(_ value: String) -> String {
        guard !value.unicodeScalars.allSatisfy({ isOfTopic($0) && $0 != "%" }) else { return value }
        return value.unicodeScalars.reduce(into: "") { text, character in
            guard !isOfTopic(character) || character == "%" else { return text.unicodeScalars.append(character) }
            text += PercentEncoding.text(character)
        }
    }

    /// Returns `true` if a topic to publish to may have the character. It may not be a wildcard (MQTT v5, 4.7.1), a
    /// control character or a non-character (1.5.4): brokers refuse those and disconnect.
    private static func isOfTopic(_ character: Unicode.Scalar) -> Bool {
        switch character.value {
        case 0x23, 0x2b: false
        case 0xfdd0...0xfdef: false
        default: !ControlCharacters.contains(character) && character.value & 0xfffe != 0xfffe
        }
    }
}
