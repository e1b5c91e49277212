import AlarmModel
import RuleEngine
import RuleLanguage
import Telemetry
import TestSupport
import Testing

/// Messages with readings that come too late for their windows' ends, many at once.
@Suite struct LateTests {
    private static let start = Instant(nanoseconds: 1_528_056_000_000_000_000)

    /// Its alarm comes and goes, and what it says of itself moves the windows of the other quantity on.
    private static let rules = """
        hazard: flood
        rules:
          - name: wet
            for_each: device
            let: { level: "count(water_level, 30m)", warm: "count(temperature, 30m)", peak: "max(temperature, 1m)" }
            summary: "{level} {warm} {peak}"
            levels: { watch: "sum(water_level, 3m) > 12 m" }
        """

    @Test(
        "each reading counts once, whatever of a message is late, or becomes late by what it changes",
        arguments: 61...80 as ClosedRange<UInt64>)
    func once(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let plan = try SmallSite.compile(Self.rules, devices: 1).plan
        var engine = Engine(plan)
        var changes: [LevelChange] = []
        var exceptions: [(index: Int, outcome: ReadingOutcome)] = []
        var all: [Reading] = []
        var now = Self.start
        for _ in 0..<40 {
            now = now + .seconds(Int64.random(in: 1...120, using: &random))
            // Now and then an array of what lies up to nine minutes back, of one quantity or of both.
            let count = Bool.random(using: &random) ? 1 : Int64.random(in: 2...60, using: &random)
            let quantities: [Int32] = [[0], [1], [0, 1]][Int.random(in: 0..<3, using: &random)]
            let message = (0..<count).flatMap { at in
                quantities.map {
                    Reading(
                        series: SeriesID(index: $0), time: now - .seconds((count - 1 - at) * 9),
                        value: Double.random(in: 0...9, using: &random))
                }
            }
            engine.ingest(message.span, exceptions: &exceptions, into: &changes)
            all += message
        }
        // It ends, and is raised once more, so that all is read.
        for value in [0.0, 100] {
            now = now + .seconds(200)
            let reading = Reading(series: SeriesID(index: 0), time: now, value: value)
            #expect(engine.ingest(reading, into: &changes) == .evaluated)
            all.append(reading)
        }
        #expect(exceptions.isEmpty)
        let account = engine.account(of: 0)
        #expect(account.time == now)
        var compared = 0
        for (register, instruction) in plan.programs[0].instructions.enumerated()
        where instruction.operation == .operand {
            let operand = plan.operands[Int(plan.instances[0].operandBase + instruction.a)]
            guard operand.measure.aggregate == .count else { continue }
            let source = plan.sources[Int(operand.firstSource)]
            let expected = all.count { $0.series == source.series && $0.time > now - source.window && $0.time <= now }
            #expect(account.registers[register] == Double(expected), "seed \(seed)")
            compared += 1
        }
        #expect(compared == 2)
    }

    @Test(
        "what conditions remember is formed from late readings at once, or a little later where many come, and then judged"
    )
    func memories() throws {
        var bench = try RuleBench.oneRule("levels: { warning: water_level > 3 m for 2m }")
        bench.feed(0, 1)
        bench.tick(0)
        for second in 1...200 { bench.feed(Double(second), second == 100 ? 1 : 4) }
        bench.tick(200)
        #expect(bench.log.isEmpty)
        // What broke it was one of two readings of that moment, and is no longer the last; it is so also for the
        // newest.
        for second in stride(from: 99.5, to: 90, by: -0.5) { bench.feed(second, 2) }
        bench.tick(201)
        #expect(bench.engine.nextTimer.map { $0 > Self.start + .seconds(201) } ?? true)
        bench.feed(202, 4)
        bench.tick(219)
        #expect(bench.log.isEmpty)
        bench.tick(221)
        #expect(bench.log == ["221: test d1 0→3"])
    }

    @Test("a reading that breaks what has to last breaks it also where memories rest, before it is judged")
    func broken() throws {
        var bench = try RuleBench.oneRule("levels: { warning: water_level > 3 m for 2m }")
        for second in 0...110 { bench.feed(Double(second), 4) }
        bench.tick(110)
        bench.feed(50.5, 4)
        bench.feed(80.5, 1)
        bench.tick(111)
        for second in 112...199 { bench.feed(Double(second), 4) }
        bench.tick(199)
        #expect(bench.log.isEmpty)
        bench.tick(202)
        #expect(bench.log == ["201: test d1 0→3"])
    }
}
