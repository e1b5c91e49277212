import ArgumentParser
import Foundation
import Gateway
import Store
import Telemetry

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show everything that happened to an alarm, and why.",
        discussion: """
            An alarm is named by its number, by rule/group, or by its identity. Of rule/group the active alarm is shown, or else the newest.

              tocsin history 17
              tocsin history river-rising/franklintown --json
            """)

    @Argument(help: "The alarm: its number, rule/group, or its identity.")
    var alarm: String

    @OptionGroup var options: StoreOptions
    @OptionGroup var times: TimeOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() throws {
        let store = try options.open()
        let id = try AlarmTargets(store.reader).one(alarm)
        let line = EventLine(
            ladder: store.ladder, clock: times.clock(store), width: Terminal.width,
            hasColour: Terminal.hasColour(STDOUT_FILENO),
            isHistory: true)
        var lastDay = ""
        for event in try store.reader.history(of: id).map(EventView.init) {
            if !json, let day = line.day(event), day != lastDay {
                Terminal.write(line.painted(day: day))
                lastDay = day
            }
            Terminal.write(json ? JSONText.line(event) : line.text(event))
        }
        guard !json else { return }
        for notice in try store.reader.notices(of: id).map(NoticeView.init) {
            Terminal.line("  \(AlarmSheetText.line(notice, line.clock))", wrapped: 4)
        }
    }
}
