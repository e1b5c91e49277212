package import RulePlan
internal import Telemetry

/// One comparison of a rule, and how it came out at a moment: what made an alarm move.
package struct Cause: Sendable, Codable, Hashable {
    /// What was measured, as the rule's author wrote it: `mean(water_level, 10m)`.
    package var term: String
    /// In `unit`; `nil` while it is unknown.
    package var value: Double?
    package var sign: String
    /// What it was compared with, as written, and its value in `unit`.
    package var threshold: String
    package var thresholdValue: Double?
    package var unit: String
    /// Whether the comparison held; `nil` while that is unknown.
    package var holds: Bool?
    /// How many seconds in the future it lies, where it is a forecast.
    package var ahead: Double?
    /// For how many seconds it has to hold without a break, where the rule says so.
    package var heldFor: Double?
    /// Of a vote: how many sensors there are, and what each was asked: `over 35 ppm`.
    package var voters: Double?
    package var asked: String?
    /// Of the question whether nothing came: for how many seconds, and of which quantity.
    package var silentFor: Double?

    /// `mean(water_level, 10m) is 3.31 m, over 3.2 m, for 2m`
    package var sentence: String { sentence("is") }

    /// The same of a moment that has passed: `mean(water_level, 10m) was 3.31 m, over 3.2 m, for 2m`
    package var pastSentence: String { sentence("was") }

    /// `over` for `>`; `nil` for what has no word. Of a comparison that does not hold, what is so instead.
    static func relation(_ sign: String, holds: Bool) -> String? {
        switch (sign, holds) {
        case (">", true), ("<=", false): "over"
        case (">=", true), ("<", false): "at or over"
        case ("<", true), (">=", false): "under"
        case ("<=", true), (">", false): "at or under"
        case ("==", true), ("!=", false): "equal to"
        default: nil
        }
    }

    private func sentence(_ verb: String) -> String {
        if let spoken = spoken(verb) { return spoken }
        // Beside what it is compared with, a millionth is rounding.
        let floor = thresholdValue.map { $0 == 0 ? 1e-9 : abs($0) * 1e-6 } ?? 0
        let shown = value.map { Self.number(abs($0) < floor ? 0 : $0, unit) } ?? "unknown"
        guard let holds else { return "\(term) \(verb) unknown (rule: \(sign) \(threshold))" }
        let limit = thresholdValue.map { Self.number($0, unit) } ?? threshold
        let relation = Self.relation(sign, holds: holds) ?? "not"
        // What was counted so far may be enough to say more than, and not how many.
        if value == nil { return "\(term) \(verb) \(relation) \(limit)" }
        let span =
            holds ? heldFor.map { ", for \(TimeSpanText.short(TimeSpan(nanoseconds: Int64($0 * 1e9))))" } ?? "" : ""
        return "\(term) \(verb) \(shown), \(relation) \(limit)\(span)"
    }

    /// What votes and silences say in other words than numbers.
    private func spoken(_ verb: String) -> String? {
        if let voters, let asked, let value {
            let votes = "\(NumberText.short(value)) of \(NumberText.short(voters)) sensors \(asked)"
            guard holds == false, let needed = thresholdValue else { return votes }
            return "\(votes), and \(NumberText.short(needed)) are needed"
        }
        if let silentFor, let holds {
            let quantity = term.split(separator: " ").dropFirst(2).first.map { String($0) } ?? term
            let span = TimeSpanText.spoken(TimeSpan(seconds: silentFor) ?? .zero)
            return holds
                ? "no reading of \(quantity) for \(span)"
                : "\(quantity) \(verb == "was" ? "had been" : "has been") read within \(span)"
        }
        return nil
    }

    private static func number(_ value: Double, _ unit: String) -> String {
        unit.isEmpty ? NumberText.short(value) : "\(NumberText.short(value)) \(unit)"
    }
}

extension Rule {
    /// The comparisons that explain a move to a level: on the way up those of its condition; on the way down those of
    /// `clear` or `until`, where one of them had to become true, or else of the condition that no longer holds.
    package func causes(from: Level, to: Level, registers: [Double]) -> [Cause] {
        let explained: [LoweredComparison]
        let wanted: Double?
        if to > from || to == from {
            explained = condition(of: to)?.comparisons ?? []
            wanted = to == from ? nil : 1
        } else if to == .normal, let clear {
            explained = clear.comparisons
            wanted = 1
        } else if let until = condition(of: from)?.until {
            explained = until.comparisons
            wanted = 1
        } else {
            explained = condition(of: from)?.comparisons ?? []
            wanted = 0
        }
        let causes = explained.map { $0.cause(registers) }
        let deciding = causes.filter { $0.holds == wanted.map { $0 == 1 } }
        return deciding.isEmpty ? causes : deciding
    }

    /// The comparisons of which it is unknown how they come out.
    package func unknowns(registers: [Double]) -> [Cause] {
        var seen: Set<Cause> = []
        return conditions.flatMap(\.comparisons).map { $0.cause(registers) }.filter {
            $0.holds == nil && seen.insert($0).inserted
        }
    }

    /// Why the alarm is suppressed by design, or no longer is.
    package func suppressionCauses(registers: [Double]) -> [Cause] {
        suppress?.comparisons.map { $0.cause(registers) } ?? []
    }

    /// What the rule measures, by name.
    package var quantities: [String] {
        var seen: Set<String> = []
        return (operands + ballots.flatMap(\.operands)).map(\.quantity.name).filter { seen.insert($0).inserted }
    }

    private func condition(of level: Level) -> ExplainedCondition? {
        levels.firstIndex { $0.level == level }.map { conditions[$0] }
    }
}

extension LoweredComparison {
    fileprivate func cause(_ registers: [Double]) -> Cause {
        func value(_ side: Side) -> Double? {
            let (raw, from): (Double, Unit) =
                switch side {
                case .register(let register, let unit): (registers[Int(register)], unit)
                case .constant(let constant, let unit): (constant, unit)
                }
            let (factor, summand) = from.conversion(to: unit)
            let shown = raw * factor + summand
            return shown.isFinite ? shown : nil
        }
        let result = registers[Int(register)]
        return Cause(
            term: leftText, value: value(left), sign: sign, threshold: rightText, thresholdValue: value(right),
            unit: unit.symbol, holds: result.isNaN ? nil : result == 1,
            ahead: ahead > .zero ? ahead.seconds : nil, heldFor: held > .zero ? held.seconds : nil,
            voters: vote.map { registers[Int($0.voters)] }, asked: vote?.text, silentFor: silentFor?.seconds)
    }
}
