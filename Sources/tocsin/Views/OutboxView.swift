import AlarmModel
import Escalation
import Store
internal import Telemetry

/// A message of an alarm to one destination, as the terminal and `--json` show it. Times are RFC 3339 in UTC.
struct NoticeView: Encodable, Equatable {
    var destination: String
    /// The kind of transition in the message, and the level at that time; empty if the message cannot be read.
    var kind: String
    var level: String
    /// The times at which the message was due, and was delivered. It still waits if the second is missing.
    var due: String
    var delivered: String?
    /// The reason why it waits, or is parked.
    var error: String?
    var isParked: Bool
    /// The step of the policy that made it due: `flood-duty, step 2, after 5m unacknowledged`.
    var because: String?
    /// ``kind`` as a value. It is not encoded.
    let transitionKind: Transition.Kind?

    private enum CodingKeys: String, CodingKey {
        case destination, kind, level, due, delivered, error, isParked, because
    }

    init(_ notice: StoreReader.Notice) {
        transitionKind = notice.kind
        (destination, kind, level) = (notice.destination, notice.kind?.rawValue ?? "", notice.level)
        (due, delivered) = (notice.due.description, notice.delivered?.description)
        (error, isParked) = (notice.error, notice.isParked)
        because = notice.step.map { step in
            step.policy == EscalationPlanner.everyone
                ? "no policy applies: everyone" : "\(step.policy), step \(step.step), \(step.reason)"
        }
    }
}

/// An escalation that waits in the outbox, as the terminal and `--json` show it. Times are RFC 3339 in UTC.
struct WaitingView: Codable, Equatable {
    var destination: String
    var identity: String
    var alarm: String
    var created: String
    var attempts: Int
    var error: String?
    /// The time since which it waits for a person, because its destination refused it.
    var parked: String?

    init(_ waiting: StoreReader.Waiting) {
        (destination, identity, alarm) = (waiting.destination, waiting.identity, waiting.alarm)
        (created, parked) = (waiting.created.description, waiting.parked?.description)
        (attempts, error) = (waiting.attempts, waiting.error)
    }
}

/// A payload that could not be read completely, as the terminal and `--json` show it.
struct RefusalView: Codable, Equatable {
    var device: String
    var topic: String
    var arrived: String
    var reason: String
    /// Bytes that are not UTF-8 are shown as `U+FFFD`.
    var payload: String
    var bytes: Int

    init(_ refusal: RefusedPayload) {
        (device, topic, reason) = (refusal.device, refusal.topic, refusal.reason)
        arrived = refusal.arrived.description
        (payload, bytes) = (String(decoding: refusal.payload, as: UTF8.self), refusal.payload.count)
    }
}
