import AlarmModel
import Alarms
import Devices
import Diagnostics
import Escalation
import Gateway
import Logging
import MQTT
import Pipeline
import SiteConfiguration
import Store
import Telemetry
import TestSupport

/// A gateway from the link to the store, without a process and without a broker: messages in, transitions out, by a
/// clock that the test moves.
final class PipelineBench {
    static let start = AlarmBench.start
    let clock = ManualClock(start)
    let folder: TemporaryFolder
    private(set) var store: Store
    private var pipeline: Pipeline
    private var link: QueueLink
    private var mailbox: Mailbox
    private var configuration: Configuration
    /// The part of the configuration that stays, see ``configure(_:rules:)``.
    private let unchangedSettings: String

    /// - Parameters:
    ///   - profile: of the device family `test`, publishing on `test/{device}`.
    ///   - settings: further lines of the gateway's configuration.
    ///   - health: how it watches over itself: without built-in rules, unless it is said.
    ///   - destinations: their names; each writes into a file.
    ///   - policies: the policies file; `nil` for none.
    init(
        profile: String, devices: String, rules: String, settings: String = "", destinations: [String] = ["log"],
        policies: String? = nil,
        health: String = "{ rules: none }"
    ) throws {
        folder = try TemporaryFolder()
        try folder.write("profiles/test.yaml", profile)
        try folder.write("site.yaml", "site: bench\ndevices:\n" + devices)
        try folder.write("rules/rules.yaml", rules)
        if let policies { try folder.write("policies.yaml", policies) }
        let text = """
            site: site.yaml
            \(policies == nil ? "" : "policies: policies.yaml")
            profiles: profiles
            rules: rules
            broker: { host: nowhere, client_id: gateway }
            store: { path: t.db }
            destinations: [\(destinations.map { "{ name: \($0), kind: log, file: \($0).jsonl }" }.joined(separator: ", "))]
            health: \(health)

            """
        unchangedSettings = text
        configuration = try Self.read(text + settings, folder)
        store = try Store(path: configuration.store.path)
        (pipeline, link, mailbox) = try Self.begin(store, configuration, clock)
    }

    /// A profile of gauges that send a water level.
    /// - Parameter hasTime: whether they send the time of the measurement, in milliseconds as `t`.
    static func gauge(interval: String, silence: String, hasTime: Bool = false) -> String {
        """
        profile: test
        topic: test/{device}
        \(hasTime ? "time: { pointer: /t, format: unix_ms }" : "# without a time")
        interval: \(interval)
        silence: \(silence)
        readings:
          - { quantity: water_level, pointer: /level, unit: m }
        """
    }

