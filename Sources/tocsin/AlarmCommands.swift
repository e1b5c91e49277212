import Alarms
import ArgumentParser
import Foundation
import Gateway
import Store
import Telemetry

struct AlarmsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alarms",
        abstract: "Shows the alarms that are active, the highest level first, and those that ended before anyone had taken them on.",
        discussion: """
            The last column is the alarm's identity, for ack and history; rule/group is enough, and so is a beginning up to \
            the end of one of its parts, where no other alarm has it.

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
        let colour = Terminal.hasColour(STDOUT_FILENO)
        let raises = try reader.raises(since: SystemClock().now() - .minutes(10))
        if raises > 10 {
            let text = "alarm flood: \(raises) alarms were raised in the last 10 minutes"
            Terminal.write(colour ? Terminal.paint("1;31", text) : text)
        }
        let asides = try reader.asides()
        defer { showIdleAsides(asides, beside: alarms) }
        if alarms.isEmpty { return Terminal.line(all ? "no alarms so far" : "no active alarms") }
        let rows = alarms.map { alarm -> [String] in
            let level = (alarm.blind ? "blind" : alarm.level).uppercased() + (alarm.uncertain ? "?" : "")
            let since = String(alarm.raised.prefix(19)).replacing("T", with: " ")
            let until = alarm.aside?.until.map { " until \($0.prefix(16).replacing("T", with: " "))" } ?? ""
            let state = alarm.state + (alarm.state == "shelved" ? until : "") + (alarm.flapping ? ", flapping" : "")
            return [alarm.cleared == nil ? level : "ended", state, since, alarm.summary, alarm.id]
        }
        let widths = (0..<5).map { column in min(rows.map { $0[column].count }.max() ?? 0, 70) }
        for (alarm, row) in zip(alarms, rows) {
            let cells = zip(row, widths).enumerated().map { column, cell in
                let text = column == 4 || cell.0.count > cell.1 ? cell.0 : cell.0.padding(toLength: cell.1, withPad: " ", startingAt: 0)
                return colour && column == 0 ? Terminal.paint(LevelColour.code(alarm.level, ladder), text) : ControlCharacters.escaped(text)
            }
            Terminal.write(cells.joined(separator: "  "))
        }
    }

    /// What is put aside without an alarm: nobody would be told if there were one.
    private func showIdleAsides(_ asides: [StoreReader.AsideRow], beside alarms: [StoreReader.AlarmRow]) {
        let shown = Set(alarms.filter { $0.cleared == nil }.map { "\($0.rule)/\($0.group)" })
        for aside in asides where !shown.contains("\(aside.rule)/\(aside.group)") {
            let until = aside.until.map { " until \($0.prefix(16).replacing("T", with: " "))" } ?? ""
            Terminal.line("\(aside.kind)\(until)  \(aside.rule)/\(aside.group)  by \(aside.person): \(aside.reason)")
        }
    }
}

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Shows everything that happened to an alarm, and why.",
        discussion: "  tocsin history river-rising/franklintown -c tocsin.yaml")

    @Argument(help: "The alarm's identity; or rule/group, for the one that is active there, or else the newest.")
    var alarm: String

    @OptionGroup var options: StoreOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() throws {
        let (reader, ladder) = try options.open()
        let found = try reader.alarms(named: alarm)
        guard let id = found.first else {
            Terminal.complain("there is no alarm '\(alarm)'; see tocsin alarms --all")
            throw ExitCode.failure
        }
        guard found.count == 1 else {
            Terminal.complain("'\(alarm)' may be alarms of \(found.count) places: \(AlarmName.list(found))")
            throw ExitCode.failure
        }
        let line = EventLine(colour: Terminal.hasColour(STDOUT_FILENO), ladder: ladder, isHistory: true)
        for event in try reader.history(of: id) { Terminal.write(json ? line.json(event) : line.text(event)) }
    }
}

struct OutboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox", abstract: "Shows what waits to be delivered: where, since when, and why.",
        discussion: """
            What a destination has refused for good is parked: it holds up nothing, and is tried again only with --retry. \
            Exits with 0 if nothing waits, 1 if something does.

              tocsin outbox -c tocsin.yaml
              tocsin outbox -c tocsin.yaml --retry --destination pager
            """)

    @OptionGroup var options: StoreOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    @Flag(help: "Let the running gateway try again now, parked ones too, instead of waiting longer.")
    var retry = false

    @Option(help: ArgumentHelp("Only what waits for this destination.", valueName: "name"))
    var destination: String?

    func validate() throws {
        if retry, options.config == nil { throw ValidationError("--retry reaches the running gateway: name its --config.") }
    }

    func run() throws {
        if retry, let config = options.config {
            return try ControlRequest(verb: .retry, alarm: destination ?? "", person: "", note: "").send(config: config)
        }
        let waiting = try options.open().reader.outbox().filter { destination == nil || $0.destination == destination }
        if waiting.isEmpty, !json { Terminal.line("nothing waits") }
        for item in waiting {
            if json {
                Terminal.line(JSONText.line(item))
            } else {
                let since = String(item.created.prefix(19)).replacing("T", with: " ")
                let why = item.error.map { ", tried \(item.attempts) times: \($0)" } ?? ", not tried yet"
                Terminal.line("\(item.destination)  \(item.parked == nil ? "since" : "PARKED, since") \(since)  \(item.alarm)\(why)")
            }
        }
        if !waiting.isEmpty { throw ExitCode.failure }
    }
}
