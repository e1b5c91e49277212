package import Telemetry

/// Who acknowledged an alarm, when by the gateway's clock, and what they wrote.
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
