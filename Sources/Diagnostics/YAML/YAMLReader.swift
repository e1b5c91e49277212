package import Telemetry

/// Reads a mapping with typed access, and collects the mistakes in it.
///
/// The reader remembers each key that it is asked for. ``finish()`` reports all other keys of the mapping as unknown,
/// with the nearest key that exists.
package struct YAMLReader {
    package let node: YAMLNode
    private let entries: [(key: ScalarText, value: YAMLNode)]
    private let isFlow: Bool
    private var asked: Set<String> = []
    /// Keys of the mapping that are words of earlier versions, and are accepted.
    private var former: Set<String> = []
    /// The mistakes found so far.
    package var problems: [Diagnostic] = []

    /// - Parameter what: the mapping's name in messages: `a device`.
    package init(_ node: YAMLNode, _ what: String) {
        self.node = node
        isFlow = FlowComma.isFlow(at: node.location)
        switch node.content {
        case .mapping(let entries): self.entries = entries
        case .null: entries = []
        default:
            entries = []
            problems.append(
                Diagnostic(
                    id: "expected-mapping", "\(what) must be a mapping; got \(node.kindName)",
                    at: node.location))
        }
    }

    /// The keys of the mapping, as they are written.
    package var keys: [ScalarText] { entries.map(\.key) }

    /// Adds an error. Without a location it is reported at the mapping.
    package mutating func report(
        _ id: String, _ message: String, at location: SourceLocation? = nil, hint: String? = nil, fix: String? = nil
    ) {
        problems.append(Diagnostic(id: id, message, at: location ?? node.location, hint: hint, fix: fix))
    }

    /// Adds a warning: a mistake that does not prevent a start.
    package mutating func warn(_ id: String, _ message: String, at location: SourceLocation? = nil, hint: String? = nil)
    {
        problems.append(Diagnostic(.warning, id: id, message, at: location ?? node.location, hint: hint))
    }

    /// The value of a key, or `nil` if it is missing or null.
    ///
    /// - Parameter formerly: the key's name in an earlier version. It is read if the new name is missing; if a file has
    ///   both, a warning says that the old one has no effect.
    package mutating func node(_ key: String, formerly: String? = nil) -> YAMLNode? {
        asked.insert(key)
        if let formerly, let old = entries.first(where: { $0.key.string == formerly }) {
            former.insert(formerly)
            if !entries.contains(where: { $0.key.string == key }) { return old.value.isNull ? nil : old.value }
            warn(
                "former-key",
                "'\(formerly)' has no effect, because '\(key)', its new name, is present as well: remove '\(formerly)'",
                at: old.key.location)
        }
        return entries.first { $0.key.string == key && !$0.value.isNull }?.value
    }

    /// The text of a key whose value is a single one; anything else is reported.
    package mutating func scalar(_ key: String, formerly: String? = nil) -> ScalarText? {
        guard let node = node(key, formerly: formerly) else { return nil }
        if let scalar = node.scalar { return scalar }
        report(
            "expected-value", "'\(key)' must be one text or number; got \(node.kindName)",
            at: node.location)
        return nil
    }

    package mutating func string(_ key: String) -> String? { scalar(key)?.string }

    /// The text of a key that must be present.
    package mutating func required(_ key: String) -> ScalarText? {
        let before = problems.count
        if let scalar = scalar(key) { return scalar }
        if problems.count == before { reportMissing(key) }
        return nil
    }

    /// Reports that a key is missing.
    /// - Parameters:
    ///   - meaning: what the key says: `the broker of the sensors`.
    ///   - location: where the key is expected; `nil`: in this mapping.
    package mutating func reportMissing(_ key: String, _ meaning: String? = nil, at location: SourceLocation? = nil) {
        report("missing-key", "'\(key)' is missing here\(meaning.map { ": \($0)" } ?? "")", at: location)
    }

    /// A value that `convert` accepts; a value for which it returns `nil` is reported.
    /// - Parameter expected: what the value must be, for the message: `a number from 1 to 65535`.
    package mutating func value<T>(
        _ key: String, formerly: String? = nil, expected: String, _ convert: (String) -> T?
    ) -> T? {
        guard let scalar = scalar(key, formerly: formerly) else { return nil }
        if let value = convert(scalar.string) { return value }
        report("bad-value", "'\(key)' must be \(expected); got '\(scalar.string)'", at: scalar.location)
        return nil
    }

    package mutating func int(_ key: String, in range: ClosedRange<Int>) -> Int? {
        value(key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
            Int($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    package mutating func double(_ key: String) -> Double? {
        value(key, expected: "a number") { Double($0).flatMap { $0.isFinite ? $0 : nil } }
    }

    package mutating func bool(_ key: String) -> Bool? {
        value(key, expected: "true or false") { word in
            switch word {
            case "true", "yes": true
            case "false", "no": false
            default: nil
            }
        }
    }

    /// A duration. One above ``TimeSpan/longestWritten`` is reported.
    package mutating func span(_ key: String, formerly: String? = nil) -> TimeSpan? {
        let expected = "a duration such as 90s, 10m or 2h"
        guard let span = value(key, formerly: formerly, expected: expected, { TimeSpan(text: $0) }) else { return nil }
        guard span > .longestWritten else { return span }
        report(
            "too-long", "'\(key)' must be at most 50 years (\(TimeSpan.longestWritten))", at: scalar(key)?.location)
        return nil
    }

    /// A duration within a range, which is reported as `'timeout' must be from 1s to 1h`.
    /// - Returns: the nearest end of the range, if the value is outside of it.
    package mutating func span(_ key: String, in range: ClosedRange<TimeSpan>) -> TimeSpan? {
        guard let span = span(key) else { return nil }
        if range.contains(span) { return span }
        let (low, high) = (TimeSpanText.short(range.lowerBound), TimeSpanText.short(range.upperBound))
        report("bad-value", "'\(key)' must be from \(low) to \(high)", at: node(key)?.location)
        return min(max(span, range.lowerBound), range.upperBound)
    }

    /// The entries of a nested mapping of words to single values.
    package mutating func strings(_ key: String) -> [(key: ScalarText, value: ScalarText)] {
        guard let node = node(key) else { return [] }
        guard case .mapping(let entries) = node.content else {
            report("expected-mapping", "'\(key)' must be a mapping; got \(node.kindName)", at: node.location)
            return []
        }
        return entries.compactMap { entry in
            if let scalar = entry.value.scalar { return (entry.key, scalar) }
            report(
                "expected-value",
                "'\(entry.key.string)' must be one text or number; got \(entry.value.kindName)",
                at: entry.value.location,
                hint: entry.value.isNull && FlowComma.isFlow(at: node.location) ? Self.commaHint : nil)
            return nil
        }
    }

    /// The items of a list; a single item counts as a list of one.
    package mutating func items(_ key: String) -> [YAMLNode] {
        guard let node = node(key) else { return [] }
        if case .sequence(let items) = node.content { return items }
        return [node]
    }

    /// Reports the keys that nobody asked for.
    /// - Returns: all mistakes that were found in the mapping.
    package mutating func finish() -> [Diagnostic] {
        for entry in entries where !asked.contains(entry.key.string) && !former.contains(entry.key.string) {
            let suggestion = NearMiss.suggestion(for: entry.key.string, among: asked.sorted())
            let isCut = suggestion.fix == nil && isPiece(entry)
            report(
                "unknown-key", "there is no key '\(entry.key.string)' here", at: entry.key.location,
                hint: isCut ? Self.commaHint : suggestion.hint, fix: suggestion.fix)
        }
        return problems
    }

    private static let commaHint = "between { } a comma ends a value: put a value with a comma in quotes"

    /// Returns whether an entry may be the rest of a text that a comma has cut: a key without a value.
    private func isPiece(_ entry: (key: ScalarText, value: YAMLNode)) -> Bool {
        entry.value.isNull && isFlow
    }
}
