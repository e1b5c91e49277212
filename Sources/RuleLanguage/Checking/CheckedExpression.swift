internal import AlarmModel
internal import RulePlan
internal import Telemetry

/// An expression whose names are resolved and whose dimensions fit; positions only where a reason needs them.
indirect enum CheckedExpression: Sendable, Hashable {
    case constant(Literal)
    case truth(Bool)
    case measure(MeasuredQuantity)
    /// Whether a device of the group has a sensor for it at all.
    case hasSensor(MeasuredQuantity)
    case negate(CheckedExpression)
    case arithmetic(BinaryOperator, CheckedExpression, CheckedExpression)
    /// A function of one or two numbers; its arguments' unit is the coherent one, and so is its result's.
    case function(Instruction.Operation, [CheckedExpression], Dimension)
    case select(CheckedExpression, CheckedExpression, CheckedExpression)
    case clock(Instruction.Operation)
    case share(CheckedExpression, TimeSpan)
    case comparison(Comparison)
    case and(CheckedExpression, CheckedExpression)
    case or(CheckedExpression, CheckedExpression)
    case not(CheckedExpression)
    case hold(CheckedExpression, TimeSpan)
    case sequence(CheckedExpression, CheckedExpression, TimeSpan)
    case vote(Quorum, CheckedExpression, text: String)
    /// How many alarms of a rule stand at a level or higher.
    case alarms(AlarmReference)
}

extension CheckedExpression {
    /// How far in the future the moment that it speaks of lies: the longest of its forecasts, or zero.
    var ahead: TimeSpan {
        switch self {
        case .constant, .truth, .clock, .alarms, .hasSensor: .zero
        case .measure(let measured):
            measured.measure.aggregate == .forecast
                ? TimeSpan(nanoseconds: Int64(measured.measure.parameter * 1e9)) : .zero
        case .negate(let operand), .not(let operand), .vote(_, let operand, _), .share(let operand, _),
            .hold(let operand, _):
            operand.ahead
        case .arithmetic(_, let left, let right), .and(let left, let right), .or(let left, let right),
            .sequence(let left, let right, _):
            max(left.ahead, right.ahead)
        case .comparison(let comparison): max(comparison.left.ahead, comparison.right.ahead)
        case .function(_, let arguments, _): arguments.map(\.ahead).max() ?? .zero
        case .select(let condition, let left, let right): max(condition.ahead, max(left.ahead, right.ahead))
        }
    }
}

/// A measure of a quantity over a window, or `nil` for as long as its device may be silent.
struct MeasuredQuantity: Sendable, Hashable {
    var measure: Measure
    var quantity: Quantity
    var window: TimeSpan?
    /// Of readings of every quality.
    var isRaw = false
    /// A sensor that may be silent for longer than the window, by its own `silence`, has that long.
    var isAtLeastItsSilence = false
}

enum Quorum: Sendable, Hashable {
    case atLeast(Int)
    case all
}

/// Another rule's alarms, as a rule asks for them.
struct AlarmReference: Sendable, Hashable {
    var rule: String
    var level: Level
    var text: String
}

/// A number with the unit that it was written in, so that beside a quantity kept in the same unit it stays
/// exactly what the author wrote.
struct Literal: Sendable, Hashable {
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
struct Comparison: Sendable, Hashable {
    var sign: BinaryOperator
    var left: CheckedExpression
    var right: CheckedExpression
    var leftText: String
    var rightText: String
    /// The unit in which the sides are shown, and whether they are differences of temperatures.
    var unit: Unit
    /// Of the question whether nothing came: for how long.
    var silentFor: TimeSpan?
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
