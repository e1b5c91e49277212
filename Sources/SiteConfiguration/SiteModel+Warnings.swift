internal import Devices
internal import Diagnostics
internal import Escalation
internal import RuleLanguage
internal import Telemetry
internal import Uplink

// Warnings that need more than one file: rules and policies, policies and destinations, devices and topics.
extension SiteModel {
    /// Warns of policies that apply to no alarm, so that the people in them are not notified.
    static func idlePolicies(_ policies: PolicySet, _ rules: CompiledRules) -> [Diagnostic] {
        let named = Set(rules.rules.compactMap(\.escalate))
        return policies.policies.filter { !named.contains($0.name) }.compactMap { policy in
            let isMet = rules.instances.contains { instance in
                let rule = rules.rules[instance.rule]
                return !instance.isBallot
                    && policy.matches(
                        hazard: rule.hazard, rule: rule.name, group: instance.group, labels: instance.labels)
            }
            if isMet { return nil }
            let matchers = policy.matchers.map { "\($0.key): \($0.pattern)" }.joined(separator: ", ")
            return Diagnostic(
                .warning, id: "idle-policy",
                "the policy '\(policy.name)' applies to nothing: "
                    + (policy.matchers.isEmpty
                        ? "no rule names it in 'escalate', and it has no 'where'"
                        : "no rule in any group has { \(matchers) }"),
                at: policy.location,
                hint: "the keys of 'where' are hazard, rule, group, and the labels of devices and rules")
        }
    }

    /// Warns of CAP messages that may expire before their alarm ends, because no policy renews them.
    static func expiringMessages(_ configuration: Configuration, _ policies: PolicySet) -> [Diagnostic] {
        configuration.destinations.compactMap { destination in
            guard case .cap(let settings, _) = destination.kind else { return nil }
            let isRenewed = policies.policies.flatMap(\.steps).contains { step in
                step.destinations.contains(destination.name) && step.stop == .cleared
                    && (step.repeatEvery.map { $0 < settings.validity } ?? false)
            }
            if isRenewed { return nil }
            let span = TimeSpanText.short(settings.validity)
            return Diagnostic(
                .warning, id: "cap-expires",
                "the CAP messages of '\(destination.name)' expire after \(span) even if the alarm is still active",
                hint: "renew them by a policy's step to it with 'repeat' shorter than that, and 'stop: cleared'")
        }
    }

    /// Warns of names that are written differently in upstream topics than in the files.
    static func escapedInTopics(_ configuration: Configuration, _ site: Site, _ rules: CompiledRules)
        -> [Diagnostic]
    {
        configuration.destinations.flatMap { destination -> [Diagnostic] in
            let topics: [TopicTemplate?]
            switch destination.kind {
            case .mqtt(_, let topic, let current): topics = [topic, current]
            case .cap(_, .mqtt(_, let topic)): topics = [topic]
            case .cap, .webhook, .exec, .log: return []
            }
            let used = Set(topics.compactMap { $0 }.flatMap(\.namesUsed))
            var values: Set<String> = []
            if used.contains("site") { values.insert(site.name) }
            if used.contains("rule") { values.formUnion(rules.rules.map(\.name)) }
            if used.contains("hazard") { values.formUnion(rules.rules.map(\.hazard)) }
            for device in site.sensors {
                values.formUnion(device.labels.filter { used.contains($0.key) || used.contains("group") }.values)
            }
            return values.filter { TopicTemplate.escaped($0) != $0 }.sorted().map { value in
                Diagnostic(
                    .warning, id: "escaped-in-topic",
                    "'\(value)' is written '\(TopicTemplate.escaped(value))' in the topics of the destination "
                        + "'\(destination.name)'",
                    hint: "a topic cannot contain '+', '#' and control characters")
            }
        }
    }
}
