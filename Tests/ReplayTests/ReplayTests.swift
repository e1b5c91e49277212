import Diagnostics
import Logging
import MQTT
import Pipeline
import Replay
import SiteConfiguration
import Store
import Telemetry
import TestSupport
import Testing

/// A recording that is replayed gives the transitions that its messages give over a broker.
@Suite struct ReplayTests {
    /// An evening at two gauges: `d1` rises and falls, and `d2` is silent for an hour. No timer is due at the time of a
    /// message, since their order would be open.
    private static let recordings = [
        """
        time,device,quantity,value
        2026-03-01T18:00:00Z,d1,water_level,0.5
        2026-03-01T18:05:00Z,d1,water_level,0.9
        2026-03-01T18:10:00Z,d1,water_level,2.9
        2026-03-01T18:15:00Z,d1,water_level,3.4
        2026-03-01T18:20:00Z,d1,water_level,3.9
        2026-03-01T18:25:00Z,d1,water_level,0.7
        2026-03-01T18:30:00Z,d1,water_level,0.6
        2026-03-01T18:36:00Z,d1,water_level,0.6
        2026-03-01T18:54:00Z,d1,water_level,0.6
        2026-03-01T19:25:00Z,d1,water_level,0.6
        """,
        """
        time,device,quantity,value
        2026-03-01T18:02:00Z,d2,water_level,0.5
        2026-03-01T18:11:00Z,d2,water_level,2.5
        2026-03-01T19:12:00Z,d2,water_level,2.6
        2026-03-01T19:13:00Z,d2,water_level,0.4
        """,
    ]

    private static let rules = """
        hazard: flood
        rules:
          - name: high-water
            summary: "{station}: water at {level}"
            for_each: station
            let: { level: water_level }
            levels: { watch: level > 2 m, warning: level > 3 m for 4m }
            clear: level < 1 m for 10m
        """

    /// A pipeline over a store of its own.
    private final class Site {
        let folder: TemporaryFolder
        let clock: ScenarioClock
        let mailbox: Mailbox
        let board = StatisticsBoard()
        private let configuration: Configuration
        private let store: Store
        let pipeline: Pipeline

        init(_ clock: ScenarioClock, _ link: any BrokerLink) throws {
            self.clock = clock
            folder = try TemporaryFolder()
            try folder.write("profiles/p.yaml", try RepositoryRoot.file("Devices/profiles/generic-json.yaml").text)
            let devices = ["d1", "d2"].map {
                "  - { id: \($0), profile: generic-json, station: s-\($0), interval: 5m, silence: 20m, "
                    + "quantities: [water_level] }"
            }
            try folder.write("site.yaml", "site: replay\ndevices:\n" + devices.joined(separator: "\n"))
            try folder.write("rules/rules.yaml", ReplayTests.rules)
            let text = """
                site: site.yaml
                profiles: profiles
                rules: rules
                broker: { host: nowhere, client_id: gateway }
                store: { path: t.db }
                destinations: [{ name: log, kind: log, file: log.jsonl }]
                health: { rules: none }
                """
            configuration = try Configuration.read(
                SourceFile(name: folder.file("tocsin.yaml"), text: text), environment: [:])
            let store = try Store(path: configuration.store.path)
            self.store = store
            mailbox = try Mailbox()
            let model = try SiteModel.load(configuration) { try store.series($0) }
            pipeline = try Pipeline(
                model, configuration, store: store, clock: clock, mailbox: mailbox, board: board,
                logger: Logger(label: "replay") { _ in SwiftLogNoOpLogHandler() }, onCommit: {}, link: link,
                onUnstored: { _ in })
        }

        /// Ends the pipeline.
        /// - Returns: all transitions, each as `time rule group kind from to summary`.
        func transitions() throws -> [String] {
            pipeline.drain()
            try store.close()
            return try StoreReader(path: configuration.store.path).events(after: 0, since: nil).map {
                "\($0.time) \($0.rule) \($0.group) \($0.kind) \($0.from) \($0.to) \($0.summary)"
            }
        }
    }

