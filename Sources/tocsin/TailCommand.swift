import ArgumentParser
import Foundation
import Gateway
import Store
import Telemetry

struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Follows the escalation log, one line an event.",
        discussion: """
            Each line: the time of the event, the level, the alarm, the place, and why. It reads the store, so it \
            works beside a running gateway and after it.

              tocsin tail -c tocsin.yaml --since 2h
              tocsin tail -c tocsin.yaml --level warning --area 'us/maryland/**'
              tocsin tail --store tocsin.db --no-follow --json | jq .summary
            """)

    @OptionGroup var options: StoreOptions

    @Option(
        help: ArgumentHelp(
            "Begin with what was recorded since then: a duration back from now (2h), or an RFC 3339 time. Default: the last 20 events.",
            valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only alarms of this level or a higher one.", valueName: "level"))
    var level: String?

    @Option(help: ArgumentHelp("Only alarms in this area; * stands for a part of the path, ** for any rest.", valueName: "area"))
    var area: String?

    @Flag(help: "One JSON object a line.")
    var json = false

    @Flag(inversion: .prefixedNo, help: "Wait for further events.")
    var follow = true

    func validate() throws {
        if let since, start(since) == nil {
            throw ValidationError("--since takes a duration such as 2h, or a time such as 2018-06-03T22:00:00Z; '\(since)' is neither.")
        }
    }

    func run() async throws {
        let (reader, ladder) = try options.open()
        guard let minimum = level.map({ ladder.firstIndex(of: $0).map { $0 + 1 } }) ?? 0 else {
            Terminal.complain("'\(level ?? "")' is not a level; the ladder is \(ladder.joined(separator: ", "))")
            throw ExitCode(64)
        }
        var last = since == nil ? max(0, try reader.newestEvent() - 20) : 0
        let line = EventLine(colour: Terminal.hasColour(STDOUT_FILENO), ladder: ladder)
        let start = since.flatMap { self.start($0) }
        while true {
            let events = try reader.events(after: last, since: start)
            for event in events {
                last = event.id
                guard Int(event.severity) >= minimum, isInArea(event) else { continue }
                Terminal.write(json ? line.json(event) : line.text(event))
            }
            if events.count == 1000 { continue }
            if !follow { return }
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    private func start(_ text: String) -> Instant? {
        TimeSpan(text: text).map { SystemClock().now() - $0 } ?? Instant(rfc3339: text.utf8)
    }

    private func isInArea(_ event: StoreReader.Event) -> Bool {
        guard let area else { return true }
        return event.labels["area"].map { PathGlob.matches($0, area) } ?? false
    }
}
