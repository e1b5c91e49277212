import AlarmModel
import Store
internal import Telemetry

/// A transition as the terminal and `--json` show it. Times are RFC 3339 in UTC; the properties' names are the keys of
/// the JSON.
struct EventView: Codable, Equatable {
    var id: Int64
    var alarm: String
    /// The alarm's short number.
    var number: Int?
    var sequence: Int
    var rule: String
    var group: String
    var hazard: String
    var kind: Transition.Kind
    var from: String
    var to: String
    var severity: UInt8
    var uncertain: Bool
    var time: String
    var recorded: String
    var summary: String
    var causes: [Cause]
    var labels: [String: String]
    var device: String?
    var person: String?
    var note: String?
    /// The destinations that have its message, and those that wait for it.
    var delivered: [String]
    var waiting: [String]

    /// True if an alarm begins or rises.
    var isAlert: Bool { kind.isBeginning || kind == .rose }

    init(_ event: StoreReader.Event) {
        (id, alarm, number, sequence) = (event.id, event.alarm, event.number, event.sequence)
        (rule, group, hazard, labels) = (event.rule, event.group, event.hazard, event.labels)
        (kind, from, to) = (event.kind, event.from, event.to)
        (severity, uncertain) = (event.severity, event.uncertain)
        (time, recorded) = (event.time.description, event.recorded.description)
        (summary, causes, device) = (event.summary, event.causes, event.device)
        (person, note) = (event.person, event.note)
        (delivered, waiting) = (event.delivered, event.waiting)
    }
}
