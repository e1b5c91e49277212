import Alarms
import Foundation
import GRDB
import Telemetry
import TestSupport
import Testing

/// The alarm that says that nothing can be stored, while room comes and goes: it is raised once, and ends once.
@Suite struct StoreFaultTests {
    private static let rules = """
        hazard: flood
        rules:
          - { name: high, for_each: station, levels: { watch: water_level > 2 m }, blind: none }
        """

    private let bench: PipelineBench
    private let ballast: String

    init() throws {
        bench = try PipelineBench(
            profile: PipelineBench.gauge(interval: "1h", silence: "2d"),
            devices: "  - { id: d1, profile: test, station: s1 }",
            rules: Self.rules)
        ballast = bench.folder.file("t.db.ballast")
    }

    /// From now on the store takes readings, or none. There is room for no more than that: no ballast can be laid.
    private func setFull(_ isFull: Bool) throws {
        let queue = try DatabaseQueue(path: bench.folder.file("t.db"))
        try queue.write { db in
            try db.execute(
                sql: isFull
                    ? "CREATE TRIGGER full BEFORE INSERT ON reading BEGIN SELECT RAISE(ABORT, 'full'); END"
                    : "DROP TRIGGER full")
        }
        try queue.close()
    }

    private func takeRoomForBallast() throws {
        try? FileManager.default.removeItem(atPath: ballast)
        try FileManager.default.createSymbolicLink(atPath: ballast, withDestinationPath: "/nonexistent/ballast")
    }

    /// A disk that is full twice, with hardly any room between and after it.
    private func fillTwice() throws {
        for _ in 0..<2 {
            try setFull(true)
            bench.take("{\"level\":1}")
            bench.pass(to: bench.clock.now() + .seconds(10))
            try takeRoomForBallast()
            try setFull(false)
            bench.pass(to: bench.clock.now() + .minutes(1))
        }
    }

    private func faults() throws -> [String] { try bench.events().filter { $0.rule == "store-failing" }.map(\.kind) }

    @Test("a disk that is full again before there was room for more than a commit raises one alarm, which ends once")
    func fullTwice() throws {
        try fillTwice()
        #expect(try faults() == ["raised"])
        try FileManager.default.removeItem(atPath: ballast)
        bench.pass(to: bench.clock.now() + .minutes(1))
        #expect(try faults() == ["raised", "cleared"])
        let returned = try #require(try bench.alarms().first)
        #expect(returned.state == "returned")
        bench.order(.acknowledge, returned.id)
        #expect(try bench.alarms().isEmpty)
    }

    @Test("it goes on through a reload and a start, and ends when there is room", arguments: [true, false])
    func goesOn(byReload: Bool) throws {
        try fillTwice()
        try bench.change(rules: Self.rules.replacing("2 m", with: "3 m"), byReload: byReload)
        #expect(try faults() == ["raised"])
        try FileManager.default.removeItem(atPath: ballast)
        bench.pass(to: bench.clock.now() + .minutes(1))
        let id = try #require(try bench.alarms().first).id
        bench.order(.acknowledge, id)
        #expect(try faults() == ["raised", "cleared", "acknowledged"])
    }
}
