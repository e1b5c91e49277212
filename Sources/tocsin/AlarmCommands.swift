import ArgumentParser
import Foundation
import Gateway
import Store

struct AlarmsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alarms",
        abstract: "Shows the alarms that are active, the highest level first, and those that ended before anyone had taken them on.",
        discussion: """
            The last column is the alarm's identity, for ack and history; its beginning is enough where no other alarm has it.

              tocsin alarms -c tocsin.yaml
              tocsin alarms -c tocsin.yaml --json | jq .summary
            """)

    @OptionGroup var options: StoreOptions

    @Flag(help: "Also the alarms that are over and acknowledged.")
    var all = false

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() throws {
        let (reader, ladder) = try options.open()
        let alarms = try reader.alarms(all: all)
        if json {
            for alarm in alarms { Terminal.line(JSONText.line(alarm)) }
            return
        }
        if alarms.isEmpty { return Terminal.line(all ? "no alarms so far" : "no active alarms") }
        let colour = Terminal.hasColour(STDOUT_FILENO)
        let rows = alarms.map { alarm -> [String] in
            let level = (alarm.blind ? "blind" : alarm.level).uppercased() + (alarm.uncertain ? "?" : "")
            let since = String(alarm.raised.prefix(19)).replacing("T", with: " ")
            let until = alarm.shelvedUntil.map { " until \($0.prefix(16).replacing("T", with: " "))" } ?? ""
            return [
                alarm.cleared == nil ? level : "ended", alarm.state + (alarm.state == "shelved" ? until : ""), since, alarm.summary,
                alarm.id,
            ]
        }
        let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
        for (alarm, row) in zip(alarms, rows) {
            let cells = zip(row, widths).enumerated().map { column, cell in
                let text = column == 4 ? cell.0 : cell.0.padding(toLength: cell.1, withPad: " ", startingAt: 0)
                return colour && column == 0 ? "\u{1b}[\(LevelColour.code(alarm.level, ladder))m\(text)\u{1b}[0m" : text
            }
            Terminal.line(cells.joined(separator: "  "))
        }
    }
}

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Shows everything that happened to an alarm, and why.",
        discussion: "  tocsin history river-rising/franklintown -c tocsin.yaml")

    @Argument(help: "The alarm's identity, or its beginning.")
    var alarm: String

    @OptionGroup var options: StoreOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() throws {
        let (reader, ladder) = try options.open()
        let found = try reader.identities(beginningWith: alarm)
        guard let id = found.contains(alarm) ? alarm : found.first else {
            Terminal.complain("there is no alarm '\(alarm)'; see tocsin alarms --all")
            throw ExitCode.failure
        }
        if !json, found.count > 1, id != alarm { Terminal.complain("the newest of \(found.count) alarms that begin so: \(id)") }
        let line = EventLine(colour: Terminal.hasColour(STDOUT_FILENO), ladder: ladder)
        for event in try reader.history(of: id) { Terminal.line(json ? line.json(event) : line.text(event)) }
    }
}

struct OutboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox", abstract: "Shows what waits to be delivered: where, since when, and why.",
        discussion: "Exits with 0 if nothing waits, 1 if something does.")

    @OptionGroup var options: StoreOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() throws {
        let waiting = try options.open().reader.outbox()
        if waiting.isEmpty, !json { Terminal.line("nothing waits") }
        for item in waiting {
            if json {
                Terminal.line(JSONText.line(item))
            } else {
                let since = String(item.created.prefix(19)).replacing("T", with: " ")
                let why = item.error.map { ", tried \(item.attempts) times: \($0)" } ?? ", not tried yet"
                Terminal.line("\(item.destination)  since \(since)  \(item.alarm)\(why)")
            }
        }
        if !waiting.isEmpty { throw ExitCode.failure }
    }
}
