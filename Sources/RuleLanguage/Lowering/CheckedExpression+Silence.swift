internal import RulePlan

// A level must not fall because its sensor died. So what is measured is unknown while all its sensors are silent. What
// asks about silence itself (`silent`, `age`, `count`) has to have a value just then, and may raise a level, but must
// not end one that rests on something measured as well: `mean(q, 10m) > 3 m and count(q, 10m) >= 5`.
extension CheckedExpression {
    /// What its measures are of.
    struct Subjects: OptionSet {
        let rawValue: Int
        static let silence = Subjects(rawValue: 1)
        static let measured = Subjects(rawValue: 2)
    }

    var subjects: Subjects {
        switch self {
        case .constant, .truth, .clock, .alarms, .hasSensor: []
        case .measure(let measured): [.count, .age].contains(measured.measure.aggregate) ? .silence : .measured
        case .negate(let operand), .not(let operand), .vote(_, let operand, _), .share(let operand, _),
            .hold(let operand, _):
            operand.subjects
        case .arithmetic(_, let left, let right), .and(let left, let right), .or(let left, let right),
            .sequence(let left, let right, _):
            left.subjects.union(right.subjects)
        case .comparison(let comparison): comparison.left.subjects.union(comparison.right.subjects)
        case .function(_, let arguments, _): arguments.reduce([]) { $0.union($1.subjects) }
        case .select(let condition, let left, let right): condition.subjects.union(left.subjects).union(right.subjects)
        }
    }

    /// The same, in which silence is as unknown as everything else while all sensors are silent.
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
