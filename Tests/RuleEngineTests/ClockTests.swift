import RuleEngine
import Telemetry
import TestSupport
import Testing

/// Event time beside the gateway's clock: what lasts has lasted since its reading came.
@Suite struct ClockTests {
    private static let rule = "levels:\n  warning: water_level > 3 m for 2m\nblind: none"

    private func at(_ seconds: Int64) -> Instant { RuleBench.start + .seconds(seconds) }

    @Test("a reading that comes late starts its time when it comes, and keeps its own date")
    func backlog() throws {
        var bench = try RuleBench.oneRule(Self.rule)
        // Measured at 0, read at 600.
        bench.engine.heartbeat(at: at(600))
        bench.feed(0, 4)
        bench.run(from: 600, to: 719)
        #expect(bench.log == [])
        bench.tick(720)
        #expect(bench.log == ["120: test d1 0→3"])
    }

    @Test("what was over before it lasted, as the next reading of the backlog says, is no alarm")
    func backlogThatEnds() throws {
        var bench = try RuleBench.oneRule(Self.rule)
        bench.engine.heartbeat(at: at(600))
        bench.feed(0, 4)
        bench.tick(601)
        bench.engine.heartbeat(at: at(605))
        bench.feed(60, 1)
        bench.tick(2000)
        #expect(bench.log == [])
        // It was judged: the same reading, still high, lasts.
        bench.feed(2000, 4)
        bench.run(from: 2000, to: 2120)
        #expect(bench.log == ["2120: test d1 0→3"])
    }

    @Test("time that passed only on the clock makes nothing last longer")
    func discounted() throws {
        var bench = try RuleBench.oneRule(Self.rule)
        bench.engine.heartbeat(at: at(0))
        bench.feed(0, 4)
        bench.tick(60)
        // The clock is set forward by an hour.
        bench.engine.adjustClock(by: .hours(1))
        bench.run(from: 3660, to: 3719)
        #expect(bench.log == [])
        bench.tick(3720)
        #expect(bench.log == ["120: test d1 0→3"])
    }

    @Test("after a restart, a reading from before a timer does not clear what the timer raised")
    func timerBeforeReading() throws {
        var bench = try RuleBench.oneRule(Self.rule)
        bench.feed(0, 4)
        bench.advance(to: 130)
        #expect(bench.log == ["120: test d1 0→3"])
        var next = try RuleBench.oneRule(Self.rule)
        next.feed(0, 4)
        next.engine.restore(bench.engine.ladderState(of: 0), to: 0, movedAt: at(120))
        next.feed(30, 4.5)
        #expect(next.log == [])
        next.feed(125, 1)
        #expect(next.log == ["125: test d1 3→0"])
    }

    @Test(
        "a reading with the time of its arrival is the newest, also behind one that was believed to be a little ahead")
    func arrival() throws {
        var bench = try RuleBench.oneRule("levels:\n  warning: water_level > 3 m\nblind: none")
        bench.feed(50, 1)
        bench.feed(0, 4, quality: .clockReplaced)
        #expect(bench.log.last?.hasSuffix("0→3") == true, "\(bench.log)")
    }

    @Test("a reading with the time of its arrival is evaluated, also behind one from a clock that was weeks ahead")
    func farAhead() throws {
        var bench = try RuleBench.oneRule("levels:\n  warning: water_level > 3 m\nblind: none")
        bench.engine.heartbeat(at: at(0))
        bench.feed(20 * 86400, 1)
        bench.engine.heartbeat(at: at(60))
        bench.feed(60, 4, quality: .clockReplaced)
        #expect(bench.log.last?.hasSuffix("0→3") == true, "\(bench.log)")
    }
}
