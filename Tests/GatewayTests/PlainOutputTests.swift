import AlarmModel
import Alarms
import Escalation
import Foundation
import GRDB
import Gateway
import Logging
import Store
import Synchronization
import Telemetry
import TestSupport
import Testing

/// What people and tools read, where a label, a note, a name and a receiver's answer mean to steer their terminal.
@Suite struct PlainOutputTests {
    private static let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J\nWATCH all is well\u{9b}31m\u{202e}"

    private func store(_ folder: borrowing TemporaryFolder) throws -> String {
        let path = folder.file("t.db")
        let store = try Store(path: path)
        var bench = try AlarmBench()
        var planner = EscalationPlanner(
            site: "s", destinations: [.init(name: "up", minimumLevel: .init(rank: 1))], policies: PolicySet())
        var batch = StoreBatch()
        batch.arrived = AlarmBench.start
        var raised = try #require(bench.feed([(0, 2.5)]).first)
        raised.alarm.summary = "high \(Self.hostile)"
        raised.alarm.labels["station"] = Self.hostile
        raised.note = Self.hostile
        raised.person = "ada\(Self.hostile)"
        batch.transitions = [raised]
        batch.escalations = planner.note(raised)
        batch.notes = [AuditNote("started", at: AlarmBench.start, text: Self.hostile)]
        try store.commit(batch)
        try store.close()
        return path
    }

    @Test(
        "no command lets a control character through, and one event is one line",
        arguments: [
            ["alarms"], ["alarms", "--all"], ["alarms", "1"], ["sensors"], ["refused"], ["history", "river-rising/s1"],
            ["tail", "--no-follow", "--since", "10000d"], ["outbox"],
            ["audit", "verify"],
            ["audit", "export"], ["store", "check"],
        ], [false, true])
    func commands(arguments: [String], isJSON: Bool) throws {
        let folder = try TemporaryFolder()
        let path = try store(folder)
        if isJSON, ["audit", "store", "sensors", "refused"].contains(arguments[0]) { return }
        let shown = try TocsinBinary.run(arguments + ["--store", path] + (isJSON ? ["--json"] : []))
        let text = shown.output + shown.errors
        #expect(!text.isEmpty)
        let found = text.unicodeScalars.filter { ControlCharacters.contains($0) && $0 != "\n" }
        #expect(found.isEmpty, "\(text.debugDescription)")
        // Below an alarm's history is a line for each destination that was notified: here one.
        let lines = arguments[0] == "history" && !isJSON ? 2 : 1
        if arguments[0] == "history" || arguments[0] == "tail" {
            #expect(shown.output.split(separator: "\n").count == lines)
        }
        if isJSON {
            for line in shown.output.split(separator: "\n") {
                let value = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                if let summary = value?["summary"] as? String { #expect(summary == "high \(Self.hostile)") }
            }
        }
    }

    @Test(
        "an event is shown as no data and as chattering, also under the name that an earlier version stored",
        arguments: [
            ("no-data", "NO DATA"), ("blind", "NO DATA"), ("chattering", "CHATTERING"), ("flapping", "CHATTERING"),
        ])
    func formerKinds(kind: String, shown: String) throws {
        let folder = try TemporaryFolder()
        let path = try store(folder)
        try DatabaseQueue(path: path).write { try $0.execute(sql: "UPDATE transition SET kind = ?", arguments: [kind]) }
        let tail = try TocsinBinary.run(["tail", "--no-follow", "--since", "10000d", "--bell", "--store", path]).output
        #expect(tail.contains(" \(shown) "), "\(tail)")
        #expect(tail.contains("\u{7}") == (shown == "NO DATA"))
    }

    @Test("the gateway's log has one line for a message, whatever is in it")
    func log() {
        let written = Mutex<[String]>([])
        struct Recorder: LogHandler {
            let take: @Sendable (String) -> Void
            var metadata: Logger.Metadata = [:]
            var logLevel = Logger.Level.trace
            subscript(metadataKey key: String) -> Logger.Metadata.Value? {
                get { metadata[key] }
                set { metadata[key] = newValue }
            }
            func log(
                level: Logger.Level, message: Logger.Message, metadata: Logger.Metadata?, source: String, file: String,
                function: String,
                line: UInt
            ) { take("\(message) \(metadata ?? [:]) \(self.metadata)") }
        }
        var logger = Logger(label: "t") { _ in
            PlainLogHandler(Recorder { text in written.withLock { $0.append(text) } })
        }
        logger[metadataKey: "always"] = "\(Self.hostile)"
        logger.warning("refused\u{1b}[2J: two\nlines", metadata: ["by": "\(Self.hostile)", "all": ["a", "\u{1b}"]])
        let text = written.withLock { $0 }.joined()
        #expect(text.contains("two\n    lines"))
        #expect(text.unicodeScalars.filter { ControlCharacters.contains($0) } == ["\n"], "\(text.debugDescription)")
    }
}
