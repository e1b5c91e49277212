/// A request of a command to the running gateway: one JSON object on a line of the control socket.
package struct ControlRequest: Codable, Sendable {
    package enum Verb: String, Codable, Sendable {
        case acknowledge, shelve, unshelve
        case takeOutOfService = "take-out-of-service"
        case putBack = "put-back"
        /// Try deliveries again. `alarm` is a destination's name, or empty for all.
        case retry
        /// Report the status of the active alarms. The answer's text is a JSON list of ``AlarmStatus``.
        case status
    }

    package var verb: Verb
    package var alarm: String
    package var person: String
    package var note: String
    /// The duration of a shelving.
    package var seconds: Double?
    /// A sensor, instead of an alarm.
    package var device: String?
    package var quantity: String?

    package init(
        verb: Verb, alarm: String, person: String, note: String, seconds: Double? = nil, device: String? = nil,
        quantity: String? = nil
    ) {
        (self.device, self.quantity) = (device, quantity)
        self.verb = verb
        self.alarm = alarm
        self.person = person
        self.note = note
        self.seconds = seconds
    }
}

/// The answer of the gateway to a ``ControlRequest``.
package struct ControlAnswer: Codable, Sendable {
    package var isDone: Bool
    /// The result of the command, or the reason why it was not executed.
    package var text: String

    package init(isDone: Bool, text: String) {
        self.isDone = isDone
        self.text = text
    }

    /// The most bytes of a request, and of an answer, which may be about many alarms.
    package static let requestBytesMax = 65_536
    package static let bytesMax = 64 << 20
}
