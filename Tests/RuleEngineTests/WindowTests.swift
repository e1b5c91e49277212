import AlarmModel
import RuleEngine
import RulePlan
import Telemetry
import TestSupport
import Testing

/// Every measure against brute force. An instance is made whose level is put back to normal before every
/// reading, so that each reading reports the registers, and with them the measures, of that moment.
@Suite struct WindowTests {
    static let measures: [Measure] =
        Aggregate.allCases.filter { ![.quantile, .forecast, .smoothed].contains($0) }.map { Measure($0) } + [
            Measure(.quantile, 0.5), Measure(.quantile, 0.95), Measure(.quantile, 0), Measure(.quantile, 1),
            Measure(.forecast, 600),
            Measure(.smoothed, 30),
        ]

    /// A plan over `seriesCount` series taken together that reads every measure over every window.
    static func plan(_ windows: [TimeSpan], seriesCount: Int = 1, measures: [Measure] = measures) -> Plan {
        var plan = Plan()
        plan.series = Array(repeating: SeriesPlan(interval: .days(300)), count: seriesCount)
        var program = Program()
        for window in windows {
            for measure in measures {
                program.instructions.append(Instruction(.operand, a: program.operandCount))
                program.operandCount += 1
                let first = Int32(plan.sources.count)
                for index in 0..<seriesCount {
                    plan.sources.append(OperandSource(series: SeriesID(index: Int32(index)), window: window))
                }
                plan.operands.append(Operand(measure, firstSource: first, sourceCount: Int32(seriesCount)))
            }
        }
        program.instructions.append(Instruction(.constant, constant: 1))
        program.steps = [LadderStep(level: Level(rank: 1), when: Int32(program.instructions.count - 1))]
        plan.programs = [program]
        plan.instances = [Instance(program: 0, operandBase: 0)]
        return plan
    }

    /// Compares all registers with brute force after every reading.
    private func compare(
        _ samples: [(series: Int32, time: Int64, value: Double)], _ windows: [TimeSpan], seriesCount: Int = 1,
        tolerance: Double = 1e-9, seed: UInt64
    ) {
        let plan = Self.plan(windows, seriesCount: seriesCount)
        var engine = Engine(plan)
        var changes: [LevelChange] = []
        var all: [BruteForce.Sample] = []
        var now = Int64.min
        // The gateway has listened for longer than any window before the first reading comes.
        var clock = Int64.min
        for (step, sample) in samples.enumerated() {
            // What timers have to say comes first; then the level is put back to normal, so that the
            // evaluation of the reading reports a change.
            while clock < sample.time - 1 {
                clock = clock == .min ? sample.time - 600_000_000_000 : min(clock + 30_000_000_000, sample.time - 1)
                engine.advance(to: Instant(nanoseconds: clock), into: &changes)
            }
            changes.removeAll()
            engine.restore(LadderState(level: .normal, held: 0, isUncertain: false), to: 0)
            let reading = Reading(
                series: SeriesID(index: sample.series), time: Instant(nanoseconds: sample.time), value: sample.value)
            guard engine.ingest(reading, into: &changes) == .evaluated else { continue }
            engine.checkInvariants()
            // In its place: behind those of the same time.
            let place = all.lastIndex { $0.time <= sample.time }.map { $0 + 1 } ?? 0
            all.insert(BruteForce.Sample(series: Int(sample.series), time: sample.time, value: sample.value), at: place)
            now = max(now, sample.time)
            guard let registers = changes.last?.registers else {
                Issue.record("step \(step), seed \(seed): no evaluation")
                return
            }
            var index = 0
            let scale = Swift.max(1, all.suffix(100).map { abs($0.value) }.max() ?? 1)
            for window in windows {
                for measure in Self.measures {
                    let expected = BruteForce.value(measure, all, now: now, window: window.nanoseconds)
                    let isClose =
                        expected.isNaN
                        ? registers[index].isNaN
                        : abs(registers[index] - expected) <= tolerance * Swift.max(scale, abs(expected))
                    if !isClose {
                        Issue.record(
                            "\(measure) over \(window) is \(registers[index]), brute force \(expected); step \(step), seed \(seed)"
                        )
                        return
                    }
                    index += 1
                }
            }
        }
    }

