internal import Diagnostics

/// Reads the text of a ``ValueExpression``, by the precedence of its operators.
struct ValueExpressionParser {
    private enum Token: Equatable {
        case number(Double)
        case word(String)
        /// A pointer in backquotes.
        case pointer(String)
        case text(String)
        case sign(String)
        case end
    }

    private static let signs = ["==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "^", "<", ">", "(", ")", ","]
    /// The operators of each level, the loosest first.
    private static let levels: [[ValueExpression.BinaryOperator]] = [
        [.or], [.and], [.equal, .unequal, .less, .atMost, .greater, .atLeast], [.add, .subtract],
        [.multiply, .divide, .remainder],
    ]

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var token = Token.end
    private var range = 0..<0
    private var steps: [ValueExpression.Step] = []
    private var names: [String] = []
    private var texts: [ValueRule.Word] = []
    private var depth = 0
    /// The brackets, functions and signs around the place that is being read.
    private var nesting = 0
    private static let nestingMax = 64

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func parse() throws(ValueExpressionFault) -> (
        steps: [ValueExpression.Step], names: [String], texts: [ValueRule.Word]
    ) {
        try advance()
        try expression(level: 0)
        guard token == .end else { throw unexpected() }
        return (steps, names, texts)
    }

    private mutating func expression(level: Int) throws(ValueExpressionFault) {
        guard level < Self.levels.count else { return try prefix() }
        nesting += 1
        defer { nesting -= 1 }
        guard nesting < Self.nestingMax else { throw fault("this calculation is nested too deeply") }
        if level == 2, token == .word("not") {
            try advance()
            try expression(level: 2)
            return steps.append(.not)
        }
        try expression(level: level + 1)
        while let sign = binary(), Self.levels[level].contains(sign) {
            try advance()
            if case .text(let text) = token {
                try compare(sign, with: text)
                continue
            }
            try expression(level: level + 1)
            steps.append(.binary(sign))
            depth -= 1
        }
    }

    /// Turns the name that was read last into the question whether its value is a text.
    private mutating func compare(
        _ sign: ValueExpression.BinaryOperator, with text: String
    ) throws(ValueExpressionFault) {
        guard case .name(let name)? = steps.last, sign == .equal || sign == .unequal else {
            throw fault("a text can only be compared with a value of the payload: unit == \"F\"")
        }
        texts.append(ValueRule.Word(text))
        steps[steps.count - 1] = .isText(name: name, text: texts.count - 1)
        if sign == .unequal { steps.append(.not) }
        try advance()
    }

    private mutating func name(_ word: String) -> Int {
        if !names.contains(word) { names.append(word) }
        return names.firstIndex(of: word) ?? 0
    }

    private func binary() -> ValueExpression.BinaryOperator? {
        switch token {
        case .sign(let text), .word(let text): ValueExpression.BinaryOperator(rawValue: text)
        case .number, .pointer, .text, .end: nil
        }
    }

    private mutating func prefix() throws(ValueExpressionFault) {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting < Self.nestingMax else { throw fault("this calculation is nested too deeply") }
        if token == .sign("-") {
            try advance()
            try prefix()
            return steps.append(.negate)
        }
        try primary()
        if token == .sign("^") {
            try advance()
            try prefix()
            steps.append(.binary(.power))
            depth -= 1
        }
    }

    private mutating func primary() throws(ValueExpressionFault) {
        switch token {
        case .number(let number):
            try push(.number(number))
            try advance()
        case .sign("("):
            try advance()
            try expression(level: 0)
            try close()
        case .word(let word) where ValueExpression.BinaryOperator(rawValue: word) == nil && word != "not":
            let place = range
            try advance()
            if token == .sign("(") { return try call(word, at: place) }
            try push(word == "x" ? .value : .name(name(word)))
        case .pointer(let pointer):
            try push(.name(name(pointer)))
            try advance()
        default: throw unexpected()
        }
    }

    private mutating func call(_ word: String, at place: Range<Int>) throws(ValueExpressionFault) {
        if word == "known" { return try known() }
        guard let function = ValueExpression.Function(rawValue: word) else {
            let known = ValueExpression.Function.allCases.map(\.rawValue)
            throw ValueExpressionFault(
                message: "there is no function '\(word)'", range: place, hint: NearMiss.hint(for: word, among: known))
        }
        try advance()
        var count = 0
        repeat {
            if count > 0 { try advance() }
            try expression(level: 0)
            count += 1
        } while token == .sign(",")
        guard count == function.arguments else {
            let wanted = function.arguments == 1 ? "one number" : "\(function.arguments) numbers"
            throw ValueExpressionFault(message: "'\(word)' takes \(wanted), and there are \(count)", range: place)
        }
        try close()
        steps.append(.function(function))
        depth -= function.arguments - 1
    }

    private mutating func known() throws(ValueExpressionFault) {
        try advance()
        switch token {
        case .word(let word), .pointer(let word): try push(.known(name(word)))
        default: throw fault("'known' takes the name of a value of the payload")
        }
        try advance()
        try close()
    }

    private mutating func close() throws(ValueExpressionFault) {
        guard token == .sign(")") else {
            throw token == .end ? fault("a bracket is not closed") : unexpected()
        }
        try advance()
    }

    private mutating func push(_ step: ValueExpression.Step) throws(ValueExpressionFault) {
        steps.append(step)
        depth += 1
        guard depth <= ValueExpression.depthMax else { throw fault("this calculation is nested too deeply") }
    }

    private func fault(_ message: String) -> ValueExpressionFault {
        ValueExpressionFault(message: message, range: range)
    }

    private func unexpected() -> ValueExpressionFault {
        switch token {
        case .end: fault("the calculation ends where a number or a name is expected")
        case .number(let number): fault("'\(number)' has no place here: an operator is expected")
        case .text: fault("a text can only be compared with a value of the payload: unit == \"F\"")
        case .word(let text), .sign(let text), .pointer(let text): fault("'\(text)' has no place here")
        }
    }

    // MARK: words and signs

    private mutating func advance() throws(ValueExpressionFault) {
        while position < scalars.count, scalars[position].properties.isWhitespace { position += 1 }
        let start = position
        guard start < scalars.count else {
            (token, range) = (.end, start..<start + 1)
            return
        }
        let first = scalars[start]
        if isDigit(first) || first == "." {
            try takeNumber(from: start)
        } else if isLetter(first) {
            while position < scalars.count,
                isLetter(scalars[position]) || isDigit(scalars[position]) || scalars[position] == "."
            {
                position += 1
            }
            token = .word(text(start..<position))
        } else if first == "`" || first == "\"" || first == "'" {
            try takeQuoted(from: start)
        } else if let sign = Self.signs.first(where: { text(start..<min(start + $0.count, scalars.count)) == $0 }) {
            position += sign.count
            token = .sign(sign)
        } else {
            throw ValueExpressionFault(
                message: "'\(first)' has no meaning in a calculation", range: start..<start + 1)
        }
        range = start..<position
    }

    private mutating func takeQuoted(from start: Int) throws(ValueExpressionFault) {
        guard let end = scalars[(start + 1)...].firstIndex(of: scalars[start]) else {
            throw ValueExpressionFault(message: "a quotation mark is not closed", range: start..<start + 1)
        }
        position = end + 1
        let content = text(start + 1..<end)
        guard scalars[start] == "`" else { return token = .text(content) }
        token = .pointer(content.hasPrefix("/") ? content : "/" + content)
    }

    private mutating func takeNumber(from start: Int) throws(ValueExpressionFault) {
        if scalars[start] == "0", start + 1 < scalars.count, scalars[start + 1] == "x" {
            position = start + 2
            while position < scalars.count, scalars[position].properties.isASCIIHexDigit { position += 1 }
            guard let number = UInt64(text(start + 2..<position), radix: 16) else { throw notANumber(start) }
            token = .number(Double(number))
            return
        }
        while position < scalars.count, isDigit(scalars[position]) || scalars[position] == "." { position += 1 }
        if position < scalars.count, scalars[position] == "e" || scalars[position] == "E" {
            var end = position + 1
            if end < scalars.count, scalars[end] == "-" || scalars[end] == "+" { end += 1 }
            if end < scalars.count, isDigit(scalars[end]) {
                position = end
                while position < scalars.count, isDigit(scalars[position]) { position += 1 }
            }
        }
        guard let number = Double(text(start..<position)), number.isFinite else { throw notANumber(start) }
        token = .number(number)
    }

    private func notANumber(_ start: Int) -> ValueExpressionFault {
        let end = max(position, start + 1)
        return ValueExpressionFault(message: "'\(text(start..<end))' is not a number", range: start..<end)
    }

    private func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }
    private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
    private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
    }
}
