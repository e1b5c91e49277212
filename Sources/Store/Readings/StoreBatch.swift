package import AlarmModel
internal import Alarms
package import Telemetry
package import Wire

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
    package var escalations: [OutboxItem] = []
    package private(set) var refusals: [RefusedPayload] = []
    private var refusedBytes = 0
    /// What people have put aside, or what is back.
    package var suppressions: [SuppressionRecord] = []
    /// The sensors that are put into maintenance, or back.
    package var maintenance: [MaintenanceChange] = []
    /// How far the escalation of alarms has come, by alarm.
    package var escalationStates: [(alarm: String, state: String?)] = []
    /// Alarms that are called otherwise from now on.
    package var renamed: [Alarm] = []
    /// What else the audit chain is to know.
    package var notes: [AuditNote] = []
    /// The messages of QoS 1 that it came from; by themselves they are no reason for a commit.
    package var received = ReceivedBatch()

    package init() {}

    /// About how much memory it holds. Alarms and escalations are counted as a generous size each.
    package var bytesHeld: Int {
        readings.count * MemoryLayout<Reading>.stride + refusedBytes
            + (transitions.count + escalations.count + notes.count) * 2048
    }

    /// Takes a payload that was refused. Those that came first make room for it, where the batch has too many or too
    /// much.
    package mutating func add(_ refusal: RefusedPayload, atMost limit: Int, bytesMax: Int) {
        refusals.append(refusal)
        refusedBytes += refusal.payload.count
        while refusals.count > limit || refusedBytes > bytesMax, !refusals.isEmpty {
            refusedBytes -= refusals.removeFirst().payload.count
        }
    }

    package var isEmpty: Bool {
        readings.isEmpty && transitions.isEmpty && escalations.isEmpty && refusals.isEmpty && suppressions.isEmpty
            && escalationStates.isEmpty
            && renamed.isEmpty && notes.isEmpty && maintenance.isEmpty && !received.isNewSession
    }

    /// It holds something that people wait for, and is not kept back for company.
    package var isUrgent: Bool {
        !(transitions.isEmpty && escalations.isEmpty && suppressions.isEmpty && notes.isEmpty && maintenance.isEmpty)
            || received.isNewSession
    }

    package mutating func removeAll() {
        readings.removeAll(keepingCapacity: true)
        deviceStates.removeAll(keepingCapacity: true)
        transitions.removeAll(keepingCapacity: true)
        escalations.removeAll(keepingCapacity: true)
        refusals.removeAll(keepingCapacity: true)
        refusedBytes = 0
        suppressions.removeAll()
        maintenance.removeAll()
        escalationStates.removeAll()
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
