import Alarms
import Foundation
import Logging
import ServiceLifecycle
import Store
import Synchronization
import Telemetry
import TestSupport
import Testing
import Uplink

/// A destination that fails as often as it is told to.
private final class Stubborn: Destination {
    let name: String
    private let state: Mutex<(failures: Int, delivered: [String])>

    init(_ name: String, failures: Int) {
        self.name = name
        state = Mutex((failures, []))
    }

    var delivered: [String] { state.withLock(\.delivered) }

    func deliver(_ escalation: Escalation, after earlier: [Escalation]) async throws {
        try state.withLock { state in
            if state.failures > 0 {
                state.failures -= 1
                throw DeliveryError("not now")
            }
            state.delivered.append(escalation.identity)
        }
    }
}

@Suite struct DispatcherTests {
    static let start = Instant(rfc3339: "2018-06-03T20:00:00Z".utf8)!  // a literal that reads

    private func escalations(_ range: Range<Int>, to destination: String) -> [Escalation] {
        range.map {
            Escalation(
                identity: "a#\($0)/\(destination)", alarm: "a", destination: destination, severity: 1, payload: "{\"n\":\($0)}",
                created: Self.start)
        }
    }

    @Test("a destination that fails gets everything in order once it works, and holds up no other")
    func order() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var batch = StoreBatch()
        batch.escalations = escalations(0..<5, to: "dead") + escalations(0..<5, to: "slow") + escalations(0..<5, to: "well")
        try store.commit(batch)
        let slow = Stubborn("slow", failures: 2)
        let well = Stubborn("well", failures: 0)
        let dead = Stubborn("dead", failures: .max)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let dispatcher = Dispatcher(destinations: [dead, slow, well], store: store, clock: ManualClock(Self.start), logger: logger)
        let running = Task { try await dispatcher.run() }
        try await eventually("the one that works has all") { well.delivered.count == 5 }
        var more = StoreBatch()
        more.escalations = escalations(5..<8, to: "well")
        try store.commit(more)
        dispatcher.ring()
        try await eventually(within: 2, "a ring is heard at once") { well.delivered.count == 8 }
        try await eventually("the slow one has all") { slow.delivered.count == 5 }
        #expect(slow.delivered == (0..<5).map { "a#\($0)/slow" })
        #expect(well.delivered == (0..<8).map { "a#\($0)/well" })
        running.cancel()
        _ = await running.result
        #expect(try await store.waiting(for: "slow", limit: 9).isEmpty)
        let waiting = try await store.waiting(for: "dead", limit: 9)
        #expect(waiting.count == 5)
        #expect(waiting[0].attempts > 0)
    }

    @Test("the log destination appends a line an escalation")
    func log() async throws {
        let folder = try TemporaryFolder()
        try folder.write("log", "before\n")
        let destination = try LogDestination(name: "log", path: folder.file("log"), clock: ManualClock(Self.start))
        for escalation in escalations(0..<3, to: "log") { try await destination.deliver(escalation) }
        #expect(try String(contentsOfFile: folder.file("log"), encoding: .utf8) == "before\n{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n")
        #expect(throws: DeliveryError.self) { _ = try LogDestination(name: "log", path: "/nowhere/log", clock: ManualClock(Self.start)) }
    }

    @Test("a topic template cannot be broken out of")
    func templates() {
        for text in ["", "a/+", "a/#", "a/{site", "a/site}"] { #expect(TopicTemplate(text) == nil) }
        #expect(TopicTemplate("tocsin/{site}/{level}") != nil)
    }
}

/// The log as a destination.
@Suite struct LogDestinationTests {
    @Test("a log that is too large is set aside, the oldest goes, and no line is split")
    func rotation() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("log")
        let log = try LogDestination(
            name: "l", path: path, rotation: .init(bytesMax: 100, kept: 2), clock: ManualClock(DispatcherTests.start))
        for number in 0..<30 {
            try await log.deliver(
                Escalation(
                    identity: "\(number)", alarm: "a", destination: "l", severity: 1, payload: "{\"number\": \(number + 100)}",
                    created: Instant(nanoseconds: 0)))
        }
        let files = try ["log.2", "log.1", "log"].map { try String(contentsOfFile: folder.file($0), encoding: .utf8) }
        // 16 bytes a line: six of them a file, and nothing left of those before.
        #expect(files.map { $0.split(separator: "\n").count } == [6, 6, 6])
        #expect(files.allSatisfy { $0.utf8.count <= 100 && $0.hasSuffix("}\n") })
        #expect(files.joined().split(separator: "\n").map(String.init) == (112..<130).map { "{\"number\": \($0)}" })
        #expect(!FileManager.default.fileExists(atPath: folder.file("log.3")))
    }
}

/// A program as a destination: a real one, run as the gateway runs it.
@Suite struct ProgramDestinationTests {
    private func script(_ text: String, in folder: borrowing TemporaryFolder) throws -> String {
        let path = folder.file("program")
        try folder.write("program", "#!/bin/sh\n" + text + "\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    private let escalation = Escalation(
        identity: "a#1/siren", alarm: "a", destination: "siren", severity: 1, payload: "{\"n\":1}", created: Instant(nanoseconds: 0))

    @Test("it gets the event on standard input, its arguments, and an environment of its own")
    func delivers() async throws {
        let folder = try TemporaryFolder()
        let program = try script(
            "cat > \(folder.file("got")); echo \"$1 $TOCSIN_ID ${HOME:-homeless}\" >> \(folder.file("got"))", in: folder)
        try await ProgramDestination(name: "siren", command: [program, "--loud"], timeout: .seconds(5)).deliver(escalation)
        #expect(try String(contentsOfFile: folder.file("got"), encoding: .utf8) == "{\"n\":1}\n--loud a#1/siren homeless\n")
    }

    @Test("one that fails is said to have, with what it wrote; one that is not there too")
    func fails() async throws {
        let folder = try TemporaryFolder()
        let program = try script("echo 'relay does not answer' >&2; exit 3", in: folder)
        await #expect {
            try await ProgramDestination(name: "siren", command: [program], timeout: .seconds(5)).deliver(self.escalation)
        } throws: {
            "\($0)".hasSuffix("program ended with 3: relay does not answer")
        }
        await #expect(throws: DeliveryError.self) {
            try await ProgramDestination(name: "siren", command: ["/nowhere/siren"], timeout: .seconds(5)).deliver(self.escalation)
        }
    }

    @Test("one that hangs is ended with what it has started")
    func hangs() async throws {
        let folder = try TemporaryFolder()
        let program = try script("sh -c 'echo $$ > \(folder.file("child")); exec sleep 1000' & wait", in: folder)
        await #expect {
            try await ProgramDestination(name: "siren", command: [program], timeout: .milliseconds(500)).deliver(self.escalation)
        } throws: {
            "\($0)".contains("was ended after 500ms")
        }
        let child = try #require(Int32(try String(contentsOfFile: folder.file("child"), encoding: .utf8).dropLast()))
        try await eventually("what it started is gone") {
            kill(child, 0) != 0 || !FileManager.default.fileExists(atPath: "/proc/\(child)/exe")
        }
    }
}