    private static func begin(_ store: Store, _ configuration: Configuration, _ clock: ManualClock) throws
        -> (Pipeline, QueueLink, Mailbox)
    {
        let model = try SiteModel.load(configuration) { try store.series($0) }
        let mailbox = try Mailbox()
        let link = QueueLink()
        let pipeline = try Pipeline(
            model, configuration, store: store, clock: clock, mailbox: mailbox, board: StatisticsBoard(),
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }, onCommit: {},
            link: link, onUnstored: { _ in })
        return (pipeline, link, mailbox)
    }

    /// Hands messages over, and lets the pipeline take in what it takes, and do what is due.
    /// - Returns: how many messages each turn took.
    @discardableResult
    func take(_ payloads: String..., from device: String = "d1") -> [Int] { take(payloads, from: device) }

    @discardableResult
    func take(_ payloads: [String], from device: String = "d1") -> [Int] {
        for payload in payloads { link.messages.append((Array("test/\(device)".utf8), Array(payload.utf8))) }
        var turns: [Int] = []
        repeat {
            let before = link.messages.count
            _ = pipeline.turn()
            turns.append(before - link.messages.count)
        } while !link.messages.isEmpty && turns.last != 0
        return turns
    }

    /// Messages that still lie with the link.
    var messagesLeft: Int { link.messages.count }

    /// Lets time pass, in steps of at most half a minute, as a gateway that runs.
    func pass(to end: Instant) {
        while clock.now() < end {
            clock.set(min(end, clock.now() + .seconds(30)))
            report()
        }
    }

    /// What the gateway finds of itself, as it does every half minute: that it is there is stored with it.
    private func report() {
        mailbox.post(.health(HealthReport(diskFree: 0.5, isClockUnsynchronised: false, outbox: nil)))
        _ = pipeline.turn()
    }

    /// Stops, and begins anew on what is stored. Between the two no time passes, unless it is said.
    func restart(after pause: TimeSpan = .zero) throws {
        report()
        pipeline.drain()
        try store.close()
        clock.advance(by: pause)
        store = try Store(path: configuration.store.path)
        (pipeline, link, mailbox) = try Self.begin(store, configuration, clock)
    }

    /// Writes other rules or devices, and goes on with them: after a stop, or by a reload.
    func change(rules: String? = nil, devices: String? = nil, byReload: Bool) throws {
        if let rules { try folder.write("rules/rules.yaml", rules) }
        if let devices { try folder.write("site.yaml", "site: bench\ndevices:\n" + devices) }
        guard byReload else { return try restart() }
        report()
        mailbox.post(.reload(try model()))
        _ = pipeline.turn()
    }

    /// Devices and rules as they stand in the files.
    func model() throws -> SiteModel { try SiteModel.load(configuration) { try store.series($0) } }

    private static func read(_ text: String, _ folder: borrowing TemporaryFolder) throws -> Configuration {
        try Configuration.read(SourceFile(name: folder.file("tocsin.yaml"), text: text), environment: [:])
    }

    /// Begins anew with other further lines of the configuration, and other rules.
    func configure(_ settings: String, rules: String) throws {
        configuration = try Self.read(unchangedSettings + settings, folder)
        try change(rules: rules, byReload: false)
    }

    /// The identities of all escalations, in their order by destination.
    func escalations(to destination: String) throws -> [String] {
        try restart()
        return try StoreReader(path: configuration.store.path).escalationIdentities(to: destination)
    }

    /// Does what an operator asks for.
    func order(_ action: OperatorCommand.Action, _ alarm: String) {
        mailbox.post(.command(OperatorCommand(action, alarm: alarm, person: "ada", note: "seen")) { _ in })
        _ = pipeline.turn()
    }

    /// Flags the readings of a span, or withdraws its flag.
    func flag(_ span: FlaggedSpan) {
        let note = AuditNote("flagged", at: clock.now(), person: "ada", text: span.description)
        mailbox.post(.sensors(.flaggedSpan(span), note, nil) { _ in })
        _ = pipeline.turn()
    }

    func alarms() throws -> [StoredAlarmText] {
        try restart()
        return try StoreReader(path: configuration.store.path).alarms().map(StoredAlarmText.init)
    }

    /// What the audit chain says beside transitions and deliveries.
    func notes() throws -> [String] {
        try restart()
        var notes: [String] = []
        try StoreReader(path: configuration.store.path).forEachAuditRecord(from: { _ in }) { text, _ in
            if let record = CanonicalJSON.value(AuditRecord.self, text), record.alarm == nil, let text = record.text {
                notes.append(text)
            }
        }
        return notes
    }

    /// Stores what there is, and reads all transitions.
    func events() throws -> [EventText] {
        try restart()
        return try StoreReader(path: configuration.store.path).events(after: 0, since: nil, limit: 1_000_000)
            .map(EventText.init)
    }

    func stored() throws -> [(quantity: String, reading: Reading)] {
        try restart()
        var found: [(String, Reading)] = []
        try StoreReader(path: configuration.store.path).forEachReading { device, quantity, reading in
            if device != "gateway" { found.append((quantity, reading)) }
        }
        return found
    }
}

/// A link that always holds, and has what a test has put there.
final class QueueLink: BrokerLink {
    var messages: [(topic: [UInt8], payload: [UInt8])] = []

    var isConnected: Bool { true }
    func keepUp() {}
    func wait(milliseconds: Int32, wake: Int32) {}
    func read(atMost limit: Int, while mayTakeMore: () -> Bool, _ take: (IncomingMessage) -> Void) -> Bool {
        var count = 0
        for message in messages.prefix(limit) where mayTakeMore() {
            count += 1
            message.topic.withUnsafeBytes { topic in
                message.payload.withUnsafeBytes { payload in
                    take(IncomingMessage(topic: topic, payload: payload, qos: 1, isRetained: false))
                }
            }
        }
        messages.removeFirst(count)
        return !messages.isEmpty
    }
    func releaseAcknowledgements() {}
    func dropAcknowledgements(because reason: String, receiveMaximum: Int?) {}
    func takeNewSession() -> Bool { false }
    func subscribe(to wanted: [String]) {}
    func disconnect() {}
}
