internal import Yams

/// A YAML document whose every node knows where it stands, for files that people write.
///
/// Yams does the parsing; this adds typed access that reports what is wrong, at its place, and goes on,
/// so that one pass finds every mistake.
package struct YAMLNode: Sendable {
    package indirect enum Content: Sendable {
        case scalar(ScalarText)
        case mapping([(key: ScalarText, value: YAMLNode)])
        case sequence([YAMLNode])
        case null
    }

    package let content: Content
    package let location: SourceLocation

    /// - Throws: ``DiagnosticList`` where the text is not YAML, or a mapping has a key twice.
    package static func parse(_ file: SourceFile) throws(DiagnosticList) -> YAMLNode {
        var problems: [Diagnostic] = []
        let node = try parse(file, problems: &problems)
        if !problems.isEmpty { throw DiagnosticList(problems) }
        return node
    }

    /// The same, where what is wrong with a part of the file does not hide the rest.
    /// - Parameter problems: gets what is wrong with single values: what a comma has cut, aliases that cannot be
    ///   followed.
    /// - Throws: ``DiagnosticList`` where the text is not YAML, or a mapping has a key twice.
    package static func parse(_ file: SourceFile, problems: inout [Diagnostic]) throws(DiagnosticList) -> YAMLNode {
        if let fault = YAMLKeys.firstFault(in: file.text) {
            throw DiagnosticList([Self.diagnostic(for: fault, in: file)])
        }
        let node: Node?
        do {
            // Every scalar is taken as its text: nothing is guessed of types, nor tried on it.
            node = try Yams.compose(yaml: file.text, .basic)
        } catch {
            throw DiagnosticList([Self.diagnostic(for: error, in: file)])
        }
        guard let node else { return YAMLNode(content: .null, location: file.location(line: 1, column: 1)) }
        // Nothing that is written takes less than a byte: whatever is more than the file comes from aliases.
        var reading = Reading(file: file, nodesLeft: file.text.utf8.count + nodesOfAliasesMax)
        let result = YAMLNode(node, &reading)
        problems += reading.problems
        return result
    }

    /// How many values the aliases of a file may repeat.
    private static let nodesOfAliasesMax = 100_000

    private struct Reading {
        let file: SourceFile
        var nodesLeft: Int
        var problems: [Diagnostic] = []
    }

    private init(content: Content, location: SourceLocation) {
        self.content = content
        self.location = location
    }

    private init(_ node: Node, _ reading: inout Reading) {
        let file = reading.file
        let mark = node.mark
        location = file.location(line: mark?.line ?? 1, column: mark?.column ?? 1)
        reading.nodesLeft -= 1
        guard reading.nodesLeft >= 0 else {
            if reading.nodesLeft == -1 {
                reading.problems.append(
                    Diagnostic(
                        id: "yaml-aliases",
                        "the aliases of this file (*name) repeat more than \(Self.nodesOfAliasesMax) values",
                        at: location, hint: "write out what is meant"))
            }
            content = .null
            return
        }
        switch node {
        case .scalar(let scalar):
            let text = ScalarText(scalar.string, startingAt: location, in: file)
            let isNull = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
            content = isNull ? .null : .scalar(text)
        case .sequence(let sequence):
            let isFlow = FlowComma.isFlow(at: location)
            var items: [YAMLNode] = []
            var open = 0
            for item in sequence where reading.nodesLeft >= 0 {
                let text = isFlow ? Self.plainText(item) : nil
                if open > 0, let text {
                    open += FlowComma.openParentheses(text)
                    continue
                }
                items.append(YAMLNode(item, &reading))
                open = text.map(FlowComma.openParentheses) ?? 0
                // A list that does not go on has not been cut.
                if open > 0, items.count < sequence.count, let start = items.last?.location {
                    reading.problems.append(FlowComma(file: file).diagnostic(key: nil, start: start))
                }
            }
            content = .sequence(items)
        case .mapping(let mapping):
            let isFlow = FlowComma.isFlow(at: location)
            var entries: [(key: ScalarText, value: YAMLNode)] = []
            var (open, isCutReported) = (0, false)
            for (key, value) in mapping where reading.nodesLeft >= 0 {
                if isFlow, Self.plainText(value) == "", let mark = key.mark,
                    let comma = FlowComma.decimalComma(at: file.location(line: mark.line, column: mark.column))
                {
                    reading.problems.append(comma)
                    continue
                }
                if isFlow, open > 0, let piece = Self.plainText(key), Self.plainText(value) == "" {
                    if let (cut, value) = entries.last.map({ ($0.key.string, $0.value) }), !isCutReported {
                        reading.problems.append(FlowComma(file: file).diagnostic(key: cut, start: value.location))
                    }
                    isCutReported = true
                    open += FlowComma.openParentheses(piece)
                    continue
                }
                (open, isCutReported) = (isFlow ? Self.plainText(value).map(FlowComma.openParentheses) ?? 0 : 0, false)
                guard case .scalar(let scalar) = key else {
                    reading.problems.append(Diagnostic(id: "yaml-key", "a key must be a word here", at: location))
                    continue
                }
                let place = file.location(line: key.mark?.line ?? 1, column: key.mark?.column ?? 1)
                entries.append(
                    (ScalarText(scalar.string, startingAt: place, in: file), YAMLNode(value, &reading)))
            }
            content = .mapping(entries)
        case .alias:
            reading.problems.append(Diagnostic(id: "yaml-alias", "an alias cannot be followed here", at: location))
            content = .null
        }
    }

    /// The text of a scalar that stands there without quotes.
    private static func plainText(_ node: Node) -> String? {
        guard case .scalar(let scalar) = node, scalar.style == .plain else { return nil }
        return scalar.string
    }

    private static func diagnostic(for error: any Error, in file: SourceFile) -> Diagnostic {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let begin = context.map { file.location(line: $0.mark.line, column: $0.mark.column) }
            let fault = YAMLFault(
                problem: problem, context: context?.text, at: file.location(line: mark.line, column: mark.column),
                begin: begin)
            return fault.diagnostic(in: file)
        case .reader(let problem, _, let value, _):
            return Diagnostic(
                id: "yaml-bytes", "a character that no text can have stands in this file (\(problem), \(value))",
                at: file.location(line: 1, column: 1), hint: "save the file as plain text in UTF-8")
        default:
            return Diagnostic(id: "yaml", "this file is not YAML: \(error)", at: file.location(line: 1, column: 1))
        }
    }

    private static func diagnostic(for fault: YAMLKeys.Fault, in file: SourceFile) -> Diagnostic {
        switch fault {
        case .notText(let mark):
            return Diagnostic(
                id: "yaml-key",
                "a key has to be a text; here it is a list, a mapping, or an alias of something else (*name)",
                at: file.location(line: mark.line, column: mark.column), hint: "write the key out")
        case .duplicate(let key, let first, let second):
            let place = file.location(line: first.line, column: first.column)
            if let comma = FlowComma.decimalComma(at: place) { return comma }
            if FlowComma.openParentheses(key) < 0, let cut = FlowComma(file: file).diagnostic(piece: place) {
                return cut
            }
            return Diagnostic(
                id: "yaml-duplicate-key", "the key '\(key)' stands twice in one mapping: first in line \(first.line)",
                at: file.location(line: second.line, column: second.column, length: key.unicodeScalars.count),
                hint: "remove one of them, or is one indented wrongly?")
        }
    }
}

extension YAMLNode {
    package var scalar: ScalarText? { if case .scalar(let text) = content { text } else { nil } }
    package var isNull: Bool { if case .null = content { true } else { false } }

    package var kindName: String {
        switch content {
        case .scalar: "a single value"
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .null: "nothing"
        }
    }
}
