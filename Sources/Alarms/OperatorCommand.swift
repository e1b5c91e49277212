package import AlarmModel
package import Telemetry

/// A command of an operator about an alarm.
package struct OperatorCommand: Sendable {
    package enum Action: Sendable {
        case acknowledge
        /// Shelve for this time; the note is the reason.
        case shelve(TimeSpan)
        case unshelve
        /// Take out of service; the note is the reason.
        case takeOutOfService
        case putBack
    }

    package var action: Action
    /// The alarm in the form of ``AlarmName``: its identity, `rule/group`, or a beginning that no other alarm has.
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

/// The result of an operator's command, or of the end of a shelving.
package struct CommandOutcome: Sendable {
    /// The alarm's identity, or its key if no alarm is active.
    package var name: String
    package var done: Transition.Kind
    package var transition: Transition?
    package var suppression: SuppressionRecord?
    /// The end by the site's clock, if the effect ends by itself.
    package var end: LocalTime?
}
