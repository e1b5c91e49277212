import AlarmModel
import Devices
import Diagnostics
import RuleEngine
import RuleLanguage
import RulePlan
import Telemetry
import TestSupport
import Testing

/// Counters whose profile says when they wrap and in which steps they count.
@Suite struct CounterTests {
    /// What `increase` over a window is after each reading, a minute apart.
    private static func increases(_ values: [Double], _ counter: CounterPlan, window: TimeSpan = .minutes(10))
        -> [Double]
    {
        increases(values.indices.map { [$0] }, of: values, counter, window: window)
    }

    /// The same after each message, which holds the readings of these minutes.
    private static func increases(_ messages: [[Int]], of values: [Double], _ counter: CounterPlan, window: TimeSpan)
        -> [Double]
    {
        var plan = Plan()
        plan.series = [SeriesPlan(interval: .minutes(1))]
        plan.series[0].counter = counter
        plan.sources = [OperandSource(series: SeriesID(index: 0), window: window)]
        plan.operands = [Operand(Measure(.increase), firstSource: 0, sourceCount: 1)]
        var program = Program()
        program.instructions = [Instruction(.operand, a: 0), Instruction(.constant, constant: 1)]
        program.operandCount = 1
        program.steps = [LadderStep(level: Level(rank: 1), when: 1)]
        plan.programs = [program]
        plan.instances = [Instance(program: 0, operandBase: 0)]
        plan.allowedLateness = .hours(2)
        var engine = Engine(plan)
        var changes: [LevelChange] = []
        var exceptions: [(index: Int, outcome: ReadingOutcome)] = []
        func time(_ minute: Int) -> Instant {
            Instant(nanoseconds: 1_528_063_500_000_000_000 + Int64(minute) * 60_000_000_000)
        }
        return messages.map { minutes in
            let readings = minutes.map { Reading(series: SeriesID(index: 0), time: time($0), value: values[$0]) }
            changes.removeAll()
            engine.heartbeat(at: time(minutes.max() ?? 0))
            engine.restore(LadderState(level: .normal, held: 0, isUncertain: false), to: 0)
            engine.ingest(readings.span, exceptions: &exceptions, into: &changes)
            return changes.last?.registers[0] ?? .nan
        }
    }

    @Test(
        "messages that hold late readings count what the same readings count in their order",
        arguments: [7, 8, 9] as [UInt64])
    func lateMessages(seed: UInt64) {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        var total = 0.0
        let values = (0..<400).map { _ in
            total += Double(Int.random(in: 0...3, using: &random))
            if Int.random(in: 0..<90, using: &random) == 0 { total = 0 }
            return Int.random(in: 0..<90, using: &random) == 0 ? 0 : total
        }
        // Of every forty readings the later half comes first, and then the earlier half in one message; the last comes
        // in time.
        var messages: [[Int]] = []
        for block in stride(from: 0, to: 400, by: 40) {
            messages += (block + 20..<min(block + 40, 399)).map { [$0] } + [Array(block..<block + 20)]
        }
        let found = Self.increases(messages + [[399]], of: values, CounterPlan(), window: .minutes(100)).last ?? .nan
        let expected = Self.increases(values, CounterPlan(), window: .minutes(100)).last ?? .nan
        #expect(abs(found - expected) < 1e-9, "\(found), and in order \(expected)")
    }

