/// A fault that libyaml found, described for somebody who does not know YAML: the mistake, and how to correct it.
struct YAMLFault {
    /// The fault in libyaml's words.
    var problem: String
    /// The construct that libyaml was reading.
    var context: String?
    /// The location at which libyaml stopped.
    var location: SourceLocation
    /// The beginning of the construct that libyaml was reading.
    var begin: SourceLocation?

    init(problem: String, context: String?, at location: SourceLocation, begin: SourceLocation?) {
        (self.problem, self.context, self.location, self.begin) = (problem, context, location, begin)
    }

    func diagnostic(in file: SourceFile) -> Diagnostic {
        let finding = tab(in: file) ?? misplaced(in: file) ?? unclosed ?? reserved ?? unknown
        return Diagnostic(
            id: "yaml-syntax", finding.message, at: finding.location ?? location, hint: finding.hint)
    }

    /// The words for a fault.
    private struct Finding {
        var message: String
        /// The location; `nil` for the place where the parser stopped.
        var location: SourceLocation?
        var hint: String

        init(_ message: String, at location: SourceLocation? = nil, hint: String) {
            (self.message, self.location, self.hint) = (message, location, hint)
        }
    }

    private static let quoteAll = "put the whole text in quotes"

    /// Keys, values and items of lists that are not where YAML expects them.
    private func misplaced(in file: SourceFile) -> Finding? {
        switch problem {
        case "mapping values are not allowed in this context":
            if isSecondColon {
                return Finding(
                    "this line has a second ':': a text that contains ': ' must be in quotes", hint: Self.quoteAll)
            }
            if lineAboveHasNoColon(in: file) {
                return Finding("the line above has no ':' after its key", hint: "write 'key: value', with a space")
            }
            return Finding(
                "this line is indented deeper than the line above, which already has a value",
                hint: "start keys that belong together in the same column")
        case "did not find expected '-' indicator" where !isItem, "did not find expected key":
            return unexpectedText(in: file)
        case "did not find expected '-' indicator":
            return Finding(
                "this line does not fit the list above it, whose items all begin with '- ' in the same column",
                hint: "start the items in the same column, and indent what belongs to an item deeper than its '-'")
        case "block sequence entries are not allowed in this context":
            return Finding(
                "a list cannot begin with '- ' on the line of its key",
                hint: "start the list on the next line, or write [a, b]")
        case "could not find expected ':'":
            return Finding(
                "this key has no ':' after it, or the text above continues here by mistake", at: begin,
                hint: "write 'key: value', with a space")
        case "mapping keys are not allowed in this context":
            return Finding("a key cannot begin with '? '", hint: "put it in quotes")
        default: return nil
        }
    }

