internal import AlarmModel
import Alarms
import Foundation
import Store
import Telemetry

/// The alarms, a line each: what nobody has acknowledged first, what is suppressed and what has ended last, and as
/// numbers only.
struct AlarmList {
    let ladder: Ladder
    let clock: SiteClock
    let status: GatewayStatus
    /// How wide a line may be; `nil` for any.
    let width: Int?
    let hasColour: Bool
    /// Show what would only be counted.
    var isFull = false

    private enum Section: String, CaseIterable {
        case unacknowledged = "NOT ACKNOWLEDGED"
        case acknowledged = "ACKNOWLEDGED"
        case suppressed = "SUPPRESSED"
        case ended = "ENDED, NOT ACKNOWLEDGED"
        case over = "OVER"

        init(_ alarm: AlarmView) {
            switch AlarmState(rawValue: alarm.state) {
            case .acknowledged: self = .acknowledged
            case .shelved, .outOfService, .suppressed: self = .suppressed
            case .returned: self = .ended
            case .normal: self = .over
            case .unacknowledged, nil: self = .unacknowledged
            }
        }

        var isCounted: Bool { self == .suppressed || self == .ended }
    }

    func lines(_ alarms: [AlarmView]) -> [String] {
        var lines: [String] = []
        let sections = Dictionary(grouping: alarms, by: Section.init)
        for section in Section.allCases {
            guard let rows = sections[section] else { continue }
            if section.isCounted, !isFull { continue }
            if !lines.isEmpty { lines.append("") }
            let zone = isWide ? ", raised at times in \(LocalTime(clock.now, in: clock.zone).zone)" : ""
            lines.append(paint("1", "\(section.rawValue) (\(rows.count))\(zone)"))
            lines += rows.map { line($0) }
        }
        let counted = [
            (sections[.ended]?.count ?? 0, "ended before anyone acknowledged"),
            (sections[.suppressed]?.count ?? 0, "suppressed"),
        ].filter { $0.0 > 0 && !isFull }.map { "\($0.0) \($0.1)" }
        if !counted.isEmpty {
            if !lines.isEmpty { lines.append("") }
            lines.append("\(counted.joined(separator: ", ")): tocsin alarms --full")
        }
        return lines
    }

    private var isWide: Bool { width.map { $0 >= 120 } ?? true }

    private func line(_ alarm: AlarmView) -> String {
        let level =
            (alarm.noData ? "no data" : alarm.cleared == nil ? alarm.level : "ended").uppercased()
            + (alarm.uncertain ? "?" : "")
        let lasted = clock.age(alarm.raised, until: alarm.cleared)
        var text = AlarmSheet.news(alarm, status.alarms[alarm.id], clock)
        if let suppression = alarm.suppression {
            let end = suppression.until.map { " for \(clock.until($0).replacing("in ", with: ""))" } ?? ""
            text = "\(suppression.kind)\(end) by \(suppression.person): \(suppression.reason) | \(text)"
            if !isWide { text = "\(alarm.group): \(text)" }
        } else if let person = alarm.acknowledgedBy {
            let note = alarm.note.map { $0.isEmpty ? "" : ": \($0)" } ?? ""
            text += " | \(person)\(note)"
        }
        if alarm.chattering { text = "chattering: \(text)" }
        let number = String(repeating: " ", count: max(0, 5 - AlarmSheet.name(alarm).count)) + AlarmSheet.name(alarm)
        let head = "\(number) "
        let middle = Terminal.padded(level, 10)
        let time = isWide ? "  \(Terminal.padded(clock.short(alarm.raised), 12))" : ""
        let rest = "\(Terminal.padded(lasted, 8))\(isWide ? Terminal.padded(alarm.place, 30) + "  " : "")\(text)"
        let left = width.map { $0 - head.count - middle.count - 1 - time.count }
        return head + paint(LevelColour.code(alarm.level, ladder), middle) + " " + time
            + ControlCharacters.escaped(Terminal.cut(rest, to: left))
    }

    private func paint(_ code: String, _ text: String) -> String {
        hasColour ? Terminal.paint(code, text) : ControlCharacters.escaped(text)
    }
}
