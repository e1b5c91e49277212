internal import Telemetry

extension Expression {
    /// The expression as the parser understood it, with brackets around its parts: `a > 1 m and (b > 2 m for 10m)`.
    var bracketed: String {
        switch self {
        case .number, .truth, .text, .name, .raw: return range.excerpt
        case .call(let name, _, let arguments, _):
            let texts = arguments.map { argument in
                switch argument {
                case .expression(let expression): expression.bracketed
                case .duration(let span, _): TimeSpanText.short(span)
                }
            }
            return "\(name)(\(texts.joined(separator: ", ")))"
        case .negate(let operand, _): return "-\(operand.enclosed)"
        case .not(let operand, _): return "not \(operand.enclosed)"
        case .within(let value, let low, let high, _):
            return "\(value.enclosed) in \(low.bracketed) .. \(high.bracketed)"
        case .hold(let condition, let span, _): return "\(condition.enclosed) for \(TimeSpanText.short(span))"
        case .conditional(let value, let condition, _): return "\(value.enclosed) if \(condition.enclosed)"
        case .sequence(let first, let second, let span, _):
            return "\(first.enclosed) then \(second.enclosed) within \(TimeSpanText.short(span))"
        case .binary(let sign, let left, let right, _, _):
            if sign.isComparison { return "\(left.side) \(sign.rawValue) \(right.side)" }
            // A chain of one operator needs no brackets.
            return "\(left.sign == sign ? left.bracketed : left.enclosed) \(sign.rawValue) \(right.enclosed)"
        }
    }

    private var sign: BinaryOperator? {
        if case .binary(let sign, _, _, _, _) = self { return sign }
        return nil
    }

    /// A side of a comparison. Arithmetic binds more tightly, as everybody expects, so it needs no brackets.
    private var side: String { sign.map(\.isArithmetic) == true ? bracketed : enclosed }

    /// The expression in brackets, if it has several parts. A single comparison needs none.
    private var enclosed: String {
        switch self {
        case .not, .hold, .sequence, .conditional: return "(\(bracketed))"
        case .binary(let sign, _, _, _, _) where !sign.isComparison: return "(\(bracketed))"
        case .number, .truth, .text, .name, .call, .negate, .binary, .within, .raw: return bracketed
        }
    }
}
