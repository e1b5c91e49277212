internal import AlarmModel
internal import RulePlan
internal import Telemetry

/// An expression whose names are resolved and whose dimensions fit.
indirect enum CheckedExpression: Sendable, Hashable {
    case constant(Literal)
    case truth(Bool)
    case parameter(ParameterReference)
    case measure(MeasuredQuantity)
    /// True if a device of the group has a sensor for the quantity.
    case hasSensor(MeasuredQuantity)
    case negate(CheckedExpression)
    case arithmetic(BinaryOperator, CheckedExpression, CheckedExpression)
    /// A function of one or two numbers. Its arguments and its result are in coherent units.
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
    /// The number of alarms of a rule at a level or higher.
    case alarms(AlarmReference)
}

extension CheckedExpression {
    /// The direct parts of this expression.
    var parts: [CheckedExpression] {
        switch self {
        case .constant, .truth, .parameter, .clock, .alarms, .measure, .hasSensor: []
        case .negate(let operand), .not(let operand), .vote(_, let operand, _), .share(let operand, _),
            .hold(let operand, _):
            [operand]
        case .arithmetic(_, let left, let right), .and(let left, let right), .or(let left, let right),
            .sequence(let left, let right, _):
            [left, right]
        case .comparison(let comparison): [comparison.left, comparison.right]
        case .function(_, let arguments, _): arguments
        case .select(let condition, let left, let right): [condition, left, right]
        }
    }

    /// Returns the same expression with other direct parts.
    func withParts(_ replace: (CheckedExpression) -> CheckedExpression) -> CheckedExpression {
        switch self {
        case .constant, .truth, .parameter, .clock, .alarms, .measure, .hasSensor: return self
        case .negate(let operand): return .negate(replace(operand))
        case .not(let operand): return .not(replace(operand))
        case .vote(let quorum, let operand, let text): return .vote(quorum, replace(operand), text: text)
        case .share(let operand, let span): return .share(replace(operand), span)
        case .hold(let operand, let span): return .hold(replace(operand), span)
        case .arithmetic(let sign, let left, let right): return .arithmetic(sign, replace(left), replace(right))
        case .and(let left, let right): return .and(replace(left), replace(right))
        case .or(let left, let right): return .or(replace(left), replace(right))
        case .sequence(let left, let right, let span): return .sequence(replace(left), replace(right), span)
        case .comparison(var comparison):
            comparison.left = replace(comparison.left)
            comparison.right = replace(comparison.right)
            return .comparison(comparison)
        case .function(let operation, let arguments, let dimension):
            return .function(operation, arguments.map(replace), dimension)
        case .select(let condition, let left, let right):
            return .select(replace(condition), replace(left), replace(right))
        }
    }

    /// The longest time that a forecast in it looks into the future; zero if there is none.
    var ahead: TimeSpan {
        if case .measure(let measured) = self, measured.measure.aggregate == .forecast {
            return TimeSpan(nanoseconds: Int64(measured.measure.parameter * 1e9))
        }
        return parts.map(\.ahead).max() ?? .zero
    }

    /// The parameters in it, outside of the conditions of votes.
    var parameters: Set<ParameterReference> {
        switch self {
        case .parameter(let reference): [reference]
        case .vote: []
        default: parts.reduce(into: []) { $0.formUnion($1.parameters) }
        }
    }

    /// The quantities that are measured in it.
    var quantities: Set<Quantity> {
        switch self {
        case .measure(let measured), .hasSensor(let measured): [measured.quantity]
        default: parts.reduce(into: []) { $0.formUnion($1.quantities) }
        }
    }
}

/// A measure of a quantity over a window.
struct MeasuredQuantity: Sendable, Hashable {
    var measure: Measure
    var quantity: Quantity
    /// The window; `nil`: as long as the device may be silent.
    var window: TimeSpan?
    /// The readings that count, by their quality.
    var selection = ReadingSelection.usable
    /// Set if the window is extended to the sensor's own `silence`, if that is longer.
    var isAtLeastItsSilence = false
}

/// A rule's question about a number that each device, or each group of devices, has for itself.
struct ParameterReference: Sendable, Hashable {
    var name: String
    var dimension: Dimension
    /// Set for a difference of temperatures, which is in kelvins.
    var isDifference = false
    /// The value where the inventory has none; `nil`: the rule does not watch there.
    var fallback: Literal?
    /// Set if it is not a parameter of the inventory, but the number of readings that its intervals promise.
    var expected: ExpectedReadings?
}

enum Quorum: Sendable, Hashable {
    /// - Parameter weight: how much the vote of a sensor counts whose newest reading is suspect.
    case atLeast(Int, weightOfSuspect: Double = 1)
    case all
}

/// A rule's question about the alarms of another rule.
struct AlarmReference: Sendable, Hashable {
    var rule: String
    var level: Level
    var text: String
}

/// A number with the unit that it was written in. A comparison with a quantity in the same unit keeps it exactly as the
/// author wrote it.
struct Literal: Sendable, Hashable {
    var number: Double
    var unit: Unit
    /// Set for a difference of temperatures, for which only the size of the degree counts.
    var isDifference = false

    func value(in target: Unit) -> Double {
        let (factor, summand) = unit.conversion(to: target)
        return isDifference ? number * factor : number * factor + summand
    }
}

/// A comparison, with the texts that explain its result.
struct Comparison: Sendable, Hashable {
    var sign: BinaryOperator
    var left: CheckedExpression
    var right: CheckedExpression
    var leftText: String
    var rightText: String
    /// The unit in which both sides are shown.
    var unit: Unit
    /// The duration of `silent`; `nil` for any other comparison.
    var silentFor: TimeSpan?
    /// The quantity of `suspect`; `nil` for any other comparison.
    var suspected: String?
}

/// The type of an expression: true or false, a text, or a number of a dimension.
enum ValueType: Equatable, Sendable {
    case logical
    case text
    /// A number. `isPoint` is set for a temperature, and not for a difference of two.
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
