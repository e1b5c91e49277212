internal import Telemetry

extension ExpressionChecker {
    /// What a number without a unit may have meant: in the unit that the devices send, and in each where they differ.
    func mends(of number: Double, beside other: Typed, _ dimension: Dimension) -> (texts: [String], hint: String) {
        let symbol =
            other.unit.dimension == dimension && !other.unit.symbol.isEmpty ? other.unit.symbol : dimension.coherentUnit
        let quantities = other.expression.quantities
        guard let quantity = quantities.first, quantities.count == 1, case .number(_, let isPoint) = other.type,
            case let units = ownUnits(of: quantity, dimension, isPoint: isPoint), units.count > 1
        else {
            let text = "\(NumberText.short(number)) \(symbol)"
            return ([text], "write '\(text)'")
        }
        let texts = units.map { "\(NumberText.short(number)) \($0.symbol)" }
        let senders = (selection.units[quantity.name] ?? []).map { "\($0.device) sends \($0.unit.symbol)" }
        return (texts, "write \(texts.map { "'\($0)'" }.joined(separator: " or ")): \(senders.joined(separator: ", "))")
    }
}

extension CheckedExpression {
    /// The quantities that are measured in it.
    var quantities: Set<Quantity> {
        switch self {
        case .constant, .truth, .clock, .alarms: []
        case .measure(let measured), .hasSensor(let measured): [measured.quantity]
        case .negate(let operand), .not(let operand), .vote(_, let operand, _), .share(let operand, _),
            .hold(let operand, _):
            operand.quantities
        case .arithmetic(_, let left, let right), .and(let left, let right), .or(let left, let right),
            .sequence(let left, let right, _):
            left.quantities.union(right.quantities)
        case .comparison(let comparison): comparison.left.quantities.union(comparison.right.quantities)
        case .function(_, let arguments, _): arguments.reduce([]) { $0.union($1.quantities) }
        case .select(let condition, let left, let right):
            condition.quantities.union(left.quantities).union(right.quantities)
        }
    }
}
