/// What commands and a running gateway say to each other: one JSON object a line, on the control socket.
package struct ControlRequest: Codable, Sendable {
    package enum Verb: String, Codable, Sendable {
        case acknowledge, shelve, unshelve
        case takeOutOfService = "take-out-of-service"
        case putBack = "put-back"
        /// The alarm's place is a destination's name, or empty for all.
        case retry
        /// Where the active alarms stand now: the answer's text is a JSON list of ``AlarmStatus``.
        case status
    }

    package var verb: Verb
    package var alarm: String
    package var person: String
    package var note: String
    /// For how long something is put aside.
    package var seconds: Double?
    /// A sensor, in the place of an alarm.
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

package struct ControlAnswer: Codable, Sendable {
    /// What was done, or why it was not.
    package var isDone: Bool
    package var text: String

    package init(isDone: Bool, text: String) {
        self.isDone = isDone
        self.text = text
    }

    /// A request is never longer, in bytes; nor is an answer, which may tell of many alarms.
    package static let requestBytesMax = 65_536
    package static let bytesMax = 64 << 20
}
