import ArgumentParser
import Devices
import Diagnostics
import Discovery
import Foundation
import MQTT
import POSIX
internal import SiteConfiguration
import Telemetry

struct DiscoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discover",
        abstract: "Listen to a broker, show what publishes there, and draft an inventory.",
        discussion: """
            Listens for a while, and groups the topics: how often messages come, a sample, what sends them, and the \
            profile that reads them. What is not sure is marked, with the reason. Ctrl-C ends it early. It only \
            listens, under an identifier of its own, so the gateway can run beside it.

            --inventory writes a draft of an inventory. Devices that are not sure are comments in it.

              tocsin discover --broker mqtt://localhost --profiles Devices/profiles
              tocsin discover 'zigbee2mqtt/#' 'tele/#' --for 10m --inventory draft.yaml
              tocsin discover --json | jq -r 'select(.profile.certainty == "unsure") | .pattern'

            Exits with 0 if something was heard, 1 if nothing was.
            """)

    @Argument(
        help: ArgumentHelp("Listen to these MQTT filters only. Without one: to every topic.", valueName: "filter"))
    var filters: [String] = []

    @Option(name: .customLong("for"), help: ArgumentHelp("How long to listen.", valueName: "duration"))
    var duration: TimeSpan = .seconds(60)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var options: ProfileOptions

    @Option(
        help: ArgumentHelp(
            "A base topic of Zigbee2MQTT, if it is another than zigbee2mqtt and its bridge is not heard.",
            valueName: "topic"))
    var zigbeeBase: [String] = []

    @Option(
        help: ArgumentHelp("Write a draft of an inventory to this file; - for standard output.", valueName: "file"),
        completion: .file())
    var inventory: String?

    @Flag(help: "Replace the file of --inventory if it exists.")
    var force = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (.seconds(1)...(.days(7))).contains(duration) else {
            throw ValidationError("--for must be from 1s to 7d.")
        }
        if output.json, inventory == "-" { throw ValidationError("Name a file with --inventory, or leave out --json.") }
        if force, inventory == nil { throw ValidationError("--force belongs to --inventory.") }
        _ = try wanted()
    }

    /// - Throws: `ValidationError` if a filter is not one.
    private func wanted() throws -> [DiscoveryFilter] {
        do {
            let filters = try filters.map { text throws(DiscoveryFilterError) in try DiscoveryFilter(text) }
            return DiscoveryFilter.needed(of: filters.isEmpty ? [.all] : filters)
        } catch {
            throw ValidationError("\(error.description).")
        }
    }

    func run() throws {
        let target = try inventory.map { try InventoryTarget($0, replaces: force) }
        let surroundings = try DiscoverySurroundings(broker, options)
        let settings = try broker.settings(options.config)
        let filters = try wanted()
        let heard = listen(settings, filters, surroundings.profiles)
        Terminal.clearProgress()
        try report(heard, settings)
        Terminal.showProgress("looking at what was heard …")
        let discovery = Discovery(
            heard, profiles: surroundings.profiles, zigbeeBases: ["zigbee2mqtt"] + zigbeeBase,
            known: surroundings.devices)
        Terminal.clearProgress()
        let summary = DiscoverySummary(heard, discovery, filters)
        if output.json {
            for group in discovery.groups { Terminal.line(JSONText.line(DiscoveryLine(group))) }
        } else if inventory != "-" {
            let table = DiscoveryTable(width: Terminal.width, paint: Terminal.outputPaint)
            for line in table.lines(discovery) { Terminal.write(line) }
        }
        for line in summary.lines {
            if output.json || inventory == "-" { Terminal.complain(line) } else { Terminal.line(line, wrapped: 2) }
        }
        let source = "\(settings.host):\(settings.port), \(SystemClock().now()), \(summary.time)"
        try target?.write(
            InventoryStub.text(discovery, site: surroundings.site ?? "my-site", source: source))
    }

    private func listen(
        _ settings: ConnectionSettings, _ filters: [DiscoveryFilter], _ profiles: [Profile]
    ) -> ListeningResult {
        let stop = StopRequest()
        let signals = Self.signals(stop)
        defer {
            for signal in signals { signal.cancel() }
            for number in Self.signalNumbers { signal(number, SIG_DFL) }
            // The connection's library ignores SIGPIPE. What is printed from here on may go to `head`.
            signal(SIGPIPE, SIG_DFL)
        }
        let troubles = LinkTroubles()
        let link = ListeningConnection(settings, filters: filters.map(\.text), logger: troubles.logger)
        let listener = Listener(
            for: duration, patience: min(.seconds(15), max(.seconds(5), duration)), stop: stop, troubles: troubles,
            now: SystemClock().now())
        return listener.listen(on: link, profiles: profiles) { progress in
            if !progress.isConnected, let trouble = progress.trouble {
                Terminal.clearProgress()
                Terminal.complain(trouble)
            }
            Terminal.showProgress(Self.text(progress))
        }
    }

    private static func text(_ progress: Listener.Progress) -> String {
        let left = Int(max(0, progress.left.seconds).rounded(.up))
        let text =
            progress.isConnected
            ? "\(left) s left, \(progress.messages) messages on \(progress.topics) topics (Ctrl-C to end)"
            : "connecting, \(left) s left"
        // The text before may have been longer.
        return Terminal.padded(text, 72)
    }

    private static let signalNumbers = [SIGINT, SIGTERM]

    /// SIGINT and SIGTERM end the listening. A second one ends the process, as without this.
    private static func signals(_ stop: StopRequest) -> [any DispatchSourceSignal] {
        signalNumbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                stop.request()
                signal(number, SIG_DFL)
            }
            source.resume()
            return source
        }
    }

    /// - Throws: the exit code if nothing was heard, after printing why that may be.
    private func report(_ heard: ListeningResult, _ settings: ConnectionSettings) throws {
        for refused in heard.refused {
            Terminal.complain("the broker refuses the filter \(refused.filter): \(refused.reason)")
        }
        guard heard.census.messages == 0 else { return }
        let place = "\(settings.host):\(settings.port)"
        guard heard.wasConnected else {
            Terminal.complain("there is no connection to \(place): check host, port, TLS and the password")
            throw ExitCode.failure
        }
        Terminal.complain("nothing was published at \(place) in \(DiscoverySummary.time(heard))")
        Terminal.complain(
            """
            check that this is the broker of the devices, that its access rules let this user read the topics \
            (many brokers are silent about what they keep back), and that the filter is right; \
            devices on batteries may need --for 1h or more
            """)
        throw ExitCode.failure
    }
}
