internal import Diagnostics
internal import Telemetry

/// Tokens → expression, by precedence climbing. Stops at the first mistake of an expression, which it
/// throws; other expressions of the file are parsed all the same.
struct Parser {
    private var lexer: Lexer
    private var token: Lexer.Token
    private var place: Place
    /// Nesting is bounded, so that no file can exhaust the stack.
    private var depth = 0
    private static let maximumDepth = 64

    static func parse(_ source: ScalarText) throws(Diagnostic) -> Expression {
        var parser = Parser(source)
        let expression = try parser.sequence()
        guard parser.token == .end else { throw parser.unexpected("an operator, or the end") }
        return expression
    }

    private init(_ source: ScalarText) {
        lexer = Lexer(source)
        (token, place) = lexer.next()
    }

    private mutating func advance() { (token, place) = lexer.next() }

    private mutating func take(_ wanted: Lexer.Token) -> Bool {
        guard token == wanted else { return false }
        advance()
        return true
    }

    private func unexpected(_ expected: String) -> Diagnostic {
        let found: String
        switch token {
        case .end: found = "the expression ends"
        case .unreadable(let text) where text.hasPrefix("\"") || text.hasPrefix("'"): found = "a text is not closed"
        default: found = "'\(place.excerpt)' stands"
        }
        if token == .symbol(","), let number = lexer.decimalComma(at: place) {
            return FlowComma.decimalComma(number.mend, at: number.place.location, "a comma stands in a number")
        }
        let mends = [
            "=>": "'>='", "=<": "'<='", "=": "'==' for 'is equal to'", "&": "'and'", "|": "'or'", "&&": "'and'",
            "||": "'or'",
        ]
        var hint = mends[place.excerpt]
        if case .unreadable("=") = token {
            hint = lexer.isFollowed(place, by: ">") ? "'>='" : lexer.isFollowed(place, by: "<") ? "'<='" : hint
        }
        return Diagnostic(
            id: "syntax", "\(found) where \(expected) was expected", at: place.location,
            hint: hint.map { "write \($0)" })
    }

    /// `A then B within 10m`
    private mutating func sequence() throws(Diagnostic) -> Expression {
        let first = try disjunction()
        guard take(.word("then")) else { return first }
        let second = try disjunction()
        guard token == .word("within") else { throw unexpected("'within' and a duration") }
        let (span, end) = try duration(after: "within")
        guard token != .word("then") else {
            throw Diagnostic(
                id: "chained-then", "'then' cannot be chained", at: place.location,
                hint: "put the first part in brackets, or name it with 'let'")
        }
        return .sequence(first, second, span, first.place.joined(end))
    }

