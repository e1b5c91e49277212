internal import AlarmModel
import ArgumentParser
import Foundation
import Gateway
internal import POSIX
import Store
import Telemetry

struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Follow the escalation log: what happens to the alarms.",
        discussion: """
            Each event: when it was (the site's local time), the alarm's number, its level, what is so, and why. It reads the store, \
            so it works beside a running gateway and after it.

              tocsin tail --since 06:10
              tocsin tail --since yesterday --level warning --area 'us/maryland/**'
              tocsin tail --store tocsin.db --no-follow --json | jq .summary
            """)

    @OptionGroup var options: StoreOptions
    @OptionGroup var times: TimeOptions

    @Option(
        help: ArgumentHelp(
            "Begin with what was recorded since then: 2h (ago), 06:10, today, yesterday, 2018-06-03, '2018-06-03 22:00', by the site's clock, or RFC 3339. Default: the last 20 events.",
            valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only alarms of this level or a higher one.", valueName: "level"))
    var level: String?

    @Option(
        help: ArgumentHelp(
            "Only alarms in this area; * stands for a part of the path, ** for any rest.", valueName: "area"))
    var area: String?

    @Flag(help: "One JSON object a line, with times in UTC.")
    var json = false

    @Flag(help: "Ring the terminal's bell when an alarm is raised or rises.")
    var bell = false

    @Flag(inversion: .prefixedNo, help: "Wait for further events.")
    var follow = true

    func validate() throws {
        if let since, LocalTime.read(since, in: ZoneTable(), now: SystemClock().now()) == nil {
            throw ValidationError(
                "'\(since)' is not a time: write 2h (ago), 06:10, today, yesterday, 2018-06-03, '2018-06-03 22:00' or 2018-06-03T22:00:00Z."
            )
        }
    }

    func run() async throws {
        let store = try options.open()
        let (reader, ladder, clock) = (store.reader, store.ladder, times.clock(store))
        let start = since.flatMap { LocalTime.read($0, in: store.zone, now: clock.now) }
        guard let minimum = level.map({ ladder.level(named: $0).map { Int($0.rank) } }) ?? 0 else {
            Terminal.complain("'\(level ?? "")' is not a level; the ladder is \(ladder)")
            throw ExitCode(64)
        }
        var last = since == nil ? max(0, try reader.newestEvent() - 20) : 0
        var lastDay = ""
        while true {
            let line = EventLine(
                ladder: ladder, clock: times.clock(store), width: Terminal.width,
                hasColour: Terminal.hasColour(STDOUT_FILENO))
            let events = try reader.events(after: last, since: start).map(EventView.init)
            for event in events {
                last = event.id
                guard Int(event.severity) >= minimum, isInArea(event) else { continue }
                if !json, let day = line.day(event), day != lastDay {
                    Terminal.write(line.painted(day: day))
                    lastDay = day
                }
                Terminal.write(json ? JSONText.line(event) : line.text(event))
                if bell, ["raised", "rose", "no-data"].contains(event.kind) {
                    FileHandle.standardOutput.write(Data([7]))
                }
            }
            if events.count == 1000 { continue }
            if !follow { return }
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    private func isInArea(_ event: EventView) -> Bool {
        guard let area else { return true }
        return event.labels["area"].map { PathGlob.matches($0, area) } ?? false
    }
}
