internal import Diagnostics

/// The order in which rules must be evaluated: each after the rules whose alarms it asks for.
struct RuleOrder {
    private(set) var indices: [Int] = []
    /// A mistake for each circle that was found.
    private(set) var cycles: [Diagnostic] = []

    /// The state of a rule in the search.
    private enum Visit { case never, open, done }

    /// Orders the rules. O(rules + questions for alarms)
    init(_ rules: [Rule]) {
        let numbers = Dictionary(rules.enumerated().map { ($1.name, $0) }) { first, _ in first }
        var state = Array(repeating: Visit.never, count: rules.count)
        for start in rules.indices where state[start] == .never {
            // An explicit stack, because chains of rules may be thousands of rules long.
            var path = [(rule: start, asked: rules[start].askedRules.compactMap { numbers[$0] })]
            state[start] = .open
            while let (rule, asked) = path.last {
                guard let next = asked.last else {
                    state[rule] = .done
                    indices.append(rule)
                    path.removeLast()
                    continue
                }
                path[path.count - 1].asked.removeLast()
                if state[next] == .never {
                    state[next] = .open
                    path.append((next, rules[next].askedRules.compactMap { numbers[$0] }))
                } else if state[next] == .open, let begin = path.firstIndex(where: { $0.rule == next }) {
                    let names = path[begin...].map { rules[$0.rule].name } + [rules[next].name]
                    cycles.append(RuleProblem.alarmCycle(names).at(rules[next].location))
                }
            }
        }
    }
}

extension Rule {
    /// The rules whose alarms this one asks for.
    var askedRules: [String] {
        tallies.compactMap { source in
            if case .alarms(let rule) = source { return rule }
            return nil
        }
    }
}
