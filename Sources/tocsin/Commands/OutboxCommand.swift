internal import AlarmModel
import ArgumentParser
import Gateway
import Store

struct OutboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox", abstract: "Show the deliveries that wait, and try them again.",
        discussion: """
            A line shows the destination, since when the delivery waits, the alarm, and why. The gateway tries again \
            by itself. A delivery that its destination has permanently refused is PARKED: others do not wait for it, \
            and only --retry tries it again. Exits with 0 if nothing waits, 1 if something does.

              tocsin outbox
              tocsin outbox --retry --destination pager
            """)

    @OptionGroup var options: StoreOptions
    @OptionGroup var times: TimeOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Let the running gateway try now, parked deliveries too.")
    var retry = false

    @Option(help: ArgumentHelp("Only deliveries to this destination.", valueName: "name"))
    var destination: Name?

    func run() throws {
        if retry {
            let request = ControlRequest(verb: .retry, alarm: destination?.text ?? "", person: "", note: "")
            return try GatewayClient(path: options.settings().control).send(request)
        }
        let store = try options.open()
        let clock = times.clock(store)
        let waiting = try store.reader.outbox().map(WaitingView.init)
            .filter { destination == nil || $0.destination == destination?.text }
        if waiting.isEmpty, !output.json { Terminal.line("nothing waits") }
        for item in waiting {
            if output.json {
                Terminal.line(JSONText.line(item))
                continue
            }
            let why =
                item.error.map { ", tried \(item.attempts == 1 ? "once" : "\(item.attempts) times"): \($0)" }
                ?? ", not tried yet"
            let state = item.parked == nil ? "since" : "PARKED, since"
            let place = AlarmKey.text(ofIdentity: item.alarm)
            Terminal.line("\(item.destination)  \(state) \(clock.full(item.created))  \(place)\(why)", wrapped: 4)
        }
        if !waiting.isEmpty { throw ExitCode.failure }
    }
}