    @Test("a dip within the resolution is no reset, a wrap at the declared width is no reset either")
    func dipsAndWraps() {
        // 1.4 − 1.2 is less than 0.2 in binary, and 0.8 − 0.6 is more.
        #expect(Self.increases([1, 0.8, 0.6, 1], CounterPlan(resolution: 0.2)).last.map { abs($0 - 0) < 1e-9 } == true)
        #expect(Self.increases([1, 0.7, 0.75], CounterPlan(resolution: 0.3)).last.map { abs($0 - 0) < 1e-9 } == true)
        #expect(
            Self.increases([1, 0.7, 0.75], CounterPlan()).last.map { abs($0 - 0.75) < 1e-9 } == true,
            "without one it is a reset")
        #expect(
            Self.increases([65_530, 65_535, 1, 4], CounterPlan(width: 65_536)).last.map { abs($0 - 10) < 1e-9 } == true)
    }

    @Test(
        "a glitch, messages that overtake each other and a new battery count no widths, and long dips nothing",
        arguments: [
            ([60_000, 0, 60_000, 60_000], 65_536, 0, 0), ([60_000, 0, 0, 60_000, 60_001], 65_536, 0, 1),
            ([65_534, 0, 65_535, 1, 2], 65_536, 0, 4), ([65_530, 65_535, 1, 0, 3], 65_536, 1, 9),
            ([50_000, 0, 1], 65_536, 0, 1),
            ([60_000, 60_010, 0, 1], 65_536, 0, 11), ([65_520, 65_530, 5, 15], 65_536, 0, 31),
            ([230, 250, 12, 30], 256, 0, 56),
            ([350.2] + Array(repeating: 0, count: 8) + [350.2], .infinity, 0, 0),
            ([350.2, 0, 5, 0, 350.2, 350.4], .infinity, 0, 5.2),
            ([350.2, 100, 0, 350.2], .infinity, 0, 0),
            ([350.2] + Array(repeating: 0, count: 30) + [350.2], .infinity, 0, 0),
            ([3500] + Array(repeating: 3470, count: 8) + [3500], .infinity, 0, 0),
            ([350.2] + Array(repeating: 350, count: 30) + [350.2], .infinity, 0.2, 0),
            ([350.2, 0.4, 0.6, 0.8], .infinity, 0, 0.8),
        ] as [([Double], Double, Double, Double)])
    func glitches(values: [Double], width: Double, resolution: Double, expected: Double) {
        let found =
            Self.increases(values, CounterPlan(resolution: resolution, width: width), window: .minutes(100)).last
            ?? .nan
        #expect(abs(found - expected) < 1e-9, "\(values): \(found), and not \(expected)")
    }

    @Test("no step counts more than the largest rate allows, over a wrap, a reset and a jump that stays")
    func largestRate() {
        // 150 mm/h, measured each minute: 2.5 mm a step, and one step of 0.2 mm.
        let plan = CounterPlan(resolution: 0.2, width: 1000, maxRate: 150.0 / 3600, interval: 60)
        for (values, expected) in [
            ([100, 450.4, 450.6], 2.9), ([100, 102, 104], 4), ([350.2, 300, 300.2], 2.9), ([999, 1, 1.2], 2.2),
            ([990, 1, 1.2], 1.2),
        ] as [([Double], Double)] {
            let found = Self.increases(values, plan).last ?? .nan
            #expect(abs(found - expected) < 1e-6, "\(values): \(found), and not \(expected)")
        }
    }

    @Test("over any walk, wraps and dips count as brute force counts them", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func bruteForce(seed: UInt64) {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let (resolution, width) = (0.2, 50.0)
        var total = Double.random(in: 0..<50, using: &random)
        let values = (0..<400).map { _ in
            switch Int.random(in: 0..<12, using: &random) {
            case 0: return 0.0
            case 1, 2: return max(0, total - resolution)
            case 3: total = 0
            default:
                total = (total + Double(Int.random(in: 0...10, using: &random)) * resolution).truncatingRemainder(
                    dividingBy: width)
            }
            return total
        }
        let found = Self.increases(values, CounterPlan(resolution: resolution, width: width))
        for index in values.indices.dropFirst() {
            // The window is open at its beginning: it holds the newest ten readings.
            let expected = (max(1, index - 9)...index).reduce(0.0) {
                $0 + BruteForce.counterStep($1, resolution: resolution, width: width) { values[$0] }
            }
            #expect(abs(found[index] - expected) < 1e-9, "reading \(index): \(found[index]), brute force \(expected)")
        }
    }

    @Test("what a profile says of a counter reaches the plan in the canonical unit, also for readings of every quality")
    func plan() throws {
        let profile = """
            profile: p
            topic: t/{device}
            readings:
              - { quantity: water_level, pointer: /l, unit: mm, counter: { wraps: 65536, resolution: 0.2 mm } }
              - { quantity: rain, pointer: /r, counter: true }
            """
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: s\ndevices: [ { id: d, profile: p } ]\n"),
            profiles: [SourceFile(name: "p.yaml", text: profile)])
        let rules = """
            hazard: flood
            rules:
              - { name: a, for_each: device, levels: { watch: "increase(water_level, 1h) > 1 m" } }
              - { name: b, for_each: device, levels: { watch: "increase(rain, 1h) > 1 mm" } }
            """
        let compiled = try RuleCompiler(
            RuleContext(
                ladder: SmallSite.ladder, policies: [], allowedLateness: .minutes(10), retention: .days(30),
                zone: ZoneTable())
        ).compile([SourceFile(name: "rules.yaml", text: rules)], for: site, series: SmallSite.series(site))
        let level = compiled.plan.series[0].counter
        #expect(abs(level.width - 65.536) < 1e-9)
        #expect(abs(level.resolution - 0.0002) < 1e-12)
        #expect(compiled.plan.series[1].counter == CounterPlan(interval: 60))
    }
}
