internal import AlarmModel
import Alarms
import Store
import Telemetry

/// An alarm with all that is known of it: for the list, for the sheet about one, and for tools.
struct AlarmSheet: Encodable {
    var alarm: AlarmView
    /// Where it stands now; missing where no gateway runs, and of an alarm that has ended.
    var now: AlarmStatus?
    var notices: [NoticeView]
    var runbook: String?
    var instruction: String?
    /// How long it has lasted, or did, in seconds.
    var lasted: Double

    private enum CodingKeys: String, CodingKey { case now, notices, runbook, instruction, lasted }

    /// The keys of the alarm, and those beside it, in one object.
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

    /// `17`, as people type it; `-` of an alarm without a number.
    static func name(_ alarm: AlarmView) -> String { alarm.number.map { "\($0)" } ?? "-" }

    /// What is now, how old that is, and where it goes: `river at 4 ft ↑ 0.3 ft/h`.
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

    /// `↑ 0.3 ft/h`; `→` where less than a hundredth of its unit changes in an hour.
    static func arrow(_ trend: AlarmStatus.Trend) -> String {
        guard abs(trend.perHour) >= 0.01 else { return "→" }
        return
            "\(trend.perHour > 0 ? "↑" : "↓") \(NumberText.short(abs(trend.perHour))) \(trend.unit.isEmpty ? "" : trend.unit)/h"
    }
}
