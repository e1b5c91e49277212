package import AlarmModel
package import Telemetry

/// Decides who is notified of each alarm, and when: transitions and time in, escalations out. No I/O.
///
/// A step of a policy notifies a destination for the first time. From then on the destination is notified of every
/// transition until the alarm has ended. Only notified destinations learn of the end. Each destination gets each
/// transition once, even if several policies name it; a repeat has a number.
package struct EscalationPlanner: Sendable {
    package struct Destination: Sendable {
        package var name: String
        package var minimumLevel: Level
        /// Set if its notices may go to the public. It is notified only where a policy names it.
        package var isPublic: Bool

        package init(name: String, minimumLevel: Level, isPublic: Bool = false) {
            self.name = name
            self.minimumLevel = minimumLevel
            self.isPublic = isPublic
        }
    }

    /// The name of the substitute for a policy, if none applies.
    package static let everyone = "everyone"

    private let site: String
    private let destinations: [Destination]
    private let policies: PolicySet
    private var states: [String: EscalationState] = [:]
    private var changed: Set<String> = []
    /// The earliest time at which a step may be due.
    private var nextLook = Instant.distantFuture

    /// - Parameter policies: if none applies to an alarm, all destinations that are not public are notified at once.
    package init(site: String, destinations: [Destination], policies: PolicySet) {
        self.site = site
        self.destinations = destinations
        self.policies = policies
    }

    /// Continues an alarm's escalation from its stored state. It uses the alarm's present names, and the times of its
    /// steps stay.
    /// - Parameters:
    ///   - alarm: the continued alarm. Its rule, group, labels and level may have other names than in the stored state.
    ///   - text: the state that ``takeChanges()`` returned, in this version or an earlier one.
    ///   - notified: the destinations that have been notified, each with its highest repeat number. They are used if
    ///     there is no state or it cannot be read.
    ///   - escalate: the policy that the alarm's rule names now.
    ///   - now: the gateway's clock. Later times were noted by a clock that was ahead, and count from now.
    /// - Returns: false if there is a state that cannot be read. Then the alarm's end still goes to `notified`, and its
    ///   steps begin again.
    @discardableResult
    package mutating func restore(
        _ alarm: Alarm, state text: String?, notified: [String: Int], escalate: String? = nil, at now: Instant
    ) -> Bool {
        nextLook = .distantPast
        if var state = text.flatMap({ CanonicalJSON.value(EscalationState.self, $0) }) {
            state.limitTimes(to: now)
            if state.resume(as: alarm, escalate: escalate, policies: policies.names, at: now) {
                changed.insert(alarm.id)
            }
            states[alarm.id] = state
            return true
        }
        let standing = Transition(
            alarm: alarm, kind: .raised, time: alarm.raised, recorded: alarm.raised, from: alarm.levelName,
            to: alarm.levelName,
            severity: alarm.level.rank, causes: [], ruleVersion: "")
        var state = EscalationState(
            notice: AlarmNotice(standing, site: site), severity: alarm.level.rank, escalate: escalate,
            state: alarm.state.kind)
        state.take(standing, state.notice)
        // A repeat with a number that was sent before would be considered sent.
        for (name, repeats) in notified {
            state.notified[name] = .init(sequence: alarm.sequence, repeats: repeats, events: nil)
        }
        state.limitTimes(to: now)
        states[alarm.id] = state
        return text == nil
    }

    /// Returns the escalations that a transition makes due at once.
    package mutating func note(_ transition: Transition) -> [Escalation] {
        let alarm = transition.alarm
        let notice = AlarmNotice(transition, site: site)
        var state =
            states[alarm.id]
            ?? EscalationState(
                notice: notice, severity: transition.severity, escalate: transition.policy, state: .normal)
        state.take(transition, notice)
        var escalations: [Escalation] = []
        let isAboutSuppression =
            transition.kind == .shelved || transition.kind == .suppressed || transition.kind == .outOfService
        if transition.kind.isEnd || !state.state.isSuppression || isAboutSuppression {
            let event = Policy.Event(transition.kind)
            for name in state.notified.keys.sorted() where state.notified[name]?.wants(event) == true {
                notify(name, &state, because: nil, isRepeat: false, at: transition.recorded, &escalations)
            }
        }
        run(&state, at: transition.recorded, &escalations)
        // If an alarm returned unacknowledged, people may still be notified of its acknowledgement.
        states[alarm.id] = alarm.cleared != nil && alarm.state.kind == .normal ? nil : state
        changed.insert(alarm.id)
        return escalations
    }

    /// Returns whether a step may be due. If so, call ``advance(to:summaries:)`` with the alarms' present summaries.
    package func isToAdvance(at now: Instant) -> Bool { now >= nextLook && !states.isEmpty }

    /// Returns the escalations of the steps that are due.
    /// - Parameter summaries: the alarms' present summaries, by identity. Without one, a step uses the summary of the
    ///   newest transition.
    package mutating func advance(to now: Instant, summaries: [String: String] = [:]) -> [Escalation] {
        guard now >= nextLook else { return [] }
        nextLook = .distantFuture
        var escalations: [Escalation] = []
        for id in states.keys.sorted() {
            guard var state = states[id] else { continue }
            let before = escalations.count
            if let summary = summaries[id] { state.notice.summary = summary }
            if run(&state, at: now, &escalations) || escalations.count > before {
                states[id] = state
                changed.insert(id)
            }
        }
        return escalations
    }

    /// Returns the alarms whose escalation has changed since the last call, with the state that
    /// ``restore(_:state:notified:escalate:at:)`` reads; `nil` if the escalation is over.
    package mutating func takeChanges() -> [(alarm: String, state: String?)] {
        defer { changed.removeAll(keepingCapacity: true) }
        return changed.sorted().map { ($0, states[$0].map { CanonicalJSON.text($0) }) }
    }

    /// Returns the remaining steps of an alarm if nothing changes, the next step first.
    package func upcoming(of alarm: String, at now: Instant) -> [AlarmStatus.NextStep] {
        guard let state = states[alarm] else { return [] }
        var steps: [(due: Instant, step: AlarmStatus.NextStep)] = []
        for policy in policies.applying(to: state.notice, escalate: state.escalate) {
            for (number, step) in policy.steps.enumerated() {
                guard let (due, beginning, _) = turn(of: step, number, of: policy, state) else { continue }
                let names = destinations(of: step, reachedBy: state)
                guard !names.isEmpty else { continue }
                if isLeftOver(state, step, beginning) { continue }
                guard step.events?.contains(.raised) ?? true else { continue }
                let waitsForHours = due <= now || step.hours.map { !$0.include(due, policies.zone) } ?? false
                steps.append(
                    (
                        due,
                        .init(
                            destinations: names, at: waitsForHours ? nil : due.description, policy: policy.name,
                            reason: step.delay.text)
                    ))
            }
        }
        return steps.sorted { $0.due < $1.due }.map(\.step)
    }

    /// Returns the next time of a step, the start of its time, and the number of runs since then; `nil` if the step has
    /// nothing more to do.
    private func turn(
        of step: Policy.Step, _ number: Int, of policy: Policy, _ state: EscalationState
    ) -> (due: Instant, beginning: Instant, fired: Int)? {
        guard let beginning = state.beginning(of: step) else { return nil }
        guard let progress = state.steps[Self.key(policy, number)], progress.since == beginning else {
            return (beginning + step.delay.span, beginning, 0)
        }
        guard let pause = step.repeatEvery, progress.fired <= step.times else { return nil }
        return (progress.latest + pause, beginning, progress.fired)
    }

    private static func key(_ policy: Policy, _ number: Int) -> String { "\(policy.name)/\(number)" }

    /// Returns the step's destinations that are notified of alarms as high as this one has been.
    private func destinations(of step: Policy.Step, reachedBy state: EscalationState) -> [String] {
        step.destinations.filter { name in
            destinations.first { $0.name == name }.map { state.reached.count >= Int($0.minimumLevel.rank) } ?? false
        }
    }

    /// Returns whether a step for new alarms skips this one, because it has not risen since the step's hours began.
    private func isLeftOver(_ state: EscalationState, _ step: Policy.Step, _ beginning: Instant) -> Bool {
        guard step.isForNewOnly, let hours = step.hours else { return false }
        return !hours.include(state.risen ?? beginning, policies.zone)
    }

    /// Runs the steps that are due. Returns whether there was one.
    @discardableResult
    private mutating func run(_ state: inout EscalationState, at now: Instant, _ escalations: inout [Escalation])
        -> Bool
    {
        var applying = policies.applying(to: state.notice, escalate: state.escalate)
        if applying.isEmpty { applying = [forEveryone] }
        var hasRun = false
        for policy in applying {
            for (number, step) in policy.steps.enumerated() {
                if run(step, number, of: policy, &state, at: now, &escalations) { hasRun = true }
            }
        }
        return hasRun
    }

    /// The substitute for a policy if none applies. An alarm is notified even if nobody has written a policy for it.
    private var forEveryone: Policy {
        Policy(
            name: Self.everyone, matchers: [],
            steps: [
                Policy.Step(
                    destinations: destinations.filter { !$0.isPublic }.map(\.name), minimumLevel: Level(rank: 1),
                    delay: .immediately,
                    repeatEvery: nil, times: 1,
                    hours: nil, stop: .cleared)
            ])
    }

    private mutating func run(
        _ step: Policy.Step, _ number: Int, of policy: Policy, _ state: inout EscalationState, at now: Instant,
        _ escalations: inout [Escalation]
    ) -> Bool {
        guard let (due, beginning, fired) = turn(of: step, number, of: policy, state) else { return false }
        guard now >= due else {
            nextLook = min(nextLook, due)
            return false
        }
        if let hours = step.hours, !hours.include(now, policies.zone) {
            // The step waits for its hours, which begin at a full minute.
            nextLook = min(nextLook, now + .seconds(60))
            return false
        }
        if isLeftOver(state, step, beginning) { return false }
        let reason = AlarmNotice.StepFacts(
            policy: policy.name, step: number + 1, reason: step.delay.text, repetition: fired)
        for name in destinations(of: step, reachedBy: state) {
            state.note(step.events, of: name)
            // The start of the step's time counts as a raise, even if the alarm was raised long before.
            guard step.events?.contains(.raised) ?? true else { continue }
            // A later step also notifies a destination that was notified before: the news is that nobody has
            // acknowledged the alarm.
            let isLater = step.delay.span > .zero && state.notified[name]?.latest != now
            notify(name, &state, because: reason, isRepeat: fired > 0 || isLater, at: now, &escalations)
        }
        state.steps[Self.key(policy, number)] = .init(since: beginning, fired: fired + 1, latest: now)
        if let pause = step.repeatEvery { nextLook = min(nextLook, now + pause) }
        return true
    }

    private func notify(
        _ name: String, _ state: inout EscalationState, because reason: AlarmNotice.StepFacts?, isRepeat: Bool,
        at now: Instant, _ escalations: inout [Escalation]
    ) {
        // A destination that is no longer configured cannot be notified.
        guard destinations.contains(where: { $0.name == name }) else { return }
        var notice = state.notice
        var notified = state.notified[name] ?? .init(sequence: 0, repeats: 0, events: nil)
        var identity = "\(notice.alarm.id)#\(notice.transition.sequence)/\(name)"
        if notified.sequence == notice.transition.sequence {
            guard isRepeat else { return }
            notified.repeats += 1
            identity += "~\(notified.repeats)"
        } else {
            notified = .init(sequence: notice.transition.sequence, repeats: 0, events: notified.events)
        }
        notified.latest = now
        state.notified[name] = notified
        notice.step = reason
        escalations.append(
            Escalation(
                identity: identity, destination: name, severity: state.severity, notice: notice, created: now))
    }
}
