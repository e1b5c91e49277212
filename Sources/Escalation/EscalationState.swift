internal import AlarmModel
internal import Telemetry

/// How far the escalation of one alarm has come: kept with the alarm, so that a restart goes on where it stopped.
struct EscalationState: Codable, Sendable {
    struct Told: Codable, Sendable {
        /// The newest transition that it was told, and how often it was told again.
        var sequence: Int
        var repeats: Int
        /// When it was told last; missing in what an earlier version has kept.
        var latest: Instant?
        /// What it is kept up to date with; `nil` for everything.
        var events: Set<Policy.Event>?

        func wants(_ event: Policy.Event) -> Bool { events?.contains(event) ?? true }
    }

    struct Progress: Codable, Sendable {
        /// The beginning of the time that the step counts; another beginning is another run.
        var since: Instant
        var fired: Int
        var latest: Instant
    }

    /// What there is to tell: the newest transition.
    var message: EscalationMessage
    var severity: UInt8
    /// The policy that the rule names.
    var escalate: String?
    var state: AlarmState
    /// For each level up to the alarm's, since when it has stood there or higher.
    var reached: [Instant] = []
    var unacknowledgedSince: Instant?
    /// When the alarm was raised, or rose, last; missing in what an earlier version has kept.
    var risen: Instant?
    var told: [String: Told] = [:]
    /// By policy and number of the step.
    var steps: [String: Progress] = [:]

    /// Takes a transition in; the clocks of the steps begin with what it changes.
    mutating func take(_ transition: Transition, _ message: EscalationMessage) {
        let texts = self.message.texts
        self.message = message
        // What people do is told in the words of what happened before.
        if message.texts == nil { self.message.texts = texts }
        severity = transition.severity
        escalate = transition.policy ?? escalate
        let now = transition.recorded
        let alarm = transition.alarm
        if [.raised, .rose, .noData].contains(transition.kind) { risen = now }
        let isBack = state.isSuppression && !alarm.state.isSuppression
        state = alarm.state
        let rank = alarm.cleared == nil ? Int(alarm.level.rank) : 0
        if isBack { reached = [] }
        while reached.count > rank { reached.removeLast() }
        while reached.count < rank { reached.append(now) }
        if state != .unacknowledged {
            unacknowledgedSince = nil
        } else if unacknowledgedSince == nil || isBack {
            unacknowledgedSince = now
        }
    }

    /// Brings what a clock that was ahead has noted back to the present.
    mutating func limitTimes(to now: Instant) {
        reached = reached.map { min($0, now) }
        unacknowledgedSince = unacknowledgedSince.map { min($0, now) }
        risen = risen.map { min($0, now) }
        steps = steps.mapValues { Progress(since: min($0.since, now), fired: $0.fired, latest: min($0.latest, now)) }
    }

    /// Goes on under the names that the alarm and its policy have now. No time of a step changes by that.
    ///
    /// - Parameters:
    ///   - policy: the policy that the alarm's rule names now.
    ///   - policies: the names of all policies that there are.
    /// - Returns: whether anything has another name.
    mutating func goOn(as alarm: Alarm, escalate policy: String?, policies: Set<String>, at now: Instant) -> Bool {
        let before = (message, reached, escalate)
        if message.transition.to == message.alarm.level { message.transition.to = alarm.levelName }
        message.alarm.rule = alarm.rule
        message.alarm.group = alarm.group
        message.alarm.hazard = alarm.hazard
        message.alarm.level = alarm.levelName
        message.labels = alarm.labels
        if alarm.cleared == nil { moveRank(to: Int(alarm.level.rank), at: now) }
        if let old = escalate, let policy, old != policy, !policies.contains(old) { renamePolicy(old, policy) }
        escalate = policy
        return before != (message, reached, escalate)
    }

    /// The alarm's level has another rank: the ladder is another one. The level keeps the time since when the alarm has
    /// stood there, and so do the lowest ones.
    private mutating func moveRank(to rank: Int, at now: Instant) {
        guard rank != reached.count else { return }
        severity = UInt8(clamping: rank)
        let top = reached.popLast() ?? now
        while reached.count >= max(rank, 1) { reached.removeLast() }
        while reached.count < rank { reached.append(top) }
    }

    /// The steps of a policy that has another name are as far as they were.
    private mutating func renamePolicy(_ old: String, _ new: String) {
        for (key, progress) in steps where key.hasPrefix(old + "/") && !key.dropFirst(old.count + 1).contains("/") {
            steps[key] = nil
            steps[new + key.dropFirst(old.count)] = progress
        }
    }

    /// Takes note that a step tells a destination, and of what. It hears what any of its steps asks for.
    mutating func note(_ events: Set<Policy.Event>?, of destination: String) {
        if let known = told[destination] {
            told[destination]?.events = known.events.flatMap { known in events.map { known.union($0) } }
        } else {
            told[destination] = Told(sequence: 0, repeats: 0, events: events)
        }
    }

    /// When a step's time has begun, if it has.
    func beginning(of step: Policy.Step) -> Instant? {
        guard reached.count >= Int(step.minimumLevel.rank), state == .unacknowledged || state == .acknowledged else {
            return nil
        }
        if step.stop == .acknowledged, state == .acknowledged { return nil }
        let level = reached[Int(max(step.minimumLevel.rank, 1)) - 1]
        guard case .unacknowledged = step.delay else { return level }
        return unacknowledgedSince.map { max($0, level) }
    }
}
