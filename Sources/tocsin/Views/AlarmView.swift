import AlarmModel
import Store
internal import Telemetry

/// An alarm as the terminal and `--json` show it. Times are RFC 3339 in UTC; the properties' names are the keys of the
/// JSON.
struct AlarmView: Codable, Equatable {
    var id: String
    /// A short number for people to type.
    var number: Int?
    var rule: String
    var group: String
    var hazard: String
    var level: String
    var rank: UInt8
    var state: AlarmState.Kind
    var uncertain: Bool
    var noData: Bool
    var chattering: Bool
    var raised: String
    var cleared: String?
    /// Event time of the newest transition that was not caused by a person: the summary describes that moment.
    var changed: String
    var summary: String
    var labels: [String: String]
    var acknowledgedBy: String?
    var acknowledged: String?
    var note: String?
    var suppression: SuppressionView?

    var key: AlarmKey { AlarmKey(rule: rule, group: group) }

    /// True if the alarm, active or ended, waits to be acknowledged.
    var isUnacknowledged: Bool { state.needsAcknowledgement }

    init(_ alarm: StoreReader.StoredAlarm) {
        (id, number, rule, group, hazard) = (alarm.id, alarm.number, alarm.rule, alarm.group, alarm.hazard)
        (level, rank, state) = (alarm.level, alarm.rank, alarm.state.kind)
        (uncertain, noData, chattering) = (alarm.uncertain, alarm.noData, alarm.chattering)
        (raised, cleared) = (alarm.raised.description, alarm.cleared?.description)
        (changed, summary, labels) = (alarm.changed.description, alarm.summary, alarm.labels)
        acknowledgedBy = alarm.acknowledgement?.person
        acknowledged = alarm.acknowledgement?.time.description
        note = alarm.acknowledgement?.note
        suppression = alarm.suppression.map { SuppressionView(rule: alarm.rule, group: alarm.group, $0) }
    }
}

/// A suppression by an operator, as the terminal and `--json` show it.
struct SuppressionView: Codable, Equatable {
    var rule: String
    var group: String
    /// `shelved` or `out-of-service`.
    var kind: String
    var since: String
    var until: String?
    var person: String
    var reason: String

    init(rule: String, group: String, _ suppression: Suppression) {
        (self.rule, self.group) = (rule, group)
        kind = suppression.kind.rawValue
        since = suppression.since.description
        until = suppression.until?.description
        (person, reason) = (suppression.person, suppression.reason)
    }

    /// Returns `nil` for a record of the end of a suppression.
    init?(_ record: SuppressionRecord) {
        guard let suppression = record.suppression else { return nil }
        self.init(rule: record.rule, group: record.group, suppression)
    }
}
