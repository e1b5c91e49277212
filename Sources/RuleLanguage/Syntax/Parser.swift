internal import Diagnostics
internal import Telemetry

/// Parses an expression by precedence climbing.
///
/// It throws the first mistake of an expression. The other expressions of the file are still parsed.
struct Parser {
    private var lexer: Lexer
    private var token: Lexer.Token
    private var range: SourceRange
    /// The depth of the current sub-expression. It is limited, so that no file can exhaust the stack.
    private var depth = 0
    static let depthMax = 64
    /// The largest number of terms in a row. A chain becomes a tree that is as deep as the chain is long.
    static let termsMax = 256
    /// Words that are not names.
    private static let operatorWords: Set<String> = ["and", "or", "not", "for", "in", "then", "within"]

    static func parse(_ source: ScalarText) throws(Diagnostic) -> Expression {
        var parser = Parser(source)
        let expression = try parser.conditional()
        guard parser.token == .end else { throw parser.unexpected("an operator or the end") }
        return expression
    }

    private init(_ source: ScalarText) {
        lexer = Lexer(source)
        (token, range) = lexer.next()
    }

    private mutating func advance() { (token, range) = lexer.next() }

    private mutating func take(_ wanted: Lexer.Token) -> Bool {
        guard token == wanted else { return false }
        advance()
        return true
    }

    /// Returns the mistake that the current token is not what the grammar expects.
    private func unexpected(_ expected: String) -> Diagnostic {
        if token == .symbol(","), let number = lexer.decimalComma(at: range) {
            return number.diagnostic(
                "this number has a comma", at: lexer.range(number.range).location)
        }
        let found =
            switch token {
            case .end: "the end of the expression"
            case .unreadable(let text) where text.hasPrefix("\"") || text.hasPrefix("'"):
                "a text without its closing quote"
            default: "'\(range.excerpt)'"
            }
        return RuleProblem.unexpected(found, expected: expected, correction: correction).at(range)
    }

    /// The operator of this language that the author probably meant.
    private var correction: String? {
        switch range.excerpt {
        case "=" where lexer.isFollowed(range, by: ">"): "'>='"
        case "=" where lexer.isFollowed(range, by: "<"): "'<='"
        case "=": "'==' for 'is equal to'"
        case "&", "&&": "'and'"
        case "|", "||": "'or'"
        default: nil
        }
    }

    /// `A if B`
    private mutating func conditional() throws(Diagnostic) -> Expression {
        let value = try sequence()
        guard take(.word("if")) else { return value }
        let condition = try sequence()
        return .conditional(value, condition, value.range.joined(condition.range))
    }

    /// `A then B within 10m`
    private mutating func sequence() throws(Diagnostic) -> Expression {
        let first = try disjunction()
        guard take(.word("then")) else { return first }
        let second = try disjunction()
        guard token == .word("within") else { throw unexpected("'within' and a duration") }
        let (span, end) = try duration(after: "within")
        guard token != .word("then") else {
            throw RuleProblem.chainedThen.at(range)
        }
        return .sequence(first, second, span, first.range.joined(end))
    }

