package import Telemetry

/// An acknowledgement of an alarm: the person, the time by the gateway's clock, and the person's note.
package struct Acknowledgement: Hashable, Sendable {
    package var person: String
    package var time: Instant
    package var note: String

    package init(person: String, time: Instant, note: String) {
        self.person = person
        self.time = time
        self.note = note
    }
}
