internal import AlarmModel
internal import RulePlan
internal import Telemetry

// Properties of expressions that their lowering uses.
extension CheckedExpression {
    /// The longest time that the expression remembers. Nested durations add up, to at most the longest that can be
    /// written.
    var memory: TimeSpan {
        let ofParts = parts.map(\.memory).max() ?? .zero
        switch self {
        case .hold(_, let span), .share(_, let span), .sequence(_, _, let span):
            return min(ofParts + span, .longestWritten)
        default: return ofParts
        }
    }

    /// Set if it is a value that a sensor sent, or a count, so that it has no rounding error.
    var isExact: Bool {
        switch self {
        case .constant, .truth, .parameter, .clock, .alarms: true
        case .measure(let measured): MeasureTraits(of: measured.measure.aggregate).isExact
        case .negate(let operand): operand.isExact
        case .select(_, let left, let right): left.isExact && right.isExact
        case .hasSensor, .arithmetic, .function, .share, .comparison, .and, .or, .not, .hold, .sequence, .vote: false
        }
    }

    var isConstant: Bool {
        if case .constant = self { return true }
        return false
    }

    /// The condition that the newest reading of one of its quantities is suspect; false if it has none.
    var isSuspect: CheckedExpression {
        quantities.sorted { $0.name < $1.name }.map { .suspicion(of: $0) }.reduce(.truth(false)) { .or($0, $1) }
    }

    /// The condition that the newest reading of a quantity is suspect.
    static func suspicion(of quantity: Quantity) -> CheckedExpression {
        .comparison(
            Comparison(
                sign: .greater,
                left: .measure(MeasuredQuantity(measure: Measure(.suspicion), quantity: quantity, window: nil)),
                right: .constant(Literal(number: 0.5, unit: .one)), leftText: "suspect(\(quantity.name))",
                rightText: "0.5", unit: .one, suspected: quantity.name))
    }

    /// The question to a sensor, if it is a single comparison with a constant: `over 35 ppm for 10 min`.
    var asVoted: String? {
        switch self {
        case .hold(let inner, let span): return inner.asVoted.map { "\($0) for \(TimeSpanText.spoken(span))" }
        case .comparison(let comparison):
            guard case .measure = comparison.left, case .constant = comparison.right, comparison.silentFor == nil,
                comparison.suspected == nil, let word = Cause.relation(comparison.sign.rawValue, holds: true)
            else { return nil }
            return "\(word) \(comparison.rightText)"
        default: return nil
        }
    }
}
