internal import Yams

/// A YAML document whose every node has its location, for files that people write.
///
/// Yams parses the text. This type adds locations, so that ``YAMLReader`` can report each mistake where it is, and one
/// pass finds them all.
package struct YAMLNode: Sendable {
    package indirect enum Content: Sendable {
        case scalar(ScalarText)
        case mapping([(key: ScalarText, value: YAMLNode)])
        case sequence([YAMLNode])
        case null
    }

    package let content: Content
    package let location: SourceLocation

    /// - Throws: ``DiagnosticList`` if the text is not YAML, or a mapping has a key twice.
    package static func parse(_ file: SourceFile) throws(DiagnosticList) -> YAMLNode {
        var problems: [Diagnostic] = []
        let node = try parse(file, problems: &problems)
        if !problems.isEmpty { throw DiagnosticList(problems) }
        return node
    }

    /// Parses a file, and returns it even if single values in it are wrong.
    /// - Parameter problems: receives the mistakes in single values: expressions that a comma has cut, aliases that
    ///   cannot be followed.
    /// - Throws: ``DiagnosticList`` if the text is not YAML, or a mapping has a key twice.
    package static func parse(_ file: SourceFile, problems: inout [Diagnostic]) throws(DiagnosticList) -> YAMLNode {
        if let fault = YAMLKeys.firstFault(in: file.text) {
            throw DiagnosticList([Self.diagnostic(for: fault, in: file)])
        }
        let node: Node?
        do {
            // The basic resolver keeps every scalar as text: it does not guess types.
            node = try Yams.compose(yaml: file.text, .basic)
        } catch {
            throw DiagnosticList([Self.diagnostic(for: error, in: file)])
        }
        guard let node else { return YAMLNode(content: .null, location: file.location(line: 1, column: 1)) }
        // Every written value takes at least one byte, so further values can only come from aliases.
        var conversion = Conversion(file: file, nodesLeft: file.text.utf8.count + nodesOfAliasesMax)
        let result = YAMLNode(node, &conversion)
        problems += conversion.problems
        return result
    }

    /// The largest number of values that the aliases of a file may repeat.
    private static let nodesOfAliasesMax = 100_000

    /// A conversion in progress.
    private struct Conversion {
        let file: SourceFile
        var nodesLeft: Int
        var problems: [Diagnostic] = []
    }

    private init(content: Content, location: SourceLocation) {
        self.content = content
        self.location = location
    }

    private init(_ node: Node, _ conversion: inout Conversion) {
        let file = conversion.file
        let mark = node.mark
        location = file.location(line: mark?.line ?? 1, column: mark?.column ?? 1)
        conversion.nodesLeft -= 1
        guard conversion.nodesLeft >= 0 else {
            if conversion.nodesLeft == -1 {
                conversion.problems.append(
                    Diagnostic(
                        id: "yaml-aliases",
                        "the aliases of this file (*name) repeat more than \(Self.nodesOfAliasesMax) values",
                        at: location, hint: "write the values out"))
            }
            content = .null
            return
        }
        switch node {
        case .scalar(let scalar):
            let text = ScalarText(scalar.string, startingAt: location, in: file)
            let isNull = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
            content = isNull ? .null : .scalar(text)
        case .sequence(let sequence): content = .sequence(Self.items(of: sequence, at: location, &conversion))
        case .mapping(let mapping): content = .mapping(Self.entries(of: mapping, at: location, &conversion))
        case .alias:
            conversion.problems.append(Diagnostic(id: "yaml-alias", "this alias cannot be followed", at: location))
            content = .null
        }
    }

    /// Returns the items of a list. The pieces of an item that a comma has cut are left out, and the cut is reported.
    private static func items(
        of sequence: Node.Sequence, at location: SourceLocation, _ conversion: inout Conversion
    ) -> [YAMLNode] {
        let isFlow = FlowComma.isFlow(at: location)
        var items: [YAMLNode] = []
        var open = 0
        for item in sequence where conversion.nodesLeft >= 0 {
            let text = isFlow ? plainText(item) : nil
            if open > 0, let text {
                open += FlowComma.openParentheses(text)
                continue
            }
            items.append(YAMLNode(item, &conversion))
            open = text.map(FlowComma.openParentheses) ?? 0
            // If the list ends here, no comma has cut the value.
            if open > 0, items.count < sequence.count, let start = items.last?.location {
                conversion.problems.append(FlowComma(file: conversion.file).diagnostic(key: nil, start: start))
            }
        }
        return items
    }

    /// Returns the entries of a mapping. The pieces of a value that a comma has cut are left out, and the cut is
    /// reported once.
    private static func entries(
        of mapping: Node.Mapping, at location: SourceLocation, _ conversion: inout Conversion
    ) -> [(key: ScalarText, value: YAMLNode)] {
        let file = conversion.file
        let isFlow = FlowComma.isFlow(at: location)
        var entries: [(key: ScalarText, value: YAMLNode)] = []
        var open = 0
        var isCutReported = false
        for (key, value) in mapping where conversion.nodesLeft >= 0 {
            if isFlow, plainText(value) == "", let mark = key.mark,
                let comma = FlowComma.decimalComma(at: file.location(line: mark.line, column: mark.column))
            {
                conversion.problems.append(comma)
                continue
            }
            if isFlow, open > 0, let piece = plainText(key), plainText(value) == "" {
                if !isCutReported, let cut = entries.last {
                    conversion.problems.append(
                        FlowComma(file: file).diagnostic(key: cut.key.string, start: cut.value.location))
                }
                isCutReported = true
                open += FlowComma.openParentheses(piece)
                continue
            }
            open = isFlow ? plainText(value).map(FlowComma.openParentheses) ?? 0 : 0
            isCutReported = false
            guard case .scalar(let scalar) = key else {
                conversion.problems.append(Diagnostic(id: "yaml-key", "a key must be a text", at: location))
                continue
            }
            let start = file.location(line: key.mark?.line ?? 1, column: key.mark?.column ?? 1)
            entries.append((ScalarText(scalar.string, startingAt: start, in: file), YAMLNode(value, &conversion)))
        }
        return entries
    }

    /// The text of a scalar without quotes; `nil` for anything else.
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
                id: "yaml-bytes", "this file contains a character that no text can have (\(problem), \(value))",
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
                "a key must be a text; this one is a list, a mapping or an alias (*name)",
                at: file.location(line: mark.line, column: mark.column), hint: "write the key as a text")
        case .duplicate(let key, let first, let second):
            let start = file.location(line: first.line, column: first.column)
            if let comma = FlowComma.decimalComma(at: start) { return comma }
            if FlowComma.openParentheses(key) < 0, let cut = FlowComma(file: file).diagnostic(piece: start) {
                return cut
            }
            let length = key.unicodeScalars.count
            return Diagnostic(
                id: "yaml-duplicate-key", "the key '\(key)' occurs twice in one mapping",
                at: file.location(line: second.line, column: second.column, length: length),
                hint: "remove one of them, or correct its indentation",
                notes: [
                    .init(
                        "the first is here", at: file.location(line: first.line, column: first.column, length: length))
                ])
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
