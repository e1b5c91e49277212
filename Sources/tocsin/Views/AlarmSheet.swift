internal import AlarmModel
import Alarms
import Store
import Telemetry

/// An alarm with everything that is known about it, as the sheet and `--json` show it.
struct AlarmSheet: Encodable {
    var alarm: AlarmView
    /// The present situation; `nil` if no gateway runs, and for an alarm that has ended.
    var now: AlarmStatus?
    var notices: [NoticeView]
    var runbook: String?
    var instruction: String?
    /// The time that the alarm has lasted, in seconds.
    var lasted: Double

    private enum CodingKeys: String, CodingKey { case now, notices, runbook, instruction, lasted }

    /// Encodes the alarm's keys and the other keys in one object.
    func encode(to encoder: any Encoder) throws {
        try alarm.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(now, forKey: .now)
        try container.encode(notices, forKey: .notices)
        try container.encodeIfPresent(runbook, forKey: .runbook)
        try container.encodeIfPresent(instruction, forKey: .instruction)
        try container.encode(lasted, forKey: .lasted)
    }

    init(_ alarm: AlarmView, _ status: GatewayStatus, _ reader: StoreReader, at now: Instant) throws {
        self.alarm = alarm
        self.now = alarm.cleared == nil ? status.alarms[alarm.id] : nil
        notices = try reader.notices(of: alarm.id).map(NoticeView.init)
        let guidance = try reader.guidance(of: alarm.id)
        runbook = self.now?.runbook ?? guidance.runbook
        instruction = self.now?.instruction ?? guidance.instruction
        let raised = Instant(rfc3339: alarm.raised.utf8) ?? now
        lasted = ((alarm.cleared.flatMap { Instant(rfc3339: $0.utf8) } ?? now) - raised).seconds
    }

    /// `17`, as people type it; `-` for an alarm without a number.
    static func name(_ alarm: AlarmView) -> String { alarm.number.map { "\($0)" } ?? "-" }

    /// The present situation, its trend, and its age: `river at 4 ft ↑ 0.3 ft/h`.
    static func news(_ alarm: AlarmView, _ status: AlarmStatus?, _ clock: SiteClock) -> String {
        guard alarm.cleared == nil else { return alarm.summary }
        guard let status else { return "\(alarm.summary) (\(clock.age(alarm.changed)) ago)" }
        var text = status.summary
        if let trend = status.trend { text += " \(arrow(trend))" }
        if let newest = status.newestReading.flatMap({ Instant(rfc3339: $0.utf8) }), clock.now - newest > .minutes(2) {
            text += " (\(SiteClock.span(clock.now - newest)) ago)"
        }
        return text
    }

    /// `↑ 0.3 ft/h`; `→` for a change of less than a hundredth of the unit in an hour.
    static func arrow(_ trend: AlarmStatus.Trend) -> String {
        guard abs(trend.perHour) >= 0.01 else { return "→" }
        return "\(trend.perHour > 0 ? "↑" : "↓") \(NumberText.short(abs(trend.perHour))) \(trend.unit)/h"
    }
}
