package import Telemetry

/// Typed access to a mapping that collects what is wrong and goes on.
///
/// Every key that is asked for is remembered; ``finish()`` reports the others as unknown, with the
/// nearest key that exists.
package struct YAMLReader {
    package let node: YAMLNode
    private let entries: [(key: ScalarText, value: YAMLNode)]
    private let isFlow: Bool
    private var asked: Set<String> = []
    /// Words of earlier versions that stand in the mapping, and are understood.
    private var former: Set<String> = []
    package var problems: [Diagnostic] = []

    /// - Parameter what: how the mapping is called in messages: `a device`.
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
                    id: "expected-mapping", "\(what) is written as a mapping, and this is \(node.kindName)",
                    at: node.location))
        }
    }

    package var keys: [ScalarText] { entries.map(\.key) }

    package mutating func report(
        _ id: String, _ message: String, at location: SourceLocation? = nil, hint: String? = nil, fix: String? = nil
    ) {
        problems.append(Diagnostic(id: id, message, at: location ?? node.location, hint: hint, fix: fix))
    }

    /// Something that a person should know, and that keeps nothing from running.
    package mutating func warn(_ id: String, _ message: String, at location: SourceLocation? = nil, hint: String? = nil)
    {
        problems.append(Diagnostic(.warning, id: id, message, at: location ?? node.location, hint: hint))
    }

    /// The value of a key, or `nil` where it is missing or null.
    ///
    /// - Parameter formerly: what the key was called in an earlier version. It is read where the new word is missing; a
    ///   file that has both is told that one of them has no effect.
    package mutating func node(_ key: String, formerly: String? = nil) -> YAMLNode? {
        asked.insert(key)
        if let formerly, let old = entries.first(where: { $0.key.string == formerly }) {
            former.insert(formerly)
            if !entries.contains(where: { $0.key.string == key }) { return old.value.isNull ? nil : old.value }
            warn(
                "former-key", "'\(formerly)' has no effect beside '\(key)', which is the new word for it: remove it",
                at: old.key.location)
        }
        return entries.first { $0.key.string == key && !$0.value.isNull }?.value
    }

    package mutating func scalar(_ key: String, formerly: String? = nil) -> ScalarText? {
        guard let node = node(key, formerly: formerly) else { return nil }
        if let scalar = node.scalar { return scalar }
        report(
            "expected-value", "'\(key)' takes one text or number, as in '\(key): …', and this is \(node.kindName)",
            at: node.location)
        return nil
    }

    package mutating func string(_ key: String) -> String? { scalar(key)?.string }

    package mutating func required(_ key: String) -> ScalarText? {
        let before = problems.count
        if let scalar = scalar(key) { return scalar }
        if problems.count == before { report("missing-key", "'\(key)' is missing here") }
        return nil
    }

    /// A value that `convert` understands; `expected` says what it must be: `a number from 1 to 65535`.
    package mutating func value<T>(
        _ key: String, formerly: String? = nil, expected: String, _ convert: (String) -> T?
    ) -> T? {
        guard let scalar = scalar(key, formerly: formerly) else { return nil }
        if let value = convert(scalar.string) { return value }
        report("bad-value", "'\(key)' must be \(expected), and '\(scalar.string)' is not", at: scalar.location)
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
        value(key, expected: "true or false") { ["true": true, "yes": true, "false": false, "no": false][$0] }
    }

    package mutating func span(_ key: String, formerly: String? = nil) -> TimeSpan? {
        guard
            let span = value(
                key, formerly: formerly, expected: "a duration such as 90s, 10m or 2h", { TimeSpan(text: $0) })
        else {
            return nil
        }
        guard span > .longestWritten else { return span }
        report(
            "too-long", "'\(key)' must be at most 50 years (\(TimeSpan.longestWritten))", at: scalar(key)?.location)
        return nil
    }

    /// The entries of a nested mapping of words to single values.
    package mutating func strings(_ key: String) -> [(key: ScalarText, value: ScalarText)] {
        guard let node = node(key) else { return [] }
        guard case .mapping(let entries) = node.content else {
            report("expected-mapping", "'\(key)' is a mapping, and this is \(node.kindName)", at: node.location)
            return []
        }
        return entries.compactMap { entry in
            if let scalar = entry.value.scalar { return (entry.key, scalar) }
            report(
                "expected-value",
                "'\(entry.key.string)' takes one text or number here, and this is \(entry.value.kindName)",
                at: entry.value.location,
                hint: entry.value.isNull && FlowComma.isFlow(at: node.location) ? Self.commaHint : nil)
            return nil
        }
    }

    /// A list, or a single item where one is allowed to stand for a list of one.
    package mutating func items(_ key: String) -> [YAMLNode] {
        guard let node = node(key) else { return [] }
        if case .sequence(let items) = node.content { return items }
        return [node]
    }

    /// Reports the keys that nobody asked for, and returns everything that was found.
    package mutating func finish() -> [Diagnostic] {
        for entry in entries where !asked.contains(entry.key.string) && !former.contains(entry.key.string) {
            let near = NearMiss.hint(for: entry.key.string, among: asked)
            report(
                "unknown-key", "there is no key '\(entry.key.string)' here", at: entry.key.location,
                hint: near ?? (isPiece(entry) ? Self.commaHint : "known: \(asked.sorted().joined(separator: ", "))"),
                fix: NearMiss.best(for: entry.key.string, among: asked))
        }
        return problems
    }

    private static let commaHint = "between { } a comma ends a value: put a value with a comma in quotes"

    /// Whether a key without a value may be the rest of a text that a comma has cut.
    private func isPiece(_ entry: (key: ScalarText, value: YAMLNode)) -> Bool {
        entry.value.isNull && isFlow
    }
}
