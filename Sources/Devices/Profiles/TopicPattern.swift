/// A topic with labels in braces: `openeew/{device}/acceleration`.
package struct TopicPattern: Sendable, Hashable {
    package let text: String
    private let parts: [Part]

    private enum Part: Sendable, Hashable {
        case literal(String)
        case label(String)
    }

    /// `nil` if braces do not match, the topic has a wildcard (`+`, `#`), or the topic is empty.
    package init?(_ text: String) {
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else { return nil }
            let name = rest[rest.index(after: open)..<close]
            guard !name.isEmpty else { return nil }
            if open > rest.startIndex { parts.append(.literal(String(rest[..<open]))) }
            parts.append(.label(String(name)))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        guard !parts.isEmpty, !text.contains("+"), !text.contains("#"), !text.contains("}{") else { return nil }
        self.text = text
        self.parts = parts
    }

    package var labels: [String] {
        parts.compactMap { if case .label(let name) = $0 { name } else { nil } }
    }

    /// Returns the topic of one device; `nil` if a label is missing or would change the topic's levels.
    package func topic(_ labels: [String: String]) -> String? {
        var topic = ""
        for part in parts {
            switch part {
            case .literal(let text): topic += text
            case .label(let name):
                guard let value = labels[name], !value.isEmpty, !value.contains(where: { "/+#".contains($0) })
                else { return nil }
                topic += value
            }
        }
        return topic
    }

    /// The MQTT filter that matches every device: each level with a label becomes `+`.
    package var filter: String {
        text.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.contains("{") ? "+" : String($0) }.joined(separator: "/")
    }

    /// Returns the labels that a topic has in the places of the pattern's; `nil` if it is not a topic of the pattern.
    package func labels(of topic: String) -> [String: String]? {
        var labels: [String: String] = [:]
        var rest = topic[...]
        for (index, part) in parts.enumerated() {
            switch part {
            case .literal(let text):
                guard rest.hasPrefix(text) else { return nil }
                rest = rest.dropFirst(text.count)
            case .label(let name):
                var end = rest.firstIndex(of: "/") ?? rest.endIndex
                if index + 1 < parts.count, case .literal(let next) = parts[index + 1], !next.hasPrefix("/") {
                    end = rest[..<end].ranges(of: next).last?.lowerBound ?? end
                }
                let value = String(rest[..<end])
                guard !value.isEmpty, labels[name] == nil || labels[name] == value else { return nil }
                labels[name] = value
                rest = rest[end...]
            }
        }
        return rest.isEmpty ? labels : nil
    }

    /// Returns the levels at the beginning that all of some patterns have in common, without a slash at the end.
    static func commonLevels(_ patterns: [TopicPattern]) -> String {
        var common = patterns.first?.text.split(separator: "/", omittingEmptySubsequences: false) ?? []
        for pattern in patterns.dropFirst() {
            let levels = pattern.text.split(separator: "/", omittingEmptySubsequences: false)
            common = Array(zip(common, levels).prefix { $0 == $1 }.map(\.0))
        }
        return common.joined(separator: "/")
    }
}
