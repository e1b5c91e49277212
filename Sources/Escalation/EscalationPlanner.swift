package import AlarmModel
package import Telemetry

/// Decides who is told of what, and when: transitions and time in, escalations out. No I/O.
///
/// A destination is told for the first time by a step of a policy; from then on it is kept up to date with every
/// transition until the alarm has ended, and nobody else is told of its end. Each gets each transition once, however
/// many policies name it; a repeat has a number.
package struct EscalationPlanner: Sendable {
    package struct Destination: Sendable {
        package var name: String
        package var minimumLevel: Level
        /// What it gets may go to the public: it is told only of what a policy names it for.
        package var isPublic: Bool

        package init(name: String, minimumLevel: Level, isPublic: Bool = false) {
            self.name = name
            self.minimumLevel = minimumLevel
            self.isPublic = isPublic
        }
    }

    /// What stands for a policy where none applies.
    package static let everyone = "everyone"

    private let site: String
    private let destinations: [Destination]
    private let policies: PolicySet
    private var courses: [String: EscalationState] = [:]
    private var changed: Set<String> = []
    /// When a step may be due next.
    private var nextLook = Instant.distantFuture

    /// - Parameter policies: an alarm to which none applies is told to all destinations at once that are not public.
    package init(site: String, destinations: [Destination], policies: PolicySet) {
        self.site = site
        self.destinations = destinations
        self.policies = policies
    }

    /// Takes up where an alarm's escalation stood. It goes on under the names that the alarm has now, and the times of
    /// its steps stay.
    /// - Parameters:
    ///   - alarm: as it goes on: rule, group, labels and level may have other names than when its course was kept.
    ///   - course: as ``takeChanges()`` gave it.
    ///   - told: the destinations that have been told, each with the highest number of a repeat, for where there is
    ///     none or it
    ///     cannot be read.
    ///   - escalate: the policy that the alarm's rule names now.
    ///   - now: the gateway's clock; what is later than that was noted by a clock that was ahead, and counts from now.
    /// - Returns: false if there is a course that cannot be read: then its end still goes to `told`, and its steps
    ///   begin again.
    @discardableResult
    package mutating func restore(
        _ alarm: Alarm, course text: String?, told: [String: Int], escalate: String? = nil, at now: Instant
    )
        -> Bool
    {
        nextLook = .distantPast
        if var course = text.flatMap({ CanonicalJSON.value(EscalationState.self, $0) }) {
            course.limitTimes(to: now)
            if course.goOn(as: alarm, escalate: escalate, policies: policies.names, at: now) {
                changed.insert(alarm.id)
            }
            courses[alarm.id] = course
            return true
        }
        let standing = Transition(
            alarm: alarm, kind: .raised, time: alarm.raised, recorded: alarm.raised, from: alarm.levelName,
            to: alarm.levelName,
            severity: alarm.level.rank, causes: [], ruleVersion: "")
        var course = EscalationState(
            message: EscalationMessage(standing, site: site), severity: alarm.level.rank, escalate: escalate,
            state: alarm.state)
        course.take(standing, course.message)
        // A repeat under a number that was sent before would be taken for sent.
        for (name, repeats) in told {
            course.told[name] = .init(sequence: alarm.sequence, repeats: repeats, events: nil)
        }
        course.limitTimes(to: now)
        courses[alarm.id] = course
        return text == nil
    }

    /// The escalations that a transition makes due at once.
    package mutating func note(_ transition: Transition) -> [Escalation] {
        let alarm = transition.alarm
        let message = EscalationMessage(transition, site: site)
        var course =
            courses[alarm.id]
            ?? EscalationState(
                message: message, severity: transition.severity, escalate: transition.policy, state: .normal)
        course.take(transition, message)
        var escalations: [Escalation] = []
        let isAboutSuppression =
            transition.kind == .shelved || transition.kind == .suppressed || transition.kind == .outOfService
        if transition.kind.isEnd || !course.state.isSuppression || isAboutSuppression {
            for name in course.told.keys.sorted() where course.told[name]?.wants(Policy.Event(transition.kind)) == true
            {
                tell(name, &course, because: nil, isRepeat: false, at: transition.recorded, &escalations)
            }
        }
        run(&course, at: transition.recorded, &escalations)
        // Of one that has returned people may still be told that someone has seen it.
        courses[alarm.id] = alarm.cleared != nil && alarm.state == .normal ? nil : course
        changed.insert(alarm.id)
        return escalations
    }

    /// Whether a step may be due: then ``advance(to:summaries:)`` wants to know what the alarms say now.
    package func isToAdvance(at now: Instant) -> Bool { now >= nextLook && !courses.isEmpty }

    /// The escalations of steps whose time has come.
    /// - Parameter summaries: what alarms say now, by identity; without, a step tells what their newest transition
    ///   said.
    package mutating func advance(to now: Instant, summaries: [String: String] = [:]) -> [Escalation] {
        guard now >= nextLook else { return [] }
        nextLook = .distantFuture
        var escalations: [Escalation] = []
        for id in courses.keys.sorted() {
            guard var course = courses[id] else { continue }
            let before = escalations.count
            if let summary = summaries[id] { course.message.summary = summary }
            if run(&course, at: now, &escalations) || escalations.count > before {
                courses[id] = course
                changed.insert(id)
            }
        }
        return escalations
    }

    /// The alarms whose escalation has gone on since this was asked last, with what ``restore(_:course:told:)`` needs;
    /// `nil` for what is over.
    package mutating func takeChanges() -> [(alarm: String, course: String?)] {
        defer { changed.removeAll(keepingCapacity: true) }
        return changed.sorted().map { ($0, courses[$0].map { CanonicalJSON.text($0) }) }
    }

    /// The steps of an alarm that are still to come if nothing changes, the next first.
    package func upcoming(of alarm: String, at now: Instant) -> [AlarmStatus.NextStep] {
        guard let course = courses[alarm] else { return [] }
        var steps: [(due: Instant, step: AlarmStatus.NextStep)] = []
        for policy in policies.applying(to: course.message.alarm, course.message.labels, escalate: course.escalate) {
            for (number, step) in policy.steps.enumerated() {
                guard let (due, beginning, _) = turn(of: step, number, of: policy, course) else { continue }
                let names = destinations(of: step, reachedBy: course)
                guard !names.isEmpty else { continue }
                if isLeftOver(course, step, beginning) { continue }
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

    /// When a step runs next, since when its time has run, and how often it has run since; `nil` if it has nothing more
    /// to do.
    private func turn(
        of step: Policy.Step, _ number: Int, of policy: Policy, _ course: EscalationState
    ) -> (due: Instant, beginning: Instant, fired: Int)? {
        guard let beginning = course.beginning(of: step) else { return nil }
        guard let progress = course.steps[Self.key(policy, number)], progress.since == beginning else {
            return (beginning + step.delay.span, beginning, 0)
        }
        guard let pause = step.repeatEvery, progress.fired <= step.times else { return nil }
        return (progress.latest + pause, beginning, progress.fired)
    }

    private static func key(_ policy: Policy, _ number: Int) -> String { "\(policy.name)/\(number)" }

    /// Those of a step's destinations that hear of alarms as high as this one has been.
    private func destinations(of step: Policy.Step, reachedBy course: EscalationState) -> [String] {
        step.destinations.filter { name in
            destinations.first { $0.name == name }.map { course.reached.count >= Int($0.minimumLevel.rank) } ?? false
        }
    }

    /// Whether an alarm is somebody else's for a step that asks for new ones: since before its hours it has not risen.
    private func isLeftOver(_ course: EscalationState, _ step: Policy.Step, _ beginning: Instant) -> Bool {
        guard step.isForNewOnly, let hours = step.hours else { return false }
        return !hours.include(course.risen ?? beginning, policies.zone)
    }

    /// Runs the steps that are due; returns whether one was.
    @discardableResult
    private mutating func run(_ course: inout EscalationState, at now: Instant, _ escalations: inout [Escalation])
        -> Bool
    {
        var applying = policies.applying(to: course.message.alarm, course.message.labels, escalate: course.escalate)
        if applying.isEmpty { applying = [forEveryone] }
        var hasRun = false
        for policy in applying {
            for (number, step) in policy.steps.enumerated() {
                if run(step, number, of: policy, &course, at: now, &escalations) { hasRun = true }
            }
        }
        return hasRun
    }

    /// What stands in for a policy where none applies: nothing is untold because someone forgot to write one.
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
        _ step: Policy.Step, _ number: Int, of policy: Policy, _ course: inout EscalationState, at now: Instant,
        _ escalations: inout [Escalation]
    ) -> Bool {
        guard let (due, beginning, fired) = turn(of: step, number, of: policy, course) else { return false }
        guard now >= due else {
            nextLook = min(nextLook, due)
            return false
        }
        if let hours = step.hours, !hours.include(now, policies.zone) {
            // It waits for its hours, which begin at a full minute.
            nextLook = min(nextLook, now + .seconds(60))
            return false
        }
        if isLeftOver(course, step, beginning) { return false }
        let reason = EscalationMessage.StepPart(
            policy: policy.name, step: number + 1, reason: step.delay.text, repetition: fired)
        for name in destinations(of: step, reachedBy: course) {
            course.note(step.events, of: name)
            // That its time has come is a raise for it, also where the alarm was raised long before.
            guard step.events?.contains(.raised) ?? true else { continue }
            // A step that comes later has something to say also to who was told before: that nobody has acknowledged,
            // say.
            let isLater = step.delay.span > .zero && course.told[name]?.latest != now
            tell(name, &course, because: reason, isRepeat: fired > 0 || isLater, at: now, &escalations)
        }
        course.steps[Self.key(policy, number)] = .init(since: beginning, fired: fired + 1, latest: now)
        if let pause = step.repeatEvery { nextLook = min(nextLook, now + pause) }
        return true
    }

    private func tell(
        _ name: String, _ course: inout EscalationState, because reason: EscalationMessage.StepPart?, isRepeat: Bool,
        at now: Instant,
        _ escalations: inout [Escalation]
    ) {
        // A destination that is no longer configured has nobody to deliver to it.
        guard destinations.contains(where: { $0.name == name }) else { return }
        var message = course.message
        var told = course.told[name] ?? .init(sequence: 0, repeats: 0, events: nil)
        var identity = "\(message.alarm.id)#\(message.transition.sequence)/\(name)"
        if told.sequence == message.transition.sequence {
            guard isRepeat else { return }
            told.repeats += 1
            identity += "~\(told.repeats)"
        } else {
            told = .init(sequence: message.transition.sequence, repeats: 0, events: told.events)
        }
        told.latest = now
        course.told[name] = told
        message.id = identity
        message.escalation = reason
        escalations.append(
            Escalation(
                identity: identity, alarm: message.alarm.id, destination: name, severity: course.severity,
                payload: CloudEvent(message).json, created: now))
    }
}
