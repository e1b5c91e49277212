import Foundation
import RuleLanguage
import Store
import Telemetry

/// An event of the escalation log as an operator reads it.
struct EventLine {
    let colour: Bool
    let ladder: [String]

    /// `2018-06-03 21:05:00  WARNING    river-rising franklintown  …summary — why`
    func text(_ event: StoreReader.Event) -> String {
        let time = String(event.time.prefix(19)).replacing("T", with: " ")
        let word = Self.word(event).uppercased()
        let padded = word + String(repeating: " ", count: max(0, 10 - word.count))
        let why = event.causes.filter { $0.holds != nil || event.uncertain || event.kind == "blind" }.map(\.sentence).joined(
            separator: "; ")
        var line = "\(paint("2", time))  \(paint(code(event), padded)) \(paint("1", event.rule)) \(event.group)"
        line += "  \(event.summary)"
        if event.from != event.to { line += paint("2", "  [\(event.from) → \(event.to)]") }
        if !why.isEmpty { line += "  because \(why)" }
        if !event.waiting.isEmpty { line += paint("33", "  (waiting for \(event.waiting.joined(separator: ", ")))") }
        return line
    }

    func json(_ event: StoreReader.Event) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // An event is texts and finite numbers, which always encode.
        return (try? encoder.encode(event)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// The level it is at now, or what else happened to it.
    private static func word(_ event: StoreReader.Event) -> String {
        switch event.kind {
        case "cleared": "cleared"
        case "retired": "retired"
        case "uncertain": "uncertain"
        case "blind": "blind"
        default: event.to
        }
    }

    /// The colours of the ladder: blue, yellow, orange, red.
    private func code(_ event: StoreReader.Event) -> String {
        switch event.kind {
        case "cleared": return "32"
        case "retired", "uncertain", "blind": return "35"
        default:
            let codes = ["1;34", "1;33", "1;38;5;208", "1;37;41"]
            let rank = ladder.firstIndex(of: event.to) ?? 0
            // The colours are spread over a ladder of any length, its top always red.
            return codes[ladder.count <= 1 ? 3 : rank * 3 / (ladder.count - 1)]
        }
    }

    private func paint(_ code: String, _ text: String) -> String { colour ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text }
}
