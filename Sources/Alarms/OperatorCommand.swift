package import AlarmModel
package import Telemetry

/// What an operator asks for.
package struct OperatorCommand: Sendable {
    package enum Action: Sendable {
        case acknowledge
        /// For how long; the note is the reason.
        case shelve(TimeSpan)
        case unshelve
        /// The note is the reason.
        case takeOutOfService
        case putBack
    }

    package var action: Action
    /// As ``AlarmName`` takes it: the alarm's identity, `rule/group`, or a beginning of it that no other has.
    package var alarm: String
    package var person: String
    package var note: String

    package init(_ action: Action, alarm: String, person: String, note: String) {
        self.action = action
        self.alarm = alarm
        self.person = person
        self.note = note
    }
}

/// What an operator's command did, or the end of a shelving.
package struct CommandOutcome: Sendable {
    /// The alarm's identity, or its key where no alarm is active.
    package var name: String
    package var done: Transition.Kind
    package var transition: Transition?
    package var suppression: SuppressionRecord?
    /// Until when, by the site's clock, where it ends by itself.
    package var end: LocalTime?
}
