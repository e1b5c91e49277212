internal import Diagnostics
internal import Telemetry

/// An expression as it was written, with the place of every part.
indirect enum Expression: Sendable {
    case number(Double, unit: UnitName?, Place)
    case truth(Bool, Place)
    case text(String, Place)
    case name(String, Place)
    case call(String, name: Place, [Argument], Place)
    case negate(Expression, Place)
    case not(Expression, Place)
    case binary(BinaryOperator, Expression, Expression, operator: Place, Place)
    case within(Expression, low: Expression, high: Expression, Place)
    case hold(Expression, TimeSpan, Place)
    /// A quantity's readings of every quality: `raw water_level`.
    case raw(String, Place)
    /// `A then B within 10m`
    case sequence(Expression, Expression, TimeSpan, Place)

    struct UnitName: Sendable {
        var text: String
        var place: Place
    }

    enum Argument: Sendable {
        case expression(Expression)
        case duration(TimeSpan, Place)

        var place: Place {
            switch self {
            case .expression(let expression): expression.place
            case .duration(_, let place): place
            }
        }
    }

    var place: Place {
        switch self {
        case .number(_, _, let place), .truth(_, let place), .text(_, let place), .name(_, let place),
            .call(_, _, _, let place), .negate(_, let place), .not(_, let place), .binary(_, _, _, _, let place),
            .within(_, _, _, let place), .hold(_, _, let place), .raw(_, let place), .sequence(_, _, _, let place):
            place
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

/// A stretch of one scalar of a rule file.
struct Place: Sendable {
    var text: ScalarText
    var range: Range<Int>

    var location: SourceLocation { text.location(range) }
    /// What stands there, as the author wrote it.
    var excerpt: String {
        let scalars = text.string.unicodeScalars
        let start = scalars.index(scalars.startIndex, offsetBy: range.lowerBound)
        let end = scalars.index(start, offsetBy: range.count)
        return String(scalars[start..<end])
    }
    func joined(_ other: Place) -> Place {
        Place(
            text: text,
            range: min(range.lowerBound, other.range.lowerBound)..<max(range.upperBound, other.range.upperBound))
    }
}