    private mutating func disjunction() throws(Diagnostic) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else {
            throw RuleProblem.tooDeepBrackets.at(range)
        }
        return try binary([.word("or"): .or]) { parser throws(Diagnostic) in try parser.conjunction() }
    }

    private mutating func conjunction() throws(Diagnostic) -> Expression {
        try binary([.word("and"): .and]) { parser throws(Diagnostic) in try parser.negation() }
    }

    private mutating func negation() throws(Diagnostic) -> Expression {
        let start = range
        guard take(.word("not")) else { return try hold() }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else {
            throw RuleProblem.tooDeepNot.at(start)
        }
        let operand = try negation()
        return .not(operand, start.joined(operand.range))
    }

    /// `A for 2m`
    private mutating func hold() throws(Diagnostic) -> Expression {
        var condition = try comparison()
        while token == .word("for") {
            let (span, end) = try duration(after: "for")
            condition = .hold(condition, span, condition.range.joined(end))
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
            return .within(left, low: low, high: high, left.range.joined(high.range))
        }
        guard case .symbol(let text) = token, let comparison = BinaryOperator(rawValue: text), comparison.isComparison
        else { return left }
        let sign = range
        advance()
        let right = try sum()
        if case .symbol(let next) = token, let again = BinaryOperator(rawValue: next), again.isComparison {
            throw RuleProblem.chainedComparison.at(range)
        }
        return .binary(comparison, left, right, operator: sign, left.range.joined(right.range))
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
            terms += 1
            guard terms <= Self.termsMax else { throw RuleProblem.tooManyTerms.at(range) }
            let sign = range
            advance()
            let right = try operand(&self)
            left = .binary(found, left, right, operator: sign, left.range.joined(right.range))
        }
        return left
    }

    private mutating func unary() throws(Diagnostic) -> Expression {
        let start = range
        guard take(.symbol("-")) else { return try primary() }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else {
            throw RuleProblem.tooDeepSigns.at(start)
        }
        let operand = try unary()
        return .negate(operand, start.joined(operand.range))
    }

    private mutating func primary() throws(Diagnostic) -> Expression {
        let start = range
        switch token {
        case .number(let number):
            let unit = lexer.takeUnit { Unit(symbol: $0) != nil }
            try checkUnitWord(unit)
            advance()
            return .number(
                number, unit: unit.map { Expression.UnitName(text: $0.excerpt, range: $0) },
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
            let end = range
            advance()
            return .raw(name, start.joined(end))
        case .word(let name) where !Self.operatorWords.contains(name):
            advance()
            guard token == .symbol("(") else { return .name(name, start) }
            return try call(name, start)
        case .symbol("("):
            advance()
            let inner = try conditional()
            guard take(.symbol(")")) else { throw unexpected("')'") }
            return inner
        default:
            throw unexpected("a value")
        }
    }

    /// Throws if the word after a number is neither a unit nor an operator, because then it is an unknown unit.
    private func checkUnitWord(_ unit: SourceRange?) throws(Diagnostic) {
        guard unit == nil, let word = lexer.peekWord(),
            !Self.operatorWords.contains(word.excerpt), word.excerpt != "if"
        else { return }
        throw RuleProblem.unknownUnit(word.excerpt).at(word)
    }

    private mutating func call(_ name: String, _ start: SourceRange) throws(Diagnostic) -> Expression {
        var arguments: [Expression.Argument] = []
        advance()
        if token != .symbol(")") {
            while true {
                arguments.append(try argument(arguments.count, of: name))
                guard token == .symbol(",") else { break }
                advance()
            }
        }
        let end = range
        guard take(.symbol(")")) else { throw unexpected("',' or ')'") }
        return .call(name, name: start, arguments, start.joined(end))
    }

    /// Parses an argument. If the function takes a duration here, a number with a unit of time is a duration.
    private mutating func argument(_ index: Int, of name: String) throws(Diagnostic) -> Expression.Argument {
        if case .number(let number) = token, Function.named(name)?.takesDuration(at: index) ?? true {
            let saved = (lexer, token, range)
            let start = range
            if let unit = lexer.takeUnit({ TimeSpan(text: "1" + $0) != nil }),
                let span = TimeSpan(text: "\(number)\(unit.excerpt)")
            {
                advance()
                if token == .symbol(",") || token == .symbol(")") {
                    return .duration(try checked(span, at: start), start.joined(unit))
                }
            }
            (lexer, token, range) = saved
        }
        return .expression(try conditional())
    }

    private mutating func duration(after word: String) throws(Diagnostic) -> (TimeSpan, SourceRange) {
        advance()
        let start = range
        guard case .number(let number) = token, let unit = lexer.takeUnit({ TimeSpan(text: "1" + $0) != nil }),
            let span = TimeSpan(text: "\(number)\(unit.excerpt)"), span > .zero
        else {
            throw RuleProblem.durationExpected(after: word).at(start)
        }
        advance()
        return (try checked(span, at: start), start.joined(unit))
    }

    private func checked(_ span: TimeSpan, at range: SourceRange) throws(Diagnostic) -> TimeSpan {
        if span <= .longestWritten { return span }
        throw RuleProblem.durationTooLong.at(range)
    }
}
