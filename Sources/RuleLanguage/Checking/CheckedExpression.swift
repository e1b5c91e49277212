internal import RulePlan
internal import Telemetry

/// An expression whose names are resolved and whose dimensions fit; positions only where a reason needs them.
indirect enum CheckedExpression: Sendable {
    case constant(Literal)
    case truth(Bool)
    /// An aggregate of a quantity over a window, or `nil` for the newest usable value.
    case aggregate(Aggregate, Quantity, window: TimeSpan?)
    case negate(CheckedExpression)
    case arithmetic(BinaryOperator, CheckedExpression, CheckedExpression)
    case comparison(Comparison)
    case and(CheckedExpression, CheckedExpression)
    case or(CheckedExpression, CheckedExpression)
    case not(CheckedExpression)
    case hold(CheckedExpression, TimeSpan)
}

/// A number with the unit that it was written in, so that beside a quantity kept in the same unit it stays
/// exactly what the author wrote.
struct Literal: Sendable {
    var number: Double
    var unit: Unit
    /// Read as a difference of temperatures, where only the size of the degree counts.
    var isDifference = false

    func value(in target: Unit) -> Double {
        let (factor, summand) = unit.conversion(to: target)
        return isDifference ? number * factor : number * factor + summand
    }
}

/// A comparison, with what is needed to say in words how it came out.
struct Comparison: Sendable {
    var sign: BinaryOperator
    var left: CheckedExpression
    var right: CheckedExpression
    var leftText: String
    var rightText: String
    /// The unit in which the sides are shown, and whether they are differences of temperatures.
    var unit: Unit
}

/// What an expression is: true or false, a text, or a number of a dimension.
enum ValueType: Equatable, Sendable {
    case logical
    case text
    /// `isPoint`: a temperature, as opposed to a difference of two.
    case number(Dimension, isPoint: Bool)

    var name: String {
        switch self {
        case .logical: "a condition"
        case .text: "a text"
        case .number(.temperature, isPoint: false): "a difference of temperatures"
        case .number(let dimension, _): dimension.name
        }
    }
}
