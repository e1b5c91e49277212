internal import AlarmModel
internal import Telemetry

/// The progress of one alarm's escalation. It is stored with the alarm, so that a restart continues from there.
///
/// Its JSON has a `version`, and is independent of the wire format: see `EscalationState+Codable.swift`.
struct EscalationState: Sendable {
    /// The notices that a destination has received.
    struct Notified: Codable, Sendable {
        /// The newest transition in its notices, and the number of repeats.
        var sequence: Int
        var repeats: Int
        /// The time of the newest notice; missing in a state of an earlier version.
        var latest: Instant?
        /// The events of which it is notified; `nil` for all.
        var events: Set<Policy.Event>?

        func wants(_ event: Policy.Event) -> Bool { events?.contains(event) ?? true }
    }

    /// The progress of a policy's step.
    struct Progress: Codable, Sendable {
        /// The start of the time that the step counts. A different start means a different run.
        var since: Instant
        var fired: Int
        var latest: Instant
    }

    /// The newest transition, as a notice to destinations.
    var notice: AlarmNotice
    /// The rank of the notice's level.
    var severity: UInt8
    /// The policy that the rule names.
    var escalate: String?
    var state: AlarmState.Kind
    /// For each level up to the alarm's, the time since when the alarm has been there or higher.
    var reached: [Instant] = []
    var unacknowledgedSince: Instant?
    /// The time when the alarm was last raised, or last rose; missing in a state of an earlier version.
    var risen: Instant?
    /// The notices by destination.
    var notified: [String: Notified] = [:]
    /// The progress by policy and number of the step.
    var steps: [String: Progress] = [:]

    init(notice: AlarmNotice, severity: UInt8, escalate: String?, state: AlarmState.Kind) {
        (self.notice, self.severity, self.escalate, self.state) = (notice, severity, escalate, state)
    }

    /// Applies a transition, and starts the times of the steps that depend on its changes.
    mutating func take(_ transition: Transition, _ notice: AlarmNotice) {
        let texts = self.notice.texts
        self.notice = notice
        // An operator's action has no texts of its own, so the previous texts stay.
        if notice.texts.isEmpty { self.notice.texts = texts }
        severity = transition.severity
        escalate = transition.policy ?? escalate
        let now = transition.recorded
        let alarm = transition.alarm
        if transition.kind.isBeginning || transition.kind == .rose { risen = now }
        let isBack = state.isSuppression && !alarm.state.isSuppression
        state = alarm.state.kind
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

    /// Limits times that were noted while the clock was ahead to the present.
    mutating func limitTimes(to now: Instant) {
        reached = reached.map { min($0, now) }
        unacknowledgedSince = unacknowledgedSince.map { min($0, now) }
        risen = risen.map { min($0, now) }
        steps = steps.mapValues { Progress(since: min($0.since, now), fired: $0.fired, latest: min($0.latest, now)) }
    }

    /// Continues under the present names of the alarm and its policy. The times of the steps stay.
    ///
    /// - Parameters:
    ///   - policy: the policy that the alarm's rule names now.
    ///   - policies: the names of all existing policies.
    /// - Returns: true if any name has changed.
    mutating func resume(as alarm: Alarm, escalate policy: String?, policies: Set<String>, at now: Instant) -> Bool {
        let before = (notice, reached, escalate, state)
        if alarm.state == .unacknowledged, state != .unacknowledged {
            // The store could not read what acknowledged or suppressed the alarm: its steps begin again.
            (state, unacknowledgedSince) = (.unacknowledged, now)
        }
        if notice.transition.to == notice.alarm.level { notice.transition.to = alarm.levelName }
        notice.alarm.rule = alarm.rule
        notice.alarm.group = alarm.group
        notice.alarm.hazard = alarm.hazard
        notice.alarm.level = alarm.levelName
        notice.labels = alarm.labels
        if alarm.cleared == nil { moveRank(to: Int(alarm.level.rank), at: now) }
        if let old = escalate, let policy, old != policy, !policies.contains(old) { renamePolicy(old, policy) }
        escalate = policy
        return before != (notice, reached, escalate, state)
    }

    /// Gives the alarm's level another rank, since the ladder has changed. The level and those below it keep their
    /// start times.
    private mutating func moveRank(to rank: Int, at now: Instant) {
        guard rank != reached.count else { return }
        severity = UInt8(clamping: rank)
        let top = reached.popLast() ?? now
        while reached.count >= max(rank, 1) { reached.removeLast() }
        while reached.count < rank { reached.append(top) }
    }

    /// Moves the progress of a policy's steps to the policy's new name.
    private mutating func renamePolicy(_ old: String, _ new: String) {
        for (key, progress) in steps where key.hasPrefix(old + "/") && !key.dropFirst(old.count + 1).contains("/") {
            steps[key] = nil
            steps[new + key.dropFirst(old.count)] = progress
        }
    }

    /// Notes that a step notifies a destination, and of which events. The destination is notified of every event that
    /// any of its steps asks for.
    mutating func note(_ events: Set<Policy.Event>?, of destination: String) {
        if let known = notified[destination] {
            notified[destination]?.events = known.events.flatMap { known in events.map { known.union($0) } }
        } else {
            notified[destination] = Notified(sequence: 0, repeats: 0, events: events)
        }
    }

    /// Returns the start of a step's time, if it has started.
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
