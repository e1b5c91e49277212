package import AlarmModel
internal import Telemetry

/// The devices that voted, and how (`nil`: unknown), for each of a rule's tallies.
package typealias CastVotes = [Int32: [(device: String, isYes: Bool?)]]

extension Rule {
    /// Returns the comparisons that explain a move to another level. On the way up, they are those of the new level's
    /// condition. On the way down, they are those of `clear` or `until`, if one of them had to become true. Otherwise
    /// they are those of the condition that no longer holds.
    /// - Parameters:
    ///   - registers: the values of the program's registers at the move.
    ///   - votes: how the devices voted.
    package func causes(from: Level, to: Level, registers: [Double], votes: CastVotes = [:]) -> [Cause] {
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
        let causes = explained.map { $0.cause(registers, votes) }
        let deciding = causes.filter { $0.holds == wanted.map { $0 == 1 } }
        return deciding.isEmpty ? causes : deciding
    }

    /// Returns the comparisons whose results are unknown.
    package func unknowns(registers: [Double]) -> [Cause] {
        var seen: Set<Cause> = []
        return conditions.flatMap(\.comparisons).map { $0.cause(registers) }.filter {
            $0.holds == nil && seen.insert($0).inserted
        }
    }

    /// Returns the comparisons that explain why the alarm is suppressed by design, or no longer is.
    package func suppressionCauses(registers: [Double]) -> [Cause] {
        suppress?.comparisons.map { $0.cause(registers) } ?? []
    }

    /// The names of the quantities that the rule measures.
    package var quantities: [String] {
        var seen: Set<String> = []
        return (operands + ballots.flatMap(\.operands)).map(\.quantity.name).filter { seen.insert($0).inserted }
    }

    private func condition(of level: Level) -> ExplainedCondition? {
        levels.firstIndex { $0.level == level }.map { conditions[$0] }
    }
}

extension LoweredComparison {
    fileprivate func cause(_ registers: [Double], _ votes: CastVotes = [:]) -> Cause {
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
        let votes = vote.flatMap { votes[$0.tally] } ?? []
        let against = votes.filter { $0.isYes == false }.map(\.device)
        // The few are named, and not the many.
        let areFew = !against.isEmpty && against.count <= 3 && against.count < votes.count { $0.isYes == true }
        return Cause(
            term: leftText, value: value(left), sign: sign, threshold: rightText, thresholdValue: value(right),
            unit: unit.symbol, holds: result.isNaN ? nil : result == 1,
            ahead: ahead > .zero ? ahead.seconds : nil, heldFor: held > .zero ? held.seconds : nil,
            voters: vote.map { registers[Int($0.voters)] }, asked: vote?.text,
            against: areFew ? against : nil, silentFor: silentFor?.seconds, suspected: suspected)
    }
}
