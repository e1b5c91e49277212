import ArgumentParser
import Store

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show everything that happened to an alarm, and why.",
        discussion: """
            A rule and a group name the active alarm there, or the newest one.

              tocsin history 17
              tocsin history river-rising/franklintown --json
            """)

    @OptionGroup var target: AlarmArgument
    @OptionGroup var options: StoreOptions
    @OptionGroup var times: TimeOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let store = try options.open()
        let id = try AlarmTargets(store.reader).one(target.alarm)
        let line = EventLine(
            ladder: store.ladder, clock: times.clock(store), width: Terminal.width, paint: Terminal.outputPaint,
            isHistory: true)
        var log = EventLog(isJSON: output.json)
        for event in try store.reader.history(of: id).map(EventView.init) { log.write(event, line) }
        if output.json { return }
        for notice in try store.reader.notices(of: id).map(NoticeView.init) {
            Terminal.line("  \(AlarmSheetText.line(notice, line.clock))", wrapped: 4)
        }
    }
}
