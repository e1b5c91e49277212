internal import AlarmModel
import Alarms
import Diagnostics
import Foundation
import RuleLanguage
import Store
import Telemetry

/// Shows everything about one alarm as an operator reads it.
struct AlarmSheetText {
    let sheet: AlarmSheet
    /// The event that raised the alarm, and the one that last changed its level, if that is another.
    let first: StoreReader.Event?
    let latest: StoreReader.Event?
    let clock: SiteClock
    let width: Int?
    let ladder: Ladder
    let paint: TextPaint

    var lines: [String] {
        let alarm = sheet.alarm
        let level = (alarm.noData ? "no data" : alarm.cleared == nil ? alarm.level : "ended").uppercased()
        let state = alarm.isUnacknowledged ? "not acknowledged" : alarm.state
        let lasted = SiteClock.span(.seconds(Int64(sheet.lasted)))
        let shownLevel = paint(LevelColour.style(alarm.level, ladder), level)
        let duration = "\(alarm.cleared == nil ? "for" : "lasted") \(lasted)"
        var lines = ["\(AlarmSheet.name(alarm))  \(shownLevel), \(state), \(duration)"]
        lines.append(
            "   "
                + ControlCharacters.escaped("\(alarm.key) (\(alarm.hazard))\(alarm.chattering ? ", chattering" : "")")
        )
        func add(_ word: String, _ texts: [String]) {
            for (index, line) in texts.flatMap({ Terminal.wrapped($0, to: width.map { $0 - 10 }) }).enumerated() {
                lines.append(
                    paint(.faint, Terminal.padded(index == 0 ? word : "", 10)) + ControlCharacters.escaped(line))
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
            let until = suppression.until.map { "until \(clock.full($0)) " } ?? ""
            add(suppression.kind, ["\(until)by \(suppression.person): \(suppression.reason)"])
        }
        add("notified", sheet.notices.filter { $0.delivered != nil }.map { Self.line($0, clock) })
        add("waiting", sheet.notices.filter { $0.delivered == nil }.map { Self.line($0, clock) })
        add(
            "next",
            (sheet.now?.next ?? []).map { step in
                let time = step.at.map { clock.until($0) } ?? "in its hours"
                return "\(step.destinations.joined(separator: ", ")) \(time) (\(step.policy), \(step.reason))"
            })
        add("do", [sheet.instruction].compactMap(\.self))
        add("read", [sheet.runbook].compactMap(\.self))
        return lines
    }

    /// `pager was notified at 2018-06-03 17:05:00 UTC-4, of 'rose' (flood-duty, step 1, immediately)`
    static func line(_ notice: StoreReader.Notice, _ clock: SiteClock) -> String {
        let because = notice.because.map { " (\($0))" } ?? ""
        let kind = Transition.Kind(word: notice.kind)?.shown ?? notice.kind
        let what = kind.isEmpty ? "" : ", of '\(kind)'"
        if let delivered = notice.delivered {
            return "\(notice.destination) was notified at \(clock.full(delivered))\(what)\(because)"
        }
        let why = notice.error.map { ": \($0)" } ?? ""
        let state = notice.isParked ? "has permanently refused it" : "is not notified yet"
        return "\(notice.destination) \(state), due at \(clock.full(notice.due))\(what)\(because)\(why)"
    }
}
