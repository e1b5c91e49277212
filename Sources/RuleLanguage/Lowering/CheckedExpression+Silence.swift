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
        case .measure(let measured): .measure(measured.hidingSilence)
        case .hasSensor(let measured): .hasSensor(measured.hidingSilence)
        default: withParts(\.hidingSilence)
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
