internal import Diagnostics

/// The order in which rules have to be evaluated: each after those whose alarms it asks for.
struct RuleOrder {
    private(set) var indices: [Int] = []
    /// One for each circle that was found.
    private(set) var cycles: [Diagnostic] = []

    init(_ rules: [Rule]) {
        let numbers = Dictionary(rules.enumerated().map { ($1.name, $0) }) { first, _ in first }
        var state = Array(repeating: 0, count: rules.count)  // 1: on the way, 2: done
        for start in rules.indices where state[start] == 0 {
            // A stack of its own: rules may lean on each other thousands deep.
            var path = [(rule: start, asked: rules[start].askedRules.compactMap { numbers[$0] })]
            state[start] = 1
            while let (rule, asked) = path.last {
                guard let next = asked.last else {
                    state[rule] = 2
                    indices.append(rule)
                    path.removeLast()
                    continue
                }
                path[path.count - 1].asked.removeLast()
                if state[next] == 0 {
                    state[next] = 1
                    path.append((next, rules[next].askedRules.compactMap { numbers[$0] }))
                } else if state[next] == 1, let begin = path.firstIndex(where: { $0.rule == next }) {
                    let names = path[begin...].map { rules[$0.rule].name } + [rules[next].name]
                    cycles.append(
                        Diagnostic(
                            id: "alarm-cycle",
                            "rules ask for each other's alarms in a circle: \(names.joined(separator: " → "))",
                            at: rules[next].location))
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
