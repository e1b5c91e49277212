import Demo
import Diagnostics
import Logging
import Pipeline
import Replay
import SiteConfiguration
import Store
import Telemetry
import TestSupport
import Testing

/// The demo's acts, without a broker: what they consist of, and that the demo's own files warn of the floods.
@Suite struct PlaybookTests {
    private static let recordings = RepositoryRoot.path + "/Demo/recordings"

    @Test("the acts are in the order of time, and each message becomes as many readings as it should")
    func acts() throws {
        let acts = try Playbook.acts(recordings: Self.recordings, seconds: 100)
        #expect(acts.map { $0.seconds.rounded() } == [25, 20, 55])
        for act in acts {
            #expect(zip(act.messages, act.messages.dropFirst()).allSatisfy { $0.sent <= $1.sent }, "\(act.title)")
        }
        let quake = acts[0].messages.filter { $0.topic.hasPrefix("openeew/") }
        #expect(quake.count == 848 && quake.allSatisfy { $0.readings == 96 })
        #expect(Set(quake.map(\.device)) == ["006", "009", "010", "012", "015"])
        let river = acts[2].messages.filter { $0.device == "gauge-01589330" }
        #expect(river.count == 2592 && river.allSatisfy { $0.readings == 2 })
        #expect(
            river.first.map { String(decoding: $0.payload, as: UTF8.self) }
                == #"{"time":"2018-06-03T00:00:00Z","water_level":1.01,"discharge":30.9}"#)
    }

    @Test("the recorded floods raise warnings before their crests, with the demo's rules, over a replayed recording")
    func floods() throws {
        let folder = try TemporaryFolder()
        let root = RepositoryRoot.path
        let text = """
            site: \(root)/Demo/site.yaml
            profiles: \(root)/Devices/profiles
            rules: \(root)/Rules
            broker: { host: nowhere, client_id: demo }
            store: { path: t.db, retention: { readings: 3650d } }
            destinations:
              - { name: upstream, kind: log, file: upstream.jsonl }
              - { name: duty-log, kind: log, file: duty.jsonl }
            health: { rules: none }
            """
        let configuration = try Configuration.read(
            SourceFile(name: folder.file("tocsin.yaml"), text: text), environment: [:])
        let river = try #require(Playbook.acts(recordings: Self.recordings, seconds: 100).last).messages
            .filter { $0.device == "gauge-01589330" }
        var messages = river.map { RecordedMessage(time: $0.sent, topic: $0.topic, payload: $0.payload) }[...]
        let clock = ScenarioClock(try #require(river.first).sent)
        let link = RecordingLink(clock: clock) { () throws(DiagnosticList) in messages.popFirst() }
        let store = try Store(path: configuration.store.path)
        let pipeline = try Pipeline(
            try SiteModel.load(configuration) { try store.series($0) }, configuration, store: store, clock: clock,
            mailbox: try Mailbox(), board: StatisticsBoard(),
            logger: Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() }, onCommit: {}, link: link,
            onUnstored: { _ in })
        while !link.isAtEnd { _ = pipeline.turn() }
        pipeline.drain()
        try store.close()
        let events = try StoreReader(path: configuration.store.path).events(after: 0, since: nil, limit: 100_000)
            .filter { $0.rule == "river-rising" && ["raised", "rose"].contains($0.kind) && $0.to == "emergency" }
        for crest in ["2018-06-03T22:05:00Z", "2018-06-11T10:15:00Z"] {
            #expect(
                events.contains { $0.time < crest && $0.time.prefix(10) == crest.prefix(10) }, "\(crest): \(events)")
        }
    }
}