    @Test(
        "every measure agrees with brute force over random readings", arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func random(seed: UInt64) {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        var time: Int64 = 1_528_000_000_000_000_000
        let samples = (0..<400).map { _ in
            // Bursts, gaps longer than every window, and readings of the same time.
            let gap: Int64 =
                switch Int.random(in: 0..<20, using: &random) {
                case 0: 400_000_000_000
                case 1, 2: 0
                default: Int64.random(in: 1...3_000_000_000, using: &random)
                }
            time += gap
            return (Int32(0), time, Double.random(in: -50...50, using: &random))
        }
        compare(samples, [.seconds(1), .seconds(10), .seconds(60), .minutes(5)], seed: seed)
    }

    @Test("late readings land in their place", arguments: [11, 12, 13, 14] as [UInt64])
    func late(seed: UInt64) {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let start: Int64 = 1_528_000_000_000_000_000
        let samples = (0..<500).map { step in
            let behind = Int.random(in: 0..<4, using: &random) == 0 ? Int64.random(in: 0...50, using: &random) : 0
            return (Int32(0), start + (Int64(step) - behind) * 1_000_000_000, Double.random(in: 0...9, using: &random))
        }
        compare(samples, [.seconds(5), .seconds(60)], seed: seed)
    }

    @Test(
        "a counter that mostly rises, with resets, glitches, equal times and late readings",
        arguments: [41, 42, 43] as [UInt64])
    func risingCounter(seed: UInt64) {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let start: Int64 = 1_528_000_000_000_000_000
        var total = 0.0
        let samples = (0..<300).map { step in
            total += Double(Int.random(in: 0...3, using: &random))
            if Int.random(in: 0..<150, using: &random) == 0 { total = 0 }
            let value = Int.random(in: 0..<120, using: &random) == 0 ? 0 : total
            let behind = Int.random(in: 0..<60, using: &random) == 0 ? Int64.random(in: 0...50, using: &random) : 0
            return (Int32(0), start + (Int64(step) - behind) * 1_000_000_000, value)
        }
        compare(samples, [.seconds(5), .seconds(60)], seed: seed)
    }

    @Test("several series are one, taken together", arguments: [21, 22, 23] as [UInt64])
    func joined(seed: UInt64) {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        var time: Int64 = 1_528_000_000_000_000_000
        let samples = (0..<500).map { _ in
            // Times differ, so that `first` and `last` are clear.
            time += Int64.random(in: 1...2_000_000_000, using: &random)
            return (Int32.random(in: 0..<3, using: &random), time, Double.random(in: 5...6, using: &random))
        }
        compare(samples, [.seconds(20), .minutes(2)], seriesCount: 3, seed: seed)
    }

    @Test("what a huge reading leaves behind is gone with it")
    func outlier() {
        var random = SeededRandom(seed: 31)
        let start: Int64 = 1_528_000_000_000_000_000
        var samples = (0..<400).map { step in
            (Int32(0), start + Int64(step) * 1_000_000_000, 20 + Double.random(in: 0...1, using: &random))
        }
        samples[100].2 = 1e15
        let plan = Self.plan([.seconds(60)])
        var engine = Engine(plan)
        var changes: [LevelChange] = []
        for sample in samples {
            changes.removeAll()
            engine.restore(LadderState(level: .normal, held: 0, isUncertain: false), to: 0)
            _ = engine.ingest(
                Reading(series: SeriesID(index: 0), time: Instant(nanoseconds: sample.1), value: sample.2),
                into: &changes)
        }
        let all = samples.map { BruteForce.Sample(series: 0, time: $0.1, value: $0.2) }
        // What is smoothed forgets by its weights alone: after ten time constants 5e-5 of the huge reading is left.
        for (index, measure) in Self.measures.enumerated()
        where measure.aggregate != .smoothed && measure.aggregate != .spread {
            let expected = BruteForce.value(measure, all, now: all[399].time, window: 60_000_000_000)
            let found = changes.last?.registers[index] ?? .nan
            #expect(abs(found - expected) <= 1e-9 * abs(expected), "\(measure): \(found), brute force \(expected)")
        }
    }

    @Test("slow drift over many windows stays exact")
    func drift() {
        var random = SeededRandom(seed: 41)
        let start: Int64 = 1_528_000_000_000_000_000
        let samples = (0..<800).map { step in
            (
                Int32(0), start + Int64(step) * 1_000_000_000,
                Double(step) * 0.001 + Double.random(in: 0...0.01, using: &random)
            )
        }
        compare(samples, [.seconds(30)], tolerance: 1e-9, seed: 41)
    }
}
