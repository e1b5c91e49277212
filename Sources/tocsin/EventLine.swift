internal import AlarmModel
import Foundation
import RuleLanguage
import Store
import Telemetry

/// An event of the escalation log as an operator reads it.
struct EventLine {
    let ladder: Ladder
    let clock: SiteClock
    /// How wide a line may be; `nil` for any: then everything is on one line.
    let width: Int?
    let hasColour: Bool
    /// Whether causes are told as what was, rather than as what is.
    var isHistory = false

    /// What happened, in a line, and on a terminal why it did in those below; what could steer a terminal is escaped.
    ///
    /// `2018-06-03 17:05:00 UTC-4  17 WARNING     franklintown: river at 3.31 m`
    func text(_ event: EventView) -> String {
        let time = LocalTime(Instant(rfc3339: event.time.utf8) ?? clock.now, in: clock.zone)
        let isNarrow = width.map { $0 < 120 } ?? false
        let shown = isNarrow ? time.minute : time.description
        let number = event.number.map { "\($0)" } ?? "-"
        let word = Terminal.padded(Self.word(event).uppercased(), isNarrow ? 10 : 13)
        let head = "\(shown) \(String(repeating: " ", count: max(0, 4 - number.count)))\(number) "
        let news = news(event)
        let why = why(event)
        guard let width else {
            return paint("2", head) + paint(code(event), word) + " " + ControlCharacters.escaped(news)
                + (why.isEmpty ? "" : ControlCharacters.escaped("  because \(why)"))
        }
        let indent = String(repeating: " ", count: min(head.count + word.count + 1, width / 3))
        var lines = Terminal.wrapped(news, to: width - head.count - word.count - 1).map {
            ControlCharacters.escaped($0)
        }
        if !why.isEmpty { lines += Terminal.wrapped(why, to: width - indent.count).map { paint("2", $0) } }
        return paint("2", head) + paint(code(event), word) + " " + lines.joined(separator: "\n" + indent)
    }

    /// The day and the zone of an event, where its line has neither: to stand above the first event of each day.
    func day(_ event: EventView) -> String? {
        guard let width, width < 120 else { return nil }
        let time = LocalTime(Instant(rfc3339: event.time.utf8) ?? clock.now, in: clock.zone)
        return "\(time.day), times in \(time.zone)"
    }

    func painted(day: String) -> String { paint("2", day) }

    /// What is new, each thing once.
    private func news(_ event: EventView) -> String {
        // Most summaries name the place.
        var text = event.summary.contains(event.group) ? event.summary : "\(event.group): \(event.summary)"
        // What a person does says nothing new of the values.
        if event.person != nil { text = "\(event.rule)/\(event.group)" }
        if event.from != event.to, !["raised", "cleared"].contains(event.kind) { text += "  [was \(event.from)]" }
        let note = event.note ?? ""
        if let person = event.person {
            text += "  by \(person)" + (note.isEmpty ? "" : ": \(note)")
        } else if !note.isEmpty {
            text += "  (\(note))"
        }
        if !event.waiting.isEmpty { text += "  (\(event.waiting.joined(separator: ", ")) not told yet)" }
        return text
    }

    private func why(_ event: EventView) -> String {
        event.causes.filter { $0.holds != nil || event.uncertain || event.kind == "no-data" }
            .map { isHistory ? $0.pastSentence : $0.sentence }.joined(separator: "; ")
    }

    /// The level it is at now, or what else happened to it.
    private static func word(_ event: EventView) -> String {
        switch event.kind {
        case "raised", "rose", "fell", "certain", "calm": event.to
        case "no-data": "no data"
        default: event.kind
        }
    }

    private func code(_ event: EventView) -> String {
        switch event.kind {
        case "raised", "rose", "fell", "certain", "calm": return LevelColour.code(event.to, ladder)
        case "retired", "uncertain", "sensors", "no-data", "chattering": return "35"
        default: return "32"
        }
    }

    private func paint(_ code: String, _ text: String) -> String {
        hasColour ? Terminal.paint(code, text) : ControlCharacters.escaped(text)
    }
}
