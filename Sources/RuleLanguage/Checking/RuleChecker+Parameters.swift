internal import Devices
internal import Diagnostics
internal import Telemetry

// The parameters of a rule, checked for each of its groups.
extension RuleChecker {
    private typealias Group = (name: String, members: [Device])

    /// Checks that every group has the parameters that the rule asks for, and that its levels are in order there.
    /// - Returns: the devices of the groups that the rule can watch.
    mutating func checkParameters(
        _ rule: Rule, _ devices: [Device], _ levels: [CheckedLevel], _ checker: ExpressionChecker
    ) -> [Device] {
        guard !checker.usedParameters.isEmpty else { return devices }
        let groups: [Group] = Dictionary(grouping: devices) { device in rule.forEach.map { device.labels[$0] ?? "" } }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { ($0.key.joined(separator: ","), $0.value) }
        var without: [ParameterReference: [String]] = [:]
        var kept: [Group] = []
        for group in groups {
            var isWhole = true
            for reference in rule.parameters.references {
                switch reference.find(among: group.members) {
                case .one: continue
                case .missing: without[reference, default: []].append(group.name)
                case .several(let first, let second):
                    let range = checker.usedParameters[reference]
                    report(
                        .parameterDiffers(reference.name, group: group.name, first.id, second.id),
                        at: range?.location ?? rule.location)
                }
                isWhole = false
            }
            for ballot in rule.ballots {
                for reference in ballot.parameters.references {
                    without[reference, default: []] += group.members.filter {
                        reference.value(of: $0, in: group.members) == nil
                    }.map(\.id)
                }
            }
            if isWhole { kept.append(group) }
        }
        for (reference, names) in without.sorted(by: { $0.key.name < $1.key.name }) where !names.isEmpty {
            let range = checker.usedParameters[reference]
            report(.parameterMissing(reference.name, in: names), at: range?.location ?? rule.location)
        }
        warnOfUnreachable(levels, rule.parameters.references, kept)
        warnOfImplausible(levels, rule.parameters.references, kept)
        return kept.flatMap(\.members)
    }

    /// Warns of groups in which a level is never seen, because their parameters are in another order than the levels.
    private mutating func warnOfUnreachable(
        _ levels: [CheckedLevel], _ references: Set<ParameterReference>, _ groups: [Group]
    ) {
        guard references.count > 0, levels.count > 1 else { return }
        var hidden: [[Int]: [String]] = [:]
        for group in groups {
            guard let values = references.values(of: group.members) else { continue }
            let conditions = levels.map { $0.when.filled(values) }
            for (index, level) in levels.enumerated() where !level.hasUntil {
                let higher = conditions.indices.first {
                    $0 > index && Implication.implies(conditions[index], conditions[$0])
                        && !Implication.implies(level.when, levels[$0].when)
                }
                if let higher { hidden[[index, higher], default: []].append(group.name) }
            }
        }
        for (pair, names) in hidden.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            report(
                .unreachableLevel(levels[pair[0]].name, below: levels[pair[1]].name, in: names),
                at: levels[pair[0]].location)
        }
    }
}

extension RuleChecker {
    /// Warns of groups whose parameters are outside of what their sensors can measure.
    private mutating func warnOfImplausible(
        _ levels: [CheckedLevel], _ references: Set<ParameterReference>, _ groups: [Group]
    ) {
        for level in levels {
            var found: [String: [String]] = [:]
            for group in groups {
                guard let values = references.values(of: group.members) else { continue }
                let ranges = MeasuredSelection(group.members).plausible
                for comparison in level.when.comparisonsOfParameters {
                    let (left, right) = (comparison.left.filled(values), comparison.right.filled(values))
                    if let (measured, _) = ExpressionChecker.implausible(comparison.sign, left, right, ranges) {
                        found[measured.quantity.name, default: []].append(group.name)
                    }
                }
            }
            for (quantity, names) in found.sorted(by: { $0.key < $1.key }) {
                report(.implausibleParameter(of: quantity, in: names), at: level.location)
            }
        }
    }
}

extension CheckedExpression {
    /// The comparisons in it of which one side is a parameter.
    fileprivate var comparisonsOfParameters: [Comparison] {
        if case .comparison(let comparison) = self,
            !comparison.left.parameters.union(comparison.right.parameters).isEmpty
        {
            return [comparison]
        }
        return parts.flatMap(\.comparisonsOfParameters)
    }

    /// The expression of one group: with the values of its parameters.
    fileprivate func filled(_ values: ParameterValues) -> CheckedExpression {
        switch self {
        case .parameter(let reference): values[reference].map { .constant($0) } ?? self
        default: withParts { $0.filled(values) }
        }
    }
}
