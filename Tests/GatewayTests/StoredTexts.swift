import AlarmModel
import Store
import Telemetry

/// A stored transition as `tocsin tail --json` prints it, for comparisons with texts.
struct EventText: Codable {
    var rule: String
    var group: String
    var kind: String
    var from: String
    var to: String
    var uncertain: Bool
    var time: String
    var recorded: String
    var summary: String
    var causes: [Cause]
    var device: String?
    var note: String?
    var delivered: [String]

    init(_ event: StoreReader.Event) {
        (rule, group, kind, from, to) = (event.rule, event.group, event.kind.rawValue, event.from, event.to)
        (time, recorded) = (event.time.description, event.recorded.description)
        (uncertain, summary) = (event.uncertain, event.summary)
        (causes, device, note, delivered) = (event.causes, event.device, event.note, event.delivered)
    }
}

/// A stored alarm with its state as a word, for comparisons with texts.
struct StoredAlarmText {
    var id: String
    var number: Int?
    var rule: String
    var group: String
    var level: String
    var state: String
    var summary: String

    init(_ alarm: StoreReader.StoredAlarm) {
        (id, number, rule, group) = (alarm.id, alarm.number, alarm.rule, alarm.group)
        (level, state, summary) = (alarm.level, alarm.state.kind.rawValue, alarm.summary)
    }
}
