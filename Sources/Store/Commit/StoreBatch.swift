package import AlarmModel
internal import Alarms
package import Escalation
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
    package private(set) var refusals: [RefusedPayload] = []
    private var refusedBytes = 0
    /// What people have put aside, or what is back.
    package var suppressions: [SuppressionRecord] = []
    /// The sensors that are put into maintenance, or back.
    package var maintenance: [MaintenanceChange] = []
    /// How far the escalation of alarms has come, by alarm.
    package var courses: [(alarm: String, course: String?)] = []
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
            && courses.isEmpty
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
        courses.removeAll()
        notes.removeAll()
        renamed.removeAll()
        received.removeAll()
        arrived = .distantFuture
    }
}