    private mutating func disjunction() throws(Diagnostic) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw Diagnostic(
                id: "too-deep", "the expression is nested more than \(Self.maximumDepth) deep", at: place.location,
                hint: "name parts of it with 'let'")
        }
        return try binary([.word("or"): .or]) { parser throws(Diagnostic) in try parser.conjunction() }
    }

    private mutating func conjunction() throws(Diagnostic) -> Expression {
        try binary([.word("and"): .and]) { parser throws(Diagnostic) in try parser.negation() }
    }

    private mutating func negation() throws(Diagnostic) -> Expression {
        let start = place
        guard take(.word("not")) else { return try hold() }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw Diagnostic(id: "too-deep", "too many 'not' behind each other", at: start.location)
        }
        let operand = try negation()
        return .not(operand, start.joined(operand.place))
    }

    /// `A for 2m`
    private mutating func hold() throws(Diagnostic) -> Expression {
        var condition = try comparison()
        while token == .word("for") {
            let (span, end) = try duration(after: "for")
            condition = .hold(condition, span, condition.place.joined(end))
        }
        return condition
    }

    private mutating func comparison() throws(Diagnostic) -> Expression {
        let left = try sum()
        if token == .word("in") {
            advance()
            let low = try sum()
            guard take(.symbol("..")) else { throw unexpected("'..' between the ends of a range") }
            let high = try sum()
            return .within(left, low: low, high: high, left.place.joined(high.place))
        }
        guard case .symbol(let text) = token, let comparison = BinaryOperator(rawValue: text), comparison.isComparison
        else { return left }
        let sign = place
        advance()
        let right = try sum()
        if case .symbol(let next) = token, let again = BinaryOperator(rawValue: next), again.isComparison {
            throw Diagnostic(
                id: "chained-comparison", "comparisons cannot be chained", at: place.location,
                hint: "write 'x in 2 m .. 3 m', or join two comparisons with 'and'")
        }
        return .binary(comparison, left, right, operator: sign, left.place.joined(right.place))
    }

    private mutating func sum() throws(Diagnostic) -> Expression {
        try binary([.symbol("+"): .add, .symbol("-"): .subtract]) { parser throws(Diagnostic) in try parser.product() }
    }

    private mutating func product() throws(Diagnostic) -> Expression {
        try binary([.symbol("*"): .multiply, .symbol("/"): .divide]) { parser throws(Diagnostic) in try parser.unary() }
    }

    private mutating func binary(
        _ operators: KeyValuePairs<Lexer.Token, BinaryOperator>,
        _ operand: (inout Parser) throws(Diagnostic) -> Expression
    ) throws(Diagnostic) -> Expression {
        var left = try operand(&self)
        var terms = 1
        while let found = operators.first(where: { $0.key == token })?.value {
            // A chain becomes a tree that leans left, as deep as the chain is long.
            terms += 1
            guard terms <= 256 else {
                throw Diagnostic(
                    id: "too-deep", "more than 256 terms in a row", at: place.location,
                    hint: "name parts of it with 'let'")
            }
            let sign = place
            advance()
            let right = try operand(&self)
            left = .binary(found, left, right, operator: sign, left.place.joined(right.place))
        }
        return left
    }

    private mutating func unary() throws(Diagnostic) -> Expression {
        let start = place
        guard take(.symbol("-")) else { return try primary() }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw Diagnostic(id: "too-deep", "too many signs behind each other", at: start.location)
        }
        let operand = try unary()
        return .negate(operand, start.joined(operand.place))
    }

    private mutating func primary() throws(Diagnostic) -> Expression {
        let start = place
        switch token {
        case .number(let number):
            let unit = lexer.takeUnit { Unit(symbol: $0) != nil }
            try checkUnitWord(unit)
            advance()
            return .number(
                number, unit: unit.map { Expression.UnitName(text: $0.excerpt, place: $0) },
                unit.map { start.joined($0) } ?? start)
        case .text(let text):
            advance()
            return .text(text, start)
        case .word("true"), .word("false"):
            defer { advance() }
            return .truth(token == .word("true"), start)
        case .word("raw"):
            advance()
            guard case .word(let name) = token else { throw unexpected("the name of a quantity") }
            let end = place
            advance()
            return .raw(name, start.joined(end))
        case .word(let name) where !["and", "or", "not", "for", "in", "then", "within"].contains(name):
            advance()
            guard token == .symbol("(") else { return .name(name, start) }
            return try call(name, start)
        case .symbol("("):
            advance()
            let inner = try sequence()
            guard take(.symbol(")")) else { throw unexpected("')'") }
            return inner
        default:
            throw unexpected("a value")
        }
    }

    /// After a number, a word that is neither a unit nor an operator is a unit that does not exist.
    private func checkUnitWord(_ unit: Place?) throws(Diagnostic) {
        guard unit == nil, let word = lexer.peekWord(),
            !["and", "or", "for", "in", "then", "within", "not"].contains(word.excerpt)
        else { return }
        throw Diagnostic(
            id: "unknown-unit", "'\(word.excerpt)' is not a unit", at: word.location,
            hint: NearMiss.hint(for: word.excerpt, among: Unit.symbols),
            fix: NearMiss.best(for: word.excerpt, among: Unit.symbols))
    }

    private mutating func call(_ name: String, _ start: Place) throws(Diagnostic) -> Expression {
        var arguments: [Expression.Argument] = []
        advance()
        if token != .symbol(")") {
            while true {
                arguments.append(try argument(arguments.count, of: name))
                guard token == .symbol(",") else { break }
                advance()
            }
        }
        let end = place
        guard take(.symbol(")")) else { throw unexpected("',' or ')'") }
        return .call(name, name: start, arguments, start.joined(end))
    }

    /// Where a function takes a duration, a number with a unit of time is one; anything else is an expression.
    private mutating func argument(_ index: Int, of name: String) throws(Diagnostic) -> Expression.Argument {
        if case .number(let number) = token, Function.named(name)?.takesDuration(at: index) ?? true {
            let saved = (lexer, token, place)
            let start = place
            if let unit = lexer.takeUnit({ TimeSpan(text: "1" + $0) != nil }),
                let span = TimeSpan(text: "\(number)\(unit.excerpt)")
            {
                advance()
                if token == .symbol(",") || token == .symbol(")") {
                    return .duration(try checked(span, at: start), start.joined(unit))
                }
            }
            (lexer, token, place) = saved
        }
        return .expression(try sequence())
    }

    private mutating func duration(after word: String) throws(Diagnostic) -> (TimeSpan, Place) {
        advance()
        let start = place
        guard case .number(let number) = token, let unit = lexer.takeUnit({ TimeSpan(text: "1" + $0) != nil }),
            let span = TimeSpan(text: "\(number)\(unit.excerpt)"), span > .zero
        else {
            throw Diagnostic(
                id: "duration", "a duration such as 90s, 10m or 2h was expected after '\(word)'", at: start.location)
        }
        advance()
        return (try checked(span, at: start), start.joined(unit))
    }

    private func checked(_ span: TimeSpan, at place: Place) throws(Diagnostic) -> TimeSpan {
        if span <= .longestWritten { return span }
        throw Diagnostic(
            id: "too-long", "a duration must be at most 50 years (\(TimeSpan.longestWritten))", at: place.location)
    }
}
