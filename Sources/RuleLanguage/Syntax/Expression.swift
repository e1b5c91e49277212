internal import Diagnostics
internal import Telemetry

/// An expression as it was written, with the source range of every part.
indirect enum Expression: Sendable {
    case number(Double, unit: UnitName?, SourceRange)
    case truth(Bool, SourceRange)
    case text(String, SourceRange)
    case name(String, SourceRange)
    case call(String, name: SourceRange, [Argument], SourceRange)
    case negate(Expression, SourceRange)
    case not(Expression, SourceRange)
    case binary(BinaryOperator, Expression, Expression, operator: SourceRange, SourceRange)
    case within(Expression, low: Expression, high: Expression, SourceRange)
    case hold(Expression, TimeSpan, SourceRange)
    /// A quantity's readings of every quality: `raw water_level`.
    case raw(String, SourceRange)
    /// `A if B`
    case conditional(Expression, Expression, SourceRange)
    /// `A then B within 10m`
    case sequence(Expression, Expression, TimeSpan, SourceRange)

    struct UnitName: Sendable {
        var text: String
        var range: SourceRange
    }

    enum Argument: Sendable {
        case expression(Expression)
        case duration(TimeSpan, SourceRange)

        var range: SourceRange {
            switch self {
            case .expression(let expression): expression.range
            case .duration(_, let range): range
            }
        }
    }

    var range: SourceRange {
        switch self {
        case .number(_, _, let range), .truth(_, let range), .text(_, let range), .name(_, let range),
            .call(_, _, _, let range), .negate(_, let range), .not(_, let range), .binary(_, _, _, _, let range),
            .within(_, _, _, let range), .hold(_, _, let range), .conditional(_, _, let range), .raw(_, let range),
            .sequence(_, _, _, let range):
            range
        }
    }
}

enum BinaryOperator: String, Sendable {
    case or, and
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case equal = "=="
    case notEqual = "!="
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"

    var isArithmetic: Bool { !isComparison && self != .and && self != .or }

    var isComparison: Bool {
        switch self {
        case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual: true
        default: false
        }
    }
}
