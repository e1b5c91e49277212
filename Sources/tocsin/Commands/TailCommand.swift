internal import AlarmModel
import ArgumentParser
import Foundation
import Gateway
import Store
import Telemetry

struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Follow the events of the alarms.",
        discussion: """
            A line shows when the event happened, the alarm's number, its level, the situation, and the reason. \
            The command reads the store, so it works beside a running gateway and without one.

              tocsin tail --since 06:10
              tocsin tail --since yesterday --level warning --area 'us/maryland/**'
              tocsin tail --store tocsin.db --no-follow --json | jq .summary
            """)

    @OptionGroup var options: StoreOptions
    @OptionGroup var times: TimeOptions

    @Option(
        help: ArgumentHelp(
            """
            Begin with the events recorded since then, by the site's clock: 2h (ago), 06:10, today, yesterday, \
            2018-06-03, '2018-06-03 22:00' or 2018-06-03T22:00:00Z. Without it: the last 20 events.
            """, valueName: "time"))
    var since: PastTime?

    @Option(help: ArgumentHelp("Show only alarms of this level or a higher one.", valueName: "level"))
    var level: LevelName?

    @Option(
        help: ArgumentHelp(
            "Show only alarms in this area. In a pattern * matches one part of the path, ** any number of parts.",
            valueName: "area"))
    var area: AreaPattern?

    @OptionGroup var output: OutputOptions

    @Flag(help: "Ring the terminal's bell when an alarm is raised or rises.")
    var bell = false

    @Flag(inversion: .prefixedNo, help: "Wait for further events.")
    var follow = true

    private static let shownAtFirst: Int64 = 20
    /// The number of events that the store returns at once.
    private static let pageSize = 1000

    func run() async throws {
        let store = try options.open()
        let start = since?.instant(in: store.zone, now: times.clock(store).now)
        let minimum = try level?.level(on: store.ladder) ?? .normal
        var last = start == nil ? max(0, try store.reader.newestEvent() - Self.shownAtFirst) : 0
        var log = EventLog(isJSON: output.json)
        while true {
            // The terminal may have become wider, and a line may need today's date.
            let line = EventLine(
                ladder: store.ladder, clock: times.clock(store), width: Terminal.width, paint: Terminal.outputPaint)
            let events = try store.reader.events(after: last, since: start, limit: Self.pageSize).map(EventView.init)
            for event in events {
                last = event.id
                guard event.severity >= minimum.rank, isInArea(event) else { continue }
                log.write(event, line)
                if bell, event.isAlert { Terminal.ring() }
            }
            if events.count == Self.pageSize { continue }
            if !follow { return }
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    private func isInArea(_ event: EventView) -> Bool {
        guard let area else { return true }
        return event.labels["area"].map(area.matches) ?? false
    }
}
