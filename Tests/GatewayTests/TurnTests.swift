import GRDB
import Store
import Telemetry
import TestSupport
import Testing

@testable import Gateway
@testable import Pipeline
@testable import SiteConfiguration

/// What one turn of the pipeline takes in, and what is held while nothing can be stored.
@Suite struct TurnTests {
    private let bench: PipelineBench

    init() throws {
        bench = try PipelineBench(
            profile: """
                profile: test
                topic: test/{device}
                interval: 1h
                readings:
                  - { quantity: acceleration_x, unit: m/s2, samples: { pointer: /x, rate: 100 Hz, time: last } }
                """,
            devices: "  - { id: d1, profile: test, station: s1 }",
            rules:
                "hazard: earthquake\nrules: [{ name: shaking, for_each: device, levels: { watch: acceleration_x > 1000 m/s2 }, blind: none }]\n"
        )
    }

    private func message(_ samples: Int) -> String { "{\"x\":[" + String(repeating: "1,", count: samples - 1) + "1]}" }

    private func batches() throws -> [Int] {
        let queue = try DatabaseQueue(path: bench.folder.file("t.db"))
        defer { try? queue.close() }
        return try queue.read { try Int.fetchAll($0, sql: "SELECT count FROM batch WHERE count > 10") }
    }

    @Test("a turn ends with the message that fills a commit, what is left is read in the next, and all is stored")
    func readings() throws {
        let turns = bench.take(Array(repeating: message(1000), count: 40))
        #expect(turns == Array(repeating: 5, count: 8))
        try bench.restart()
        #expect(try batches() == Array(repeating: 5000, count: 8))
    }

    @Test("a message is never split: one with more readings than a commit takes is stored in one")
    func oneMessage() throws {
        #expect(bench.take([message(12_000), message(10)]) == [1, 1])
        try bench.restart()
        #expect(try batches().first == 12_000)
    }

    @Test("payloads that bring no reading end a turn by their bytes")
    func bytes() throws {
        let junk = String(repeating: "x", count: 200_000)
        #expect(bench.take(Array(repeating: junk, count: 50)) == [21, 21, 8])
    }

    @Test("refused payloads are held up to a number and up to a size, the newest of them")
    func refusals() {
        var batch = StoreBatch()
        for number in 0..<100 {
            batch.add(
                RefusedPayload(
                    device: "d", topic: "t", payload: Array(repeating: UInt8(number), count: 1000), reason: "r",
                    arrived: .distantPast),
                atMost: 50, bytesMax: 20_500)
        }
        #expect(batch.refusals.map(\.payload.first) == (80..<100).map { UInt8($0) })
        #expect(batch.bytesHeld == 20_000)
        batch.removeAll()
        #expect(batch.bytesHeld == 0)
    }
}

/// What other threads leave for the pipeline.
@Suite struct MailboxTests {
    private static let report = HealthReport(diskFree: 0.5, isClockUnsynchronised: false, outbox: nil)

    @Test("a stop is taken by a full box, and read first")
    func stop() throws {
        let mailbox = try Mailbox()
        while mailbox.post(.health(Self.report)) {}
        #expect(!mailbox.post(.reloadFailed))
        #expect(mailbox.post(.stop))
        guard case .stop = mailbox.takeAll().first else { throw TestFailure("the stop is not the first") }
        // It stays said.
        guard case .stop = mailbox.takeAll().first else { throw TestFailure("the stop is forgotten") }
    }

    @Test("of models that wait only the newest is read, and none by a gateway that stops")
    func reloads() throws {
        let bench = try PipelineBench(
            profile: PipelineBench.gauge(interval: "1h", silence: "2h"),
            devices: "  - { id: d1, profile: test, station: s1 }",
            rules: "hazard: flood\nrules: [{ name: high, for_each: station, levels: { watch: water_level > 2 m } }]\n")
        let model = try bench.model()
        let mailbox = try Mailbox()
        for _ in 0..<1000 { #expect(mailbox.post(.reload(model))) }
        mailbox.post(.health(Self.report))
        mailbox.post(.reload(model))
        #expect(mailbox.takeAll().count == 2)
        mailbox.post(.reload(model))
        mailbox.post(.health(Self.report))
        mailbox.post(.stop)
        #expect(mailbox.takeAll().count == 2)
    }
}
