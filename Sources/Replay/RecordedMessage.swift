package import Telemetry

/// One message of a recording, as a device published it.
package struct RecordedMessage: Sendable, Equatable {
    /// The time at which it was published, on the scenario's clock.
    package var time: Instant
    package var topic: String
    package var payload: [UInt8]

    package init(time: Instant, topic: String, payload: [UInt8]) {
        self.time = time
        self.topic = topic
        self.payload = payload
    }
}
