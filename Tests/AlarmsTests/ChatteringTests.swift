import AlarmModel
import Alarms
import RuleEngine
import Telemetry
import TestSupport
import Testing

@Suite struct ChatteringTests {
    private static let rules = """
        hazard: flood
        rules:
          - name: river-rising
            for_each: station
            levels: { watch: water_level > 2 m, warning: water_level > 3 m }
        """

    private func bench() throws -> AlarmBench {
        try AlarmBench(Self.rules, chattering: ChatteringLimit(changes: 6, within: .minutes(10)))
    }

    @Test("an alarm that comes and goes is said to flap once, and is held until it has been quiet")
    func heldUntilQuiet() throws {
        var bench = try bench()
        // Each swing is a raise or a clear; the sixth change within ten minutes is too much.
        let swings = (0..<20).map { (Int64($0) * 30, $0.isMultiple(of: 2) ? 2.5 : 1.0) }
        let said = bench.feed(swings)
        #expect(said.map(\.kind) == [.raised, .cleared, .raised, .cleared, .raised, .chattering])
        #expect(said.last?.note == "6 changes within 10m: held at watch until it has been quiet as long")
        #expect(bench.book.active.map(\.levelName) == ["watch"])
        // Its condition is normal since the last swing; it is let go when ten minutes have passed.
        let last = AlarmBench.start + .seconds(19 * 30)
        #expect(bench.book.calm(at: last + .minutes(10) - .seconds(1)).isEmpty)
        let calm = bench.book.calm(at: last + .minutes(10))
        #expect(calm.map(\.kind) == [.cleared])
        #expect(calm[0].note == "calm after 20 changes in 570s")
        #expect(bench.book.active.isEmpty)
        // And it is counted anew.
        #expect(bench.feed([(1150, 2.5), (1180, 1), (1210, 2.5)]).map(\.kind) == [.raised, .cleared, .raised])
    }

    @Test(
        "how long it flapped is said by the times of the changes, from the first that counted, however they were read",
        arguments: [(90 as Int64, "630s"), (0, "at one time")])
    func span(step: Int64, text: String) throws {
        var bench = try bench()
        // All are read in one turn.
        let now = AlarmBench.start + .hours(1)
        var changes: [LevelChange] = []
        for number in 0..<8 as Range<Int64> {
            let time = AlarmBench.start + .seconds(number * step)
            let reading = Reading(series: SeriesID(index: 0), time: time, value: number.isMultiple(of: 2) ? 2.5 : 1)
            _ = bench.engine.ingest(reading, into: &changes)
        }
        if step == 0 {
            // Readings of one time are one change for the engine: these are told apart by nothing but their order.
            let change = try #require(changes.first)
            changes = (0..<8).map { number in
                var copy = change
                (copy.from, copy.to) = number.isMultiple(of: 2) ? (.normal, change.to) : (change.to, .normal)
                return copy
            }
        }
        var transitions: [Transition] = []
        for change in changes {
            let ladder = LadderState(level: change.to, held: 0, isUncertain: false)
            transitions += bench.book.apply(change, ladder: ladder, recorded: now)
        }
        #expect(transitions.last?.kind == .chattering)
        let calm = bench.book.calm(at: now + .minutes(10))
        #expect(
            calm.map(\.note) == [
                text == "at one time" ? "calm after 8 changes at one time" : "calm after 8 changes in \(text)"
            ])
    }

    @Test("a rise above the level at which it is held is never hidden")
    func riseIsSeen() throws {
        var bench = try bench()
        _ = bench.feed((0..<9).map { (Int64($0) * 30, $0.isMultiple(of: 2) ? 2.5 : 1.0) })
        #expect(bench.book.active.map { $0.chattering != nil } == [true])
        let rose = bench.feed([(300, 3.5)])
        #expect(rose.map(\.kind) == [.rose])
        #expect(rose[0].alarm.state == .unacknowledged)
        // Now it is held there.
        #expect(bench.feed([(330, 2.5), (360, 3.5), (390, 2.5)]).isEmpty)
        let calm = bench.book.calm(at: AlarmBench.start + .seconds(390) + .minutes(10))
        #expect(calm.map(\.kind) == [.fell])
        #expect(calm[0].alarm.levelName == "watch")
    }

    @Test("what flaps when the gateway stops is still held when it has started again")
    func restart() throws {
        var bench = try bench()
        _ = bench.feed((0..<10).map { (Int64($0) * 30, $0.isMultiple(of: 2) ? 2.5 : 1.0) })
        var next = try self.bench()
        let restored = next.book.restore(bench.book.active, at: AlarmBench.start + .seconds(300))
        #expect(restored.retired.isEmpty)
        // The engine goes on from where the conditions stand, not from the level that is held.
        #expect(restored.ladders.map(\.ladder.level.rank) == [0])
        #expect(next.book.active.map(\.levelName) == ["watch"])
        #expect(next.book.calm(at: AlarmBench.start + .seconds(270) + .minutes(10)).map(\.kind) == [.cleared])
    }

    @Test(
        "whatever an alarm does, it is never shown lower than its condition, and in the end as its condition is",
        arguments: 1...40)
    func neverHidden(seed: UInt64) throws {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        var bench = try bench()
        var seconds: Int64 = 0
        for _ in 0..<200 {
            seconds += Int64.random(in: 5...200, using: &random)
            let value: Double = [1.0, 2.5, 3.5].randomElement(using: &random) ?? 1
            _ = bench.feed([(seconds, value)])
            let shown = bench.book.active.first?.level.rank ?? 0
            let condition: UInt8 = value > 3 ? 3 : value > 2 ? 2 : 0
            #expect(shown >= condition)
            if let alarm = bench.book.active.first, alarm.chattering == nil { #expect(shown == condition) }
            _ = bench.book.calm(at: AlarmBench.start + .seconds(seconds))
        }
        let condition = bench.book.active.first?.ladder.level.rank ?? 0
        _ = bench.book.calm(at: AlarmBench.start + .seconds(seconds) + .minutes(10))
        #expect((bench.book.active.first?.level.rank ?? 0) == condition)
    }
}
