internal import AlarmModel
import Diagnostics
import RuleLanguage
import Store
import Telemetry

/// Shows an event of the alarms as an operator reads it.
struct EventLine {
    let ladder: Ladder
    let clock: SiteClock
    /// The columns of a terminal; `nil` if everything goes on one line.
    let width: Int?
    let paint: TextPaint
    /// Set if causes are worded in the past tense.
    var isHistory = false

    /// Returns the event in one line, and on a terminal its causes in the lines below. Characters that could steer a
    /// terminal are escaped.
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
        let start = paint(.faint, head) + paint(style(event), word) + " "
        guard let width else {
            return start + ControlCharacters.escaped(news)
                + (why.isEmpty ? "" : ControlCharacters.escaped("  because \(why)"))
        }
        let indent = String(repeating: " ", count: min(head.count + word.count + 1, width / 3))
        var lines = Terminal.wrapped(news, to: width - head.count - word.count - 1).map {
            ControlCharacters.escaped($0)
        }
        if !why.isEmpty { lines += Terminal.wrapped(why, to: width - indent.count).map { paint(.faint, $0) } }
        return start + lines.joined(separator: "\n" + indent)
    }

    /// Returns the heading above the first event of a day, with the day and the zone; `nil` if each line has both.
    func day(_ event: EventView) -> String? {
        guard let width, width < 120 else { return nil }
        let time = LocalTime(Instant(rfc3339: event.time.utf8) ?? clock.now, in: clock.zone)
        return "\(time.day), times in \(time.zone)"
    }

    /// Returns the news of an event, each item once.
    private func news(_ event: EventView) -> String {
        // Most summaries name the group.
        var text = event.summary.contains(event.group) ? event.summary : "\(event.group): \(event.summary)"
        // A person's command does not change the values.
        if event.person != nil { text = "\(event.rule)/\(event.group)" }
        if event.from != event.to, ![.raised, .cleared].contains(event.kind) {
            text += "  [was \(event.from)]"
        }
        let note = event.note ?? ""
        if let person = event.person {
            text += "  by \(person)" + (note.isEmpty ? "" : ": \(note)")
        } else if !note.isEmpty {
            text += "  (\(note))"
        }
        if !event.waiting.isEmpty { text += "  (\(event.waiting.joined(separator: ", ")) not notified yet)" }
        return text
    }

    private func why(_ event: EventView) -> String {
        event.causes.filter { $0.holds != nil || event.uncertain || event.kind == .noData }
            .map { isHistory ? $0.pastSentence : $0.sentence }.joined(separator: "; ")
    }

    /// Returns the alarm's level, or what else happened to it.
    private static func word(_ event: EventView) -> String {
        switch event.kind {
        case .raised, .rose, .fell, .certain, .calm: event.to
        case let kind: kind.shown
        }
    }

    private func style(_ event: EventView) -> TextPaint.Style {
        switch event.kind {
        case .raised, .rose, .fell, .certain, .calm: LevelColour.style(event.to, ladder)
        case .retired, .uncertain, .sensors, .noData, .chattering: .magenta
        case .cleared, .acknowledged, .shelved, .unshelved, .suppressed, .released, .outOfService, .inService:
            .green
        }
    }
}

extension Transition.Kind {
    /// The kind as people read it.
    var shown: String { self == .noData ? "no data" : rawValue }
}
