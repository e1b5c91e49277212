import Alarms
import Escalation
import Foundation
import RulePlan
import Telemetry
import TestSupport
import Testing
import Uplink
import Wire

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
                OutboxItem(
                    identity: "\(number)", alarm: "a", destination: "l", severity: 1,
                    payload: "{\"number\": \(number + 100)}",
                    created: Instant(nanoseconds: 0)))
        }
        let files = try ["log.2", "log.1", "log"].map { try String(contentsOfFile: folder.file($0), encoding: .utf8) }
        // 16 bytes a line: six of them a file, and nothing left of those before.
        #expect(files.map { $0.split(separator: "\n").count } == [6, 6, 6])
        #expect(files.allSatisfy { $0.utf8.count <= 100 && $0.hasSuffix("}\n") })
        #expect(files.joined().split(separator: "\n").map(String.init) == (112..<130).map { "{\"number\": \($0)}" })
        #expect(!FileManager.default.fileExists(atPath: folder.file("log.3")))
    }

    @Test("a log that others have moved away or removed is made anew, and no event is lost in what is no longer there")
    func moved() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("log")
        let log = try LogDestination(name: "l", path: path, clock: ManualClock(DispatcherTests.start))
        func deliver(_ number: Int) async throws {
            try await log.deliver(
                OutboxItem(
                    identity: "\(number)", alarm: "a", destination: "l", severity: 1, payload: "\(number)",
                    created: Instant(nanoseconds: 0)
                ))
        }
        try await deliver(1)
        try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
        try await deliver(2)
        try FileManager.default.removeItem(atPath: path)
        try await deliver(3)
        #expect(try String(contentsOfFile: path + ".old", encoding: .utf8) == "1\n")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "3\n")
    }

    @Test("a log with a period is set aside when the next begins, even after a restart")
    func period() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("log")
        let clock = ManualClock(Instant(nanoseconds: Int64(Date().timeIntervalSince1970) * 1_000_000_000))
        func deliver(_ number: Int) async throws {
            let log = try LogDestination(
                name: "l", path: path, rotation: .init(period: .days(1), kept: 3), clock: clock)
            try await log.deliver(
                OutboxItem(
                    identity: "\(number)", alarm: "a", destination: "l", severity: 1, payload: "\(number)",
                    created: Instant(nanoseconds: 0)
                ))
        }
        try await deliver(1)
        try await deliver(2)
        clock.advance(by: .days(1))
        try await deliver(3)
        #expect(try String(contentsOfFile: folder.file("log.1"), encoding: .utf8) == "1\n2\n")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "3\n")
    }

    @Test("the journal gets fields that can be selected by, each in one line, whatever the text")
    func journal() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("journal")
        let listener = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(code == 0)
        var bench = try AlarmBench(AlarmBench.rules.replacing("rising {rise}", with: "\\nrising {rise}"))
        var planner = EscalationPlanner(
            site: "s", destinations: [.init(name: "j", minimumLevel: .init(rank: 1))], policies: PolicySet())
        let escalation = try #require(bench.feed([(0, 2.5)]).flatMap { planner.note($0) }.map(OutboxItem.init).first)
        try await JournalDestination(name: "j", path: path, levels: 4).deliver(escalation)
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(listener, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        for field in [
            "PRIORITY=4\n", "SYSLOG_IDENTIFIER=tocsin\n", "TOCSIN_LEVEL=watch\n", "TOCSIN_KIND=raised\n",
            "TOCSIN_EVENT={",
        ] {
            #expect(text.contains(field), "\(field) in \(text)")
        }
        #expect(text.hasPrefix("MESSAGE=WATCH raised river-rising s1: river at 2.5 m, \\nrising unknown\n"))
    }

    private func line(_ number: Int) -> OutboxItem {
        OutboxItem(
            identity: "\(number)", alarm: "a", destination: "l", severity: 1, payload: "{\"number\":\(number)}",
            created: Instant(nanoseconds: 0))
    }

    @Test(
        "what a crash has left of an event is cut away, and the end of anything else is ended as a line",
        arguments: [
            ("{\"number\":1}\n{\"numb", "{\"number\":1}\n{\"number\":2}\n"), ("{\"numb", "{\"number\":2}\n"),
            ("a note\nof somebody", "a note\nof somebody\n{\"number\":2}\n"),
            ("{\"number\":1}\n", "{\"number\":1}\n{\"number\":2}\n"),
            ("{\"number\":1}", "{\"number\":1}\n{\"number\":2}\n"), ("", "{\"number\":2}\n"),
        ])
    func partialLine(before: String, after: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("log", before)
        let log = try LogDestination(name: "l", path: folder.file("log"), clock: ManualClock(DispatcherTests.start))
        try await log.deliver(line(2))
        #expect(try String(contentsOfFile: folder.file("log"), encoding: .utf8) == after)
    }

    @Test(
        "on a full disk no part of a line stays, and each line is there once when there is room again",
        .enabled(if: SmallDisk.isPossible))
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        let disk = try SmallDisk(at: folder.file("disk"))
        let log = try LogDestination(
            name: "l", path: folder.file("disk/log"), clock: ManualClock(DispatcherTests.start))
        try await log.deliver(line(1))
        // So much that the next line fits in part: pages of 4 KB, and a line of 10 KB.
        let long = OutboxItem(
            identity: "2", alarm: "a", destination: "l", severity: 1,
            payload: "{\"text\":\"\(String(repeating: "x", count: 10_000))\"}",
            created: Instant(nanoseconds: 0))
        disk.fill(leaving: 4096)
        await #expect(throws: (any Error).self) { try await log.deliver(long) }
        #expect(try String(contentsOfFile: folder.file("disk/log"), encoding: .utf8) == "{\"number\":1}\n")
        disk.makeRoom()
        try await log.deliver(long)
        #expect(
            try String(contentsOfFile: folder.file("disk/log"), encoding: .utf8) == "{\"number\":1}\n\(long.payload)\n")
    }
}
