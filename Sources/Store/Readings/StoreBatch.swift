package import Alarms
package import Telemetry

/// What is committed together: readings, and everything that they caused.
///
/// The pipeline fills one and gives it back empty, so that its memory is used again.
package struct StoreBatch: Sendable {
    package var readings: [Reading] = []
    /// The gateway's clock when the first of the readings arrived.
    package var arrived: Instant = .distantFuture
    /// What is remembered of devices whose readings are in this batch.
    package var deviceStates: [DeviceState] = []
    package var transitions: [Transition] = []
    package var escalations: [Escalation] = []
    package var refusals: [RefusedPayload] = []
    /// What people have put aside, or what is back.
    package var asides: [PlaceAside] = []
    /// How far the escalation of alarms has come, by alarm.
    package var courses: [(alarm: String, course: String?)] = []
    /// Alarms that are called otherwise from now on.
    package var renamed: [Alarm] = []
    /// What else the audit chain is to know.
    package var notes: [AuditNote] = []
    /// The messages of QoS 1 that it came from; by themselves they are no reason for a commit.
    package var received = ReceivedBatch()

    package init() {}

    package var isEmpty: Bool {
        readings.isEmpty && transitions.isEmpty && escalations.isEmpty && refusals.isEmpty && asides.isEmpty && courses.isEmpty
            && renamed.isEmpty && notes.isEmpty && !received.isNewSession
    }

    /// It holds something that people wait for, and is not kept back for company.
    package var isUrgent: Bool {
        !(transitions.isEmpty && escalations.isEmpty && asides.isEmpty && notes.isEmpty) || received.isNewSession
    }

    package mutating func removeAll() {
        readings.removeAll(keepingCapacity: true)
        deviceStates.removeAll(keepingCapacity: true)
        transitions.removeAll(keepingCapacity: true)
        escalations.removeAll(keepingCapacity: true)
        refusals.removeAll(keepingCapacity: true)
        asides.removeAll()
        courses.removeAll()
        notes.removeAll()
        renamed.removeAll()
        received.removeAll()
        arrived = .distantFuture
    }
}

/// A payload that did not fit its device's profile, kept as it came.
package struct RefusedPayload: Sendable {
    package var device: String
    package var topic: String
    package var payload: [UInt8]
    package var reason: String
    package var arrived: Instant

    package init(device: String, topic: String, payload: [UInt8], reason: String, arrived: Instant) {
        self.device = device
        self.topic = topic
        self.payload = payload
        self.reason = reason
        self.arrived = arrived
    }
}
