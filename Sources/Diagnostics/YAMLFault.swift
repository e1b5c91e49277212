/// What libyaml rejects, in words for somebody who does not know YAML: what stands there, and the mend.
struct YAMLFault {
    /// As libyaml says it, and what it was reading.
    var problem: String
    var context: String?
    var location: SourceLocation
    /// Where what it was reading begins.
    var begin: SourceLocation?

    init(problem: String, context: String?, at location: SourceLocation, begin: SourceLocation?) {
        (self.problem, self.context, self.location, self.begin) = (problem, context, location, begin)
    }

    func diagnostic(in file: SourceFile) -> Diagnostic {
        func found(_ message: String, at place: SourceLocation? = nil, hint: String) -> Diagnostic {
            Diagnostic(id: "yaml-syntax", message, at: place ?? location, hint: hint)
        }
        if let tab = tab(in: file) {
            return found(
                "a tab stands at the beginning of this line, and YAML is indented by spaces alone", at: tab,
                hint: "replace it by spaces")
        }
        let quotes = "put the whole text in quotes"
        switch problem {
        case "mapping values are not allowed in this context":
            if isSecondColon {
                return found("a second ':' in one line: a text with ': ' in it must stand in quotes", hint: quotes)
            }
            if lineAboveHasNoColon(in: file) {
                return found("the line above has no ':' behind its key", hint: "write 'key: value', with a space")
            }
            return found(
                "this line is indented deeper than the one above it, which has a value already",
                hint: "let keys that belong together begin in the same column")
        case "did not find expected '-' indicator" where !isItem, "did not find expected key":
            if let bracket = closedBracket {
                return found(
                    "a text cannot begin with '\(bracket == "}" ? "{" : "[")' unless it stands in quotes", hint: quotes)
            }
            if let quote = closedQuote, let begin = lineOfOpenQuote(quote, in: file) {
                return found(
                    "a quote is opened here, and closed only in line \(location.line)", at: begin,
                    hint: "close it at the end of its text")
            }
            if let quote = closedQuote {
                return found(
                    "behind the closing \(quote) more text follows",
                    hint: quotes
                        + (quote == "'" ? ", double ones if it has an apostrophe" : ", and quotes in it as \\\""))
            }
            return found(
                "this line does not begin in the same column as the keys above that it belongs to",
                hint: "let keys that belong together begin in the same column")
        case "did not find expected '-' indicator":
            return found(
                "this line does not fit the list above it, each of whose items begins with '- ' in the same column",
                hint: "let the items begin in the same column, and what belongs to an item deeper than its '-'")
        case "block sequence entries are not allowed in this context":
            return found(
                "a list cannot begin with '- ' behind a key, in the same line",
                hint: "begin the list on the next line, or write [a, b]")
        case "could not find expected ':'":
            let place = begin ?? location
            return found(
                "a key without a ':' behind it, or a text that goes on here and should not", at: place,
                hint: "write 'key: value', with a space")
        case "did not find expected ',' or '}'", "did not find expected ',' or ']'":
            let (open, close) = problem.hasSuffix("'}'") ? ("{", "}") : ("[", "]")
            return found(
                "the '\(open)' is not closed where it should be: a ',' or a '\(close)' is missing before line \(location.line), column \(location.column)",
                at: begin, hint: "close it, or put a text with one of , : { } [ ] in it in quotes")
        case "did not find expected node content":
            return found(
                "a value is missing here, or begins with a character that means something in YAML",
                hint: "put it in quotes")
        case "found unexpected end of stream":
            return found("a quote is opened here, and never closed", at: begin, hint: "close it with the same quote")
        case "found unexpected document indicator":
            return found(
                "a quote is opened here, and not closed before the next line of '---' or '...'", at: begin,
                hint: "close it")
        case "found unknown escape character", "did not find expected hexdecimal number",
            "found invalid Unicode character escape code":
            return found(
                "between double quotes a backslash has a meaning, and not with this character",
                hint: "write \\\\, or use single quotes")
        case "found character that cannot start any token":
            return found("a value cannot begin with '\(character)'", hint: "put it in quotes")
        case "found undefined tag handle":
            return found("a value that begins with '!' means something in YAML", at: begin, hint: "put it in quotes")
        case "mapping keys are not allowed in this context":
            return found("a key cannot begin with '? '", hint: "put it in quotes")
        case _ where problem.contains("alias") || context?.contains("alias") == true:
            return found(
                "a value that begins with '*' stands for something named '&…' before, and there is no such name",
                hint: "put it in quotes")
        case _ where context?.contains("anchor") == true:
            return found("a value that begins with '&' means something in YAML", at: begin, hint: "put it in quotes")
        case _ where context?.contains("tag") == true:
            return found("a value that begins with '!' means something in YAML", at: begin, hint: "put it in quotes")
        case _ where context?.contains("block scalar") == true:
            return found(
                "behind '|' or '>' the text begins on the next line", at: begin,
                hint: "put it in quotes, or begin it on the next line")
        default:
            let reading = context.map { " (\($0))" } ?? ""
            return found(
                "this is not YAML: \(problem)\(reading)",
                hint: "is a quote, a bracket or an indentation wrong here or in the line above?")
        }
    }

    /// The first tab in the indentation of this line or of the one above, which may be what the parser stumbled over.
    private func tab(in file: SourceFile) -> SourceLocation? {
        for line in [location.line - 1, location.line] where line >= 1 {
            let place = file.location(line: line, column: 1)
            guard place.line == line else { continue }
            let indentation = place.lineText.unicodeScalars.prefix { $0 == " " || $0 == "\t" }
            if let tab = indentation.firstIndex(of: "\t") {
                return file.location(
                    line: line, column: indentation.distance(from: indentation.startIndex, to: tab) + 1)
            }
        }
        return nil
    }

    private var before: Substring.UnicodeScalarView {
        location.lineText.unicodeScalars.prefix(location.column - 1)[...]
    }

    /// Whether the line begins with the sign of a list's item.
    private var isItem: Bool { location.lineText.drop { $0 == " " }.hasPrefix("-") }

    private var isSecondColon: Bool { String(before).contains(": ") }

    private var character: String {
        location.lineText.unicodeScalars.dropFirst(location.column - 1).first.map { String($0) } ?? ""
    }

    /// Where the text begins that a quote in this line ends, if that is in a line above.
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

    /// The bracket that closes just before the place.
    private var closedBracket: Character? {
        let last = String(before).last { $0 != " " }
        return last == "}" || last == "]" ? last : nil
    }

    /// The quote that closes just before the place.
    private var closedQuote: Character? {
        let text = String(before)
        guard let last = text.last(where: { $0 != " " }), last == "\"" || last == "'" else { return nil }
        return last
    }
}
