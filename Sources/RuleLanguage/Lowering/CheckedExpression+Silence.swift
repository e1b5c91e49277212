internal import RulePlan

// A level must not fall because its sensor died. So a measured value is unknown while all its sensors are silent.
// Questions about silence itself (`silent`, `age`, `count`) must have a value during that time, and may raise a level.
// But they must not end a level that also rests on a measured value: `mean(q, 10m) > 3 m and count(q, 10m) >= 5`.
extension CheckedExpression {
    /// The questions that an expression asks its sensors.
    struct Subjects: OptionSet {
        let rawValue: Int
        /// The arrival of readings.
        static let silence = Subjects(rawValue: 1)
        /// The values of the readings.
        static let measured = Subjects(rawValue: 2)
    }

    var subjects: Subjects {
        if case .measure(let measured) = self {
            return MeasureTraits(of: measured.measure.aggregate).isAboutSilence ? .silence : .measured
        }
        return parts.reduce(into: []) { $0.formUnion($1.subjects) }
    }

    /// The same expression, except that its questions about silence are also unknown while all sensors are silent.
    var hidingSilence: CheckedExpression {
        switch self {
        case .constant, .truth, .clock, .alarms: return self
        case .measure(let measured): return .measure(measured.hidingSilence)
        case .hasSensor(let measured): return .hasSensor(measured.hidingSilence)
        case .negate(let operand): return .negate(operand.hidingSilence)
        case .not(let operand): return .not(operand.hidingSilence)
        case .vote(let quorum, let operand, let text): return .vote(quorum, operand.hidingSilence, text: text)
        case .share(let operand, let span): return .share(operand.hidingSilence, span)
        case .hold(let operand, let span): return .hold(operand.hidingSilence, span)
        case .arithmetic(let sign, let left, let right):
            return .arithmetic(sign, left.hidingSilence, right.hidingSilence)
        case .and(let left, let right): return .and(left.hidingSilence, right.hidingSilence)
        case .or(let left, let right): return .or(left.hidingSilence, right.hidingSilence)
        case .sequence(let left, let right, let span): return .sequence(left.hidingSilence, right.hidingSilence, span)
        case .comparison(var comparison):
            comparison.left = comparison.left.hidingSilence
            comparison.right = comparison.right.hidingSilence
            return .comparison(comparison)
        case .function(let operation, let arguments, let dimension):
            return .function(operation, arguments.map(\.hidingSilence), dimension)
        case .select(let condition, let left, let right):
            return .select(condition.hidingSilence, left.hidingSilence, right.hidingSilence)
        }
    }
}

extension MeasuredQuantity {
    fileprivate var hidingSilence: MeasuredQuantity {
        var measured = self
        measured.measure.seesSilence = false
        return measured
    }
}