    private func merge(_ folder: TemporaryFolder) throws -> RecordingMerge {
        try RecordingMerge(
            Self.recordings.enumerated().map { number, text in
                try RecordingReader(try folder.write("recording-\(number).csv", text), .values)
            })
    }

    private func replay() throws -> [String] {
        let folder = try TemporaryFolder()
        var messages = try merge(folder)
        let clock = ScenarioClock(try #require(messages.start))
        let link = RecordingLink(clock: clock) { () throws(DiagnosticList) in try messages.next() }
        let site = try Site(clock, link)
        while !link.isAtEnd { _ = site.pipeline.turn() }
        #expect(link.failure == nil)
        return try site.transitions()
    }

    /// The same messages through a mosquitto, each at its time, and time in steps of half a minute.
    private func playLive() async throws -> [String] {
        let folder = try TemporaryFolder()
        var messages = try merge(folder)
        let clock = ScenarioClock(try #require(messages.start))
        let broker = try RealBroker()
        let quiet = Logger(label: "live") { _ in SwiftLogNoOpLogHandler() }
        let publisher = try Publisher(broker.settings("sensors"), logger: quiet)
        publisher.start()
        var settings = broker.settings("gateway")
        settings.keepaliveSeconds = 10
        let site = try Site(
            clock, BrokerConnection(settings, filters: ["sensors/+/readings"], logger: quiet))
        func turn() {
            // A letter ends the wait of the turn.
            site.mailbox.post(.status { _ in })
            _ = site.pipeline.turn()
        }
        // A message on another topic arrives as soon as the broker has the subscription.
        try await eventually("the gateway listens") {
            try publisher.post(topic: "sensors/probe/readings", payload: [])
            turn()
            return site.board.current.unknownTopics > 0
        }
        var sent = 0
        while let message = try messages.next() {
            while clock.now() < message.time {
                clock.advance(to: min(clock.now() + .seconds(30), message.time))
                turn()
            }
            try publisher.post(topic: message.topic, payload: message.payload)
            sent += 1
            try await eventually("the message has come") {
                turn()
                return site.board.current.readings >= sent
            }
        }
        return try site.transitions()
    }

    @Test("a replay gives the transitions that the messages give over a broker")
    func sameTransitions() async throws {
        let replayed = try replay()
        let live = try await playLive()
        #expect(replayed == live)
        // The flood comes and goes, a timer raises its level between two messages, and the silence is noticed in time.
        func has(_ text: String, from: String, to: String) -> Bool {
            replayed.contains { $0.contains(text) && "2026-03-01T" + from <= $0 && $0 < "2026-03-01T" + to }
        }
        #expect(has("high-water s-d1 raised normal watch", from: "18:10:00Z", to: "18:11"), "\(replayed)")
        #expect(has("high-water s-d1 rose watch warning", from: "18:19:00Z", to: "18:20"), "\(replayed)")
        #expect(has("high-water s-d1 cleared", from: "18:25", to: "18:54"), "\(replayed)")
        #expect(has("high-water s-d2", from: "18:31", to: "19:12"), "\(replayed)")
    }

    @Test("a replay gives the same transitions each time")
    func repeatable() throws {
        #expect(try replay() == replay())
    }

    @Test("a line that cannot be read ends the replay with everything before it, and is named")
    func brokenLine() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "broken.csv",
            """
            time,device,quantity,value
            2026-03-01T18:00:00Z,d1,water_level,0.5
            2026-03-01T18:05:00Z,d1,water_level,2.5
            2026-03-01T18:10:00Z,d1,water_level,high
            2026-03-01T18:15:00Z,d1,water_level,0.5
            """)
        var reader = try RecordingReader(path, .values)
        let clock = ScenarioClock(try #require(Instant(rfc3339: "2026-03-01T18:00:00Z".utf8)))
        let link = RecordingLink(clock: clock) { () throws(DiagnosticList) in try reader.next() }
        let site = try Site(clock, link)
        while !link.isAtEnd { _ = site.pipeline.turn() }
        #expect(link.failure?.description.contains("broken.csv:4:37: error: 'high' is not a number") == true)
        #expect(site.board.current.readings == 2)
    }
}
