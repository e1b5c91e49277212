import Alarms
import ArgumentParser
import Foundation
import Gateway
import Store
import Telemetry

struct OutboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox", abstract: "Shows what waits to be delivered: where, since when, and why.",
        discussion: """
            What a destination has refused for good is parked: it holds up nothing, and is tried again only with --retry. \
            Exits with 0 if nothing waits, 1 if something does.

              tocsin outbox
              tocsin outbox --retry --destination pager
            """)

    @OptionGroup var options: StoreOptions
    @OptionGroup var times: TimeOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    @Flag(help: "Let the running gateway try again now, parked ones too, instead of waiting longer.")
    var retry = false

    @Option(help: ArgumentHelp("Only what waits for this destination.", valueName: "name"))
    var destination: String?

    func run() throws {
        if retry {
            return try ControlRequest(verb: .retry, alarm: destination ?? "", person: "", note: "").send(
                to: options.settings().control)
        }
        let store = try options.open()
        let clock = times.clock(store)
        let waiting = try store.reader.outbox().map(WaitingView.init)
            .filter { destination == nil || $0.destination == destination }
        if waiting.isEmpty, !json { Terminal.line("nothing waits") }
        for item in waiting {
            if json {
                Terminal.line(JSONText.line(item))
            } else {
                let since = clock.full(item.created)
                let why =
                    item.error.map { ", tried \(item.attempts == 1 ? "once" : "\(item.attempts) times"): \($0)" }
                    ?? ", not tried yet"
                let place = item.alarm.lastIndex(of: "@").map { item.alarm[..<$0] } ?? item.alarm[...]
                let state = item.parked == nil ? "since" : "PARKED, since"
                Terminal.line("\(item.destination)  \(state) \(since)  \(place)\(why)", wrapped: 4)
            }
        }
        if !waiting.isEmpty { throw ExitCode.failure }
    }
}