    /// A text after the end of a value, or a line in the wrong column.
    private func unexpectedText(in file: SourceFile) -> Finding {
        if let bracket = closedBracket {
            return Finding(
                "a text that begins with '\(bracket == "}" ? "{" : "[")' must be in quotes", hint: Self.quoteAll)
        }
        guard let quote = closedQuote else {
            return Finding(
                "this line does not begin in the same column as the keys above it",
                hint: "start keys that belong together in the same column")
        }
        if let begin = lineOfOpenQuote(quote, in: file) {
            return Finding(
                "this quote is closed only in line \(location.line)", at: begin,
                hint: "close it at the end of its text")
        }
        let inside = quote == "'" ? ", double ones if it has an apostrophe" : ", and write quotes in it as \\\""
        return Finding("more text follows after the closing \(quote)", hint: Self.quoteAll + inside)
    }

    /// Quotes and brackets without an end.
    private var unclosed: Finding? {
        switch problem {
        case "did not find expected ',' or '}'", "did not find expected ',' or ']'":
            let (open, close) = problem.hasSuffix("'}'") ? ("{", "}") : ("[", "]")
            return Finding(
                """
                this '\(open)' is not closed: a ',' or a '\(close)' is missing before line \(location.line), \
                column \(location.column)
                """,
                at: begin, hint: "close it, or put a text that contains one of , : { } [ ] in quotes")
        case "found unexpected end of stream":
            return Finding("this quote is never closed", at: begin, hint: "close it with the same quote")
        case "found unexpected document indicator":
            return Finding(
                "this quote is not closed before the next line of '---' or '...'", at: begin, hint: "close it")
        default: return nil
        }
    }

    /// Characters that have a meaning in YAML.
    private var reserved: Finding? {
        let quoteIt = "put it in quotes"
        switch problem {
        case "did not find expected node content":
            return Finding(
                "a value is missing here, or begins with a character that is reserved in YAML", hint: quoteIt)
        case "found unknown escape character", "did not find expected hexdecimal number",
            "found invalid Unicode character escape code":
            return Finding(
                "a backslash in double quotes starts an escape, and this is not a known one",
                hint: "write \\\\, or use single quotes")
        case "found character that cannot start any token":
            return Finding("a value cannot begin with '\(character)'", hint: quoteIt)
        case "found undefined tag handle":
            return Finding("a value that begins with '!' has a special meaning in YAML", at: begin, hint: quoteIt)
        case _ where problem.contains("alias") || context?.contains("alias") == true:
            return Finding(
                "a value that begins with '*' refers to a name given with '&' before it, and there is no such name",
                hint: quoteIt)
        case _ where context?.contains("anchor") == true:
            return Finding("a value that begins with '&' has a special meaning in YAML", at: begin, hint: quoteIt)
        case _ where context?.contains("tag") == true:
            return Finding("a value that begins with '!' has a special meaning in YAML", at: begin, hint: quoteIt)
        case _ where context?.contains("block scalar") == true:
            return Finding(
                "the text after '|' or '>' begins on the next line", at: begin,
                hint: "put it in quotes, or start it on the next line")
        default: return nil
        }
    }

    /// Any other fault, in libyaml's words.
    private var unknown: Finding {
        Finding(
            "this is not YAML: \(problem)\(context.map { " (\($0))" } ?? "")",
            hint: "check the quotes, brackets and indentation here and in the line above")
    }

    /// A tab in the indentation of this line or of the line above, which may be why the parser stopped.
    private func tab(in file: SourceFile) -> Finding? {
        for line in [location.line - 1, location.line] where line >= 1 {
            let start = file.location(line: line, column: 1)
            guard start.line == line else { continue }
            let indentation = start.lineText.unicodeScalars.prefix { $0 == " " || $0 == "\t" }
            guard let tab = indentation.firstIndex(of: "\t") else { continue }
            let column = indentation.distance(from: indentation.startIndex, to: tab) + 1
            return Finding(
                "this line is indented with a tab; YAML takes only spaces",
                at: file.location(line: line, column: column), hint: "replace the tab by spaces")
        }
        return nil
    }

    private var before: Substring.UnicodeScalarView {
        location.lineText.unicodeScalars.prefix(location.column - 1)[...]
    }

    /// True if the line begins with the sign of a list's item.
    private var isItem: Bool { location.lineText.drop { $0 == " " }.hasPrefix("-") }

    private var isSecondColon: Bool { String(before).contains(": ") }

    private var character: String {
        location.lineText.unicodeScalars.dropFirst(location.column - 1).first.map { String($0) } ?? ""
    }

    /// The opening quote of a text that a quote in this line closes, if it is in a line above.
    private func lineOfOpenQuote(_ quote: Character, in file: SourceFile) -> SourceLocation? {
        func isOdd(_ text: String) -> Bool { text.count { $0 == quote } % 2 == 1 }
        guard isOdd(String(before)) else { return nil }
        for line in stride(from: location.line - 1, through: 1, by: -1) {
            let text = file.location(line: line, column: 1).lineText
            guard isOdd(text), let at = text.lastIndex(of: quote) else { continue }
            return file.location(line: line, column: text.unicodeScalars.distance(from: text.startIndex, to: at) + 1)
        }
        return nil
    }

    private func lineAboveHasNoColon(in file: SourceFile) -> Bool {
        let above = file.location(line: max(1, location.line - 1), column: 1).lineText
        return location.line > 1 && !above.contains(":") && above.contains { $0 != " " }
    }

    /// The bracket that closes just before the location.
    private var closedBracket: Character? {
        let last = String(before).last { $0 != " " }
        return last == "}" || last == "]" ? last : nil
    }

    /// The quote that closes just before the location.
    private var closedQuote: Character? {
        let text = String(before)
        guard let last = text.last(where: { $0 != " " }), last == "\"" || last == "'" else { return nil }
        return last
    }
}
