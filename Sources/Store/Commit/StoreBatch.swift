package import AlarmModel
internal import Alarms
package import Telemetry
package import Wire

/// The data of one commit: readings, and everything that they caused.
///
/// The pipeline fills a batch, commits it and empties it, so that its memory is used again.
package struct StoreBatch: Sendable {
    /// The readings in the order of arrival.
    package var readings: [Reading] = []
    /// The gateway's clock when the first of the readings arrived.
    package var arrived: Instant = .distantFuture
    /// The decoder's memory of devices whose readings are in this batch.
    package var deviceStates: [DeviceState] = []
    /// Set if the memory of a device holds a reading that is nowhere else. It alone causes a commit.
    package var holdsReadingsInStates = false
    package var transitions: [Transition] = []
    package var escalations: [OutboxItem] = []
    /// Payloads with a part that could not be read.
    package private(set) var refusals: [RefusedPayload] = []
    private var refusedBytes = 0
    /// Alarms that operators have suppressed or unsuppressed.
    package var suppressions: [SuppressionRecord] = []
    /// What operators have said of sensors.
    package var sensorChanges: [SensorChange] = []
    /// The escalation state of alarms, by alarm.
    package var escalationStates: [(alarm: String, state: String?)] = []
    /// Alarms that have other names from now on.
    package var renamed: [Alarm] = []
    /// Further records for the audit chain.
    package var notes: [AuditNote] = []
    /// The received QoS 1 messages of this batch; they alone do not cause a commit.
    package var received = ReceivedBatch()

    package init() {}

    /// The approximate memory that it holds, in bytes. Alarms and escalations count with a generous size each.
    package var bytesHeld: Int {
        readings.count * MemoryLayout<Reading>.stride + refusedBytes
            + (transitions.count + escalations.count + notes.count) * 2048
    }

    /// Adds a payload that was refused. The oldest ones are dropped if the batch would hold more than `limit` payloads,
    /// or more than `bytesMax` bytes of them.
    package mutating func add(_ refusal: RefusedPayload, atMost limit: Int, bytesMax: Int) {
        refusals.append(refusal)
        refusedBytes += refusal.payload.count
        while refusals.count > limit || refusedBytes > bytesMax, !refusals.isEmpty {
            refusedBytes -= refusals.removeFirst().payload.count
        }
    }

    /// Set if there is nothing to commit.
    package var isEmpty: Bool {
        readings.isEmpty && transitions.isEmpty && escalations.isEmpty && refusals.isEmpty && suppressions.isEmpty
            && escalationStates.isEmpty
            && renamed.isEmpty && notes.isEmpty && sensorChanges.isEmpty && !received.isNewSession
            && !holdsReadingsInStates
    }

    /// Set if people wait for something in it: it is then committed at once.
    package var isUrgent: Bool {
        !(transitions.isEmpty && escalations.isEmpty && suppressions.isEmpty && notes.isEmpty
            && sensorChanges.isEmpty)
            || received.isNewSession
    }

    /// Empties the batch, and keeps its memory.
    package mutating func removeAll() {
        readings.removeAll(keepingCapacity: true)
        deviceStates.removeAll(keepingCapacity: true)
        holdsReadingsInStates = false
        transitions.removeAll(keepingCapacity: true)
        escalations.removeAll(keepingCapacity: true)
        refusals.removeAll(keepingCapacity: true)
        refusedBytes = 0
        suppressions.removeAll()
        sensorChanges.removeAll()
        escalationStates.removeAll()
        notes.removeAll()
        renamed.removeAll()
        received.removeAll()
        arrived = .distantFuture
    }
}
