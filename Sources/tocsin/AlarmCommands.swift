import Alarms
import ArgumentParser
import Foundation
import Gateway
import Store
import Telemetry

struct AlarmsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alarms",
        abstract: "Show the alarms: what is active and how it stands now, what nobody has acknowledged first.",
        discussion: """
            One line an alarm: its number, its level (? while its sensors say nothing), how long it has lasted, and how it stands now: \
            values, where they go (↑ ↓), and how old they are where that is more than two minutes. The running gateway is asked for that. \
            With an alarm's number or name everything that is known of it is shown: what raised it, who was told, who is next, what to do.

              tocsin alarms
              tocsin alarms 17
              tocsin alarms --full
              tocsin alarms --json | jq .summary
            """)

    @Argument(help: "Show all that is known of these alarms: a number, rule/group, or an identity.")
    var names: [String] = []

    @OptionGroup var options: StoreOptions
    @OptionGroup var times: TimeOptions

    @Flag(help: "Also the alarms that are over and acknowledged.")
    var all = false

    @Flag(
        help:
            "Also a line for each alarm that is suppressed, or has ended unacknowledged: on a terminal they are only counted."
    )
    var full = false

    @Flag(help: "One JSON object a line, with times in UTC.")
    var json = false

    func run() throws {
        let store = try options.open()
        let clock = times.clock(store)
        let status = GatewayStatus(of: store.control)
        var alarms = try store.reader.alarms(all: all || !names.isEmpty).map(AlarmView.init)
        if !names.isEmpty {
            let targets = AlarmTargets(store.reader)
            let wanted = try names.map { try targets.one($0) }
            alarms = wanted.compactMap { id in alarms.first { $0.id == id } }
        }
        if json {
            for alarm in alarms {
                Terminal.line(JSONText.line(try AlarmSheet(alarm, status, store.reader, at: clock.now)))
            }
            return
        }
        let colour = Terminal.hasColour(STDOUT_FILENO)
        if let trouble = status.trouble, alarms.contains(where: { $0.cleared == nil }) {
            Terminal.complain("\(trouble); the values are those of each alarm's last change")
        }
        guard names.isEmpty else {
            for alarm in alarms {
                let sheet = try AlarmSheet(alarm, status, store.reader, at: clock.now)
                let history = try store.reader.history(of: alarm.id).map(EventView.init)
                let moves = history.dropFirst().filter { ["rose", "fell"].contains($0.kind) }
                let text = AlarmSheetText(
                    sheet: sheet, first: history.first, latest: moves.last, clock: clock, width: Terminal.width,
                    ladder: store.ladder,
                    hasColour: colour)
                for line in text.lines { Terminal.write(line) }
            }
            return
        }
        let raises = try store.reader.raises(since: clock.now - .minutes(10))
        if raises > 10 {
            let text = "alarm flood: \(raises) alarms were raised in the last 10 minutes"
            Terminal.write(colour ? Terminal.paint("1;31", text) : text)
        }
        if !alarms.contains(where: { $0.cleared == nil }) { Terminal.line("no active alarms") }
        let list = AlarmList(
            ladder: store.ladder, clock: clock, status: status, width: Terminal.width, hasColour: colour,
            isFull: full || all || Terminal.width == nil)
        for line in list.lines(alarms) { Terminal.write(line) }
        showIdleSuppressions(try store.reader.suppressions().compactMap(SuppressionView.init), beside: alarms, clock)
    }

    /// What is suppressed without an alarm: nobody would be told if there were one.
    private func showIdleSuppressions(
        _ suppressions: [SuppressionView], beside alarms: [AlarmView], _ clock: SiteClock
    ) {
        let shown = Set(alarms.filter { $0.cleared == nil }.map(\.place))
        for suppression in suppressions where !shown.contains("\(suppression.rule)/\(suppression.group)") {
            let until = suppression.until.map { " until \(clock.full($0))" } ?? ""
            Terminal.line(
                "\(suppression.kind)\(until)  \(suppression.rule)/\(suppression.group)  by \(suppression.person): \(suppression.reason)"
            )
        }
    }
}
