internal import AlarmModel
import Alarms
import Foundation
import RuleLanguage
import Store
import Telemetry

/// All that is known of one alarm, as an operator reads it.
struct AlarmSheetText {
    let sheet: AlarmSheet
    /// What raised it; and what moved it to where it is now, if that is something else.
    let first: EventView?
    let latest: EventView?
    let clock: SiteClock
    let width: Int?
    let ladder: Ladder
    let hasColour: Bool

    var lines: [String] {
        let alarm = sheet.alarm
        let level = (alarm.noData ? "no data" : alarm.cleared == nil ? alarm.level : "ended").uppercased()
        let state = ["unacknowledged", "returned"].contains(alarm.state) ? "not acknowledged" : alarm.state
        let lasted = SiteClock.span(.seconds(Int64(sheet.lasted)))
        var lines = [
            "\(AlarmSheet.name(alarm))  \(paint(LevelColour.code(alarm.level, ladder), level)), \(state), \(alarm.cleared == nil ? "for" : "lasted") \(lasted)"
        ]
        lines.append(
            "   \(ControlCharacters.escaped(alarm.place)) (\(ControlCharacters.escaped(alarm.hazard)))\(alarm.chattering ? ", chattering" : "")"
        )
        func add(_ word: String, _ texts: [String]) {
            for (index, line) in texts.flatMap({ Terminal.wrapped($0, to: width.map { $0 - 10 }) }).enumerated() {
                lines.append(paint("2", Terminal.padded(index == 0 ? word : "", 10)) + ControlCharacters.escaped(line))
            }
        }
        if let now = sheet.now {
            add("now", [AlarmSheet.news(alarm, now, clock)] + now.causes.filter { $0.holds != nil }.map(\.sentence))
            if let newest = now.newestReading {
                add("", ["newest reading \(clock.age(newest)) ago, at \(clock.full(newest))"])
            }
            if !now.missing.isEmpty { add("silent", now.missing) }
        } else {
            add(alarm.cleared == nil ? "last" : "end", ["\(alarm.summary), at \(clock.full(alarm.changed))"])
        }
        if let first {
            add("raised", ["\(clock.full(first.time)): \(first.summary)"] + first.causes.map(\.pastSentence))
        }
        if let latest {
            add(
                latest.kind,
                ["\(clock.full(latest.time)), from \(latest.from): \(latest.summary)"]
                    + latest.causes.map(\.pastSentence))
        }
        if let cleared = alarm.cleared { add("ended", [clock.full(cleared)]) }
        if let person = alarm.acknowledgedBy {
            let note = alarm.note.map { $0.isEmpty ? "" : ": \($0)" } ?? ""
            add("acknowl.", ["by \(person) at \(clock.full(alarm.acknowledged ?? ""))\(note)"])
        }
        if let suppression = alarm.suppression {
            add(
                suppression.kind,
                [
                    "\(suppression.until.map { "until \(clock.full($0)) " } ?? "")by \(suppression.person): \(suppression.reason)"
                ])
        }
        add("told", sheet.notices.filter { $0.delivered != nil }.map { Self.line($0, clock) })
        add("waits", sheet.notices.filter { $0.delivered == nil }.map { Self.line($0, clock) })
        add(
            "next",
            (sheet.now?.next ?? []).map { step in
                "\(step.destinations.joined(separator: ", ")) \(step.at.map { clock.until($0) } ?? "in its hours") (\(step.policy), \(step.reason))"
            })
        add("do", [sheet.instruction].compactMap(\.self))
        add("read", [sheet.runbook].compactMap(\.self))
        return lines
    }

    /// `pager at 17:05, of raised to warning (flood-duty, step 1, immediately)`
    static func line(_ notice: NoticeView, _ clock: SiteClock) -> String {
        let because = notice.because.map { " (\($0))" } ?? ""
        let what = notice.kind.isEmpty ? "" : ", of '\(notice.kind)'"
        if let delivered = notice.delivered {
            return "\(notice.destination) was told at \(clock.full(delivered))\(what)\(because)"
        }
        let why = notice.error.map { ": \($0)" } ?? ""
        return
            "\(notice.destination) \(notice.isParked ? "has refused it for good" : "is not told yet"), due at \(clock.full(notice.due))\(what)\(because)\(why)"
    }

    private func paint(_ code: String, _ text: String) -> String {
        hasColour ? Terminal.paint(code, text) : ControlCharacters.escaped(text)
    }
}
