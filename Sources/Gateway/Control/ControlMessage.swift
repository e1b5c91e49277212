/// A request of a command to the running gateway: one JSON object on a line of the control socket.
package struct ControlRequest: Codable, Sendable {
    package enum Verb: String, Codable, Sendable {
        case acknowledge, shelve, unshelve
        case takeOutOfService = "take-out-of-service"
        case putBack = "put-back"
        /// Flag the readings of a sensor in a span of time, or withdraw such a flag.
        case flag, unflag
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
    /// The span to flag, with both ends, in nanoseconds since 1970 in UTC; and the flag's name.
    package var start: Int64?
    package var end: Int64?
    package var flag: String?
    /// The flagged span to withdraw.
    package var number: Int64?

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
