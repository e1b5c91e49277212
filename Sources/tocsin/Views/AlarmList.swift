internal import AlarmModel
import Alarms
import Diagnostics
import Foundation
import Store
import Telemetry

/// Lists the alarms, one per line.
///
/// Unacknowledged alarms are first. Suppressed and ended ones are last, and are only counted.
struct AlarmList {
    let ladder: Ladder
    let clock: SiteClock
    let status: GatewayStatus
    /// The columns of a terminal; `nil` if lines may have any length.
    let width: Int?
    let paint: TextPaint
    /// Set if suppressed and ended alarms have lines too.
    var isFull = false

    private enum Section: String, CaseIterable {
        case unacknowledged = "NOT ACKNOWLEDGED"
        case acknowledged = "ACKNOWLEDGED"
        case suppressed = "SUPPRESSED"
        case ended = "ENDED, NOT ACKNOWLEDGED"
        case over = "OVER"

        init(_ alarm: AlarmView) {
            switch alarm.state {
            case .acknowledged: self = .acknowledged
            case .shelved, .outOfService, .suppressed: self = .suppressed
            case .returnedUnacknowledged: self = .ended
            case .normal: self = .over
            case .unacknowledged: self = .unacknowledged
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
            lines.append(paint(.bold, "\(section.rawValue) (\(rows.count))\(zone)"))
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
        let rest =
            "\(Terminal.padded(lasted, 8))\(isWide ? Terminal.padded(alarm.key.description, 30) + "  " : "")\(text)"
        let left = width.map { $0 - head.count - middle.count - 1 - time.count }
        return head + paint(LevelColour.style(alarm.level, ladder), middle) + " " + time
            + ControlCharacters.escaped(Terminal.cut(rest, to: left))
    }
}
