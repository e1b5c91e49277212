import Foundation
import RuleLanguage
import Store
import Telemetry

/// An event of the escalation log as an operator reads it.
struct EventLine {
    let colour: Bool
    let ladder: [String]
    /// Whether causes are told as what was, rather than as what is.
    var isHistory = false

    /// One line; parts that could steer a terminal are escaped.
    ///
    /// `2018-06-03 21:05:00  WARNING    river-rising franklintown  …summary — why`
    func text(_ event: StoreReader.Event) -> String {
        let time = String(event.time.prefix(19)).replacing("T", with: " ")
        let word = Self.word(event).uppercased()
        let padded = word + String(repeating: " ", count: max(0, 14 - word.count))
        let why = event.causes.filter { $0.holds != nil || event.uncertain || event.kind == "blind" }.map {
            isHistory ? $0.pastSentence : $0.sentence
        }.joined(
            separator: "; ")
        var line = "\(paint("2", time))  \(paint(code(event), padded)) \(paint("1", event.rule)) "
        line += ControlCharacters.escaped("\(event.group)  \(event.summary)")
        if event.from != event.to { line += paint("2", "  [\(event.from) → \(event.to)]") }
        let note = event.note ?? ""
        if let person = event.person {
            line += ControlCharacters.escaped("  by \(person)" + (note.isEmpty ? "" : ": \(note)"))
        } else if !note.isEmpty {
            line += ControlCharacters.escaped("  (\(note))")
        }
        if !why.isEmpty { line += ControlCharacters.escaped("  because \(why)") }
        if !event.waiting.isEmpty { line += paint("33", "  (waiting for \(event.waiting.joined(separator: ", ")))") }
        return line
    }

    func json(_ event: StoreReader.Event) -> String { JSONText.line(event) }

    /// The level it is at now, or what else happened to it.
    private static func word(_ event: StoreReader.Event) -> String {
        switch event.kind {
        case "raised", "rose", "fell", "certain", "calm": event.to
        default: event.kind
        }
    }

    private func code(_ event: StoreReader.Event) -> String {
        switch event.kind {
        case "raised", "rose", "fell", "certain", "calm": return LevelColour.code(event.to, ladder)
        case "retired", "uncertain", "sensors", "blind", "flapping": return "35"
        default: return "32"
        }
    }

    private func paint(_ code: String, _ text: String) -> String {
        colour ? Terminal.paint(code, text) : ControlCharacters.escaped(text)
    }
}
