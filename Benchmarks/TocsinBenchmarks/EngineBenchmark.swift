import AlarmModel
import Devices
import Diagnostics
import Foundation
import RuleEngine
import RuleLanguage
import RulePlan
import Telemetry

/// W1 and W2, as `Benchmarks/Reference/limit.cpp` defines them: the same readings, the same rules written in
/// the rule language, the same count of transitions.
enum EngineBenchmark {
    static let sensors = 1000
    static let seconds = 10_000
    /// How many readings the engine is given at once.
    static let batch = 256

    static let windows = [1, 2, 5, 10, 15, 20, 30, 40, 50, 60]

    static let w1 = """
        hazard: benchmark
        rules:
          - name: mean-10m
            for_each: device
            levels: { warning: "mean(temperature, 10m) > 24 degC" }

        """

    static var w2: String {
        "hazard: benchmark\nrules:\n"
            + windows.flatMap { window in
                [
                    ("mean", "mean(temperature, \(window)m) > 24 degC"),
                    ("max", "max(temperature, \(window)m) > 25.5 degC"),
                    ("min", "min(temperature, \(window)m) > 23 degC"),
                    ("stddev", "stddev(temperature, \(window)m) > 1 K"),
                    ("slope", "slope(temperature, \(window)m) > 0.004 K/s"),
                ].map { "  - { name: \($0.0)-\(window)m, for_each: device, levels: { warning: \"\($0.1)\" } }\n" }
            }.joined()
    }

    /// SplitMix64 of sensor and second, as the reference has it.
    private static func noise(_ id: UInt64, _ second: UInt64) -> UInt64 {
        var z = ((id << 32) | second) &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// The generator of the reference, to the bit.
    static func value(_ id: UInt64, _ second: UInt64) -> Double {
        let x = Int64((second + 37 * id) % 3600)
        let triangle = x < 1800 ? -1.0 + Double(x) / 900.0 : 3.0 - Double(x) / 900.0
        return 20.0 + 5.0 * triangle + Double(noise(id, second) % 1000) / 1000.0
    }

    static func readings(sensors: Int = sensors, seconds: Int = seconds) -> [Reading] {
        var readings: [Reading] = []
        readings.reserveCapacity(sensors * seconds)
        for second in 0..<seconds {
            for sensor in 0..<sensors {
                readings.append(
                    Reading(
                        series: SeriesID(index: Int32(sensor)),
                        time: Instant(nanoseconds: Int64(second) * 1_000_000_000),
                        value: value(UInt64(sensor), UInt64(second))))
            }
        }
        return readings
    }

    /// Feeds an engine with the readings of the first seconds, so that a profiler can count its instructions.
    ///
    /// As many readings are made however many are fed. So the difference between two runs is that of the engine in its
    /// steady state: `scripts/bench instructions` counts so.
    static func feed(_ workload: String, seconds: Int) throws {
        let (sensors, secondsMax) = (20, 4600)
        guard let rules = ["W1": w1, "W2": w2][workload], seconds <= secondsMax else {
            throw BenchmarkError("W1 or W2, and at most \(secondsMax) seconds")
        }
        let readings = readings(sensors: sensors, seconds: secondsMax)
        var engine = Engine(try compile(rules, sensors: sensors).plan)
        var changes: [LevelChange] = []
        var exceptions: [(index: Int, outcome: ReadingOutcome)] = []
        for first in stride(from: 0, to: seconds * sensors, by: batch) {
            engine.ingest(
                readings.span.extracting(first..<min(first + batch, seconds * sensors)), exceptions: &exceptions,
                into: &changes)
            changes.removeAll(keepingCapacity: true)
        }
        print("\(engine.sampleCount) samples")
    }

    static let ladder = Ladder.standard

    static func compile(_ rules: String, sensors: Int = sensors) throws -> CompiledRules {
        let profile = SourceFile(
            name: "bench.yaml",
            text:
                "profile: bench\ntopic: bench/{device}\ninterval: 1s\nreadings: [ { quantity: temperature, pointer: /t, unit: degC } ]\n"
        )
        let devices = (0..<sensors).map { "  - { id: d\($0), profile: bench }\n" }.joined()
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: bench\ndevices:\n" + devices), profiles: [profile])
        let ids = Dictionary(uniqueKeysWithValues: (0..<sensors).map { ("d\($0)", SeriesID(index: Int32($0))) })
        // Every device is in the inventory above.
        return try RuleCompiler(RuleContext(ladder: ladder, policies: [], allowedLateness: .seconds(1)))
            .compile([SourceFile(name: "rules.yaml", text: rules)], for: site) { device, _ in
                ids[device] ?? SeriesID(index: -1)
            }
    }

    struct Outcome {
        /// CPU time per reading in user mode, which is what the reference measures.
        var nanoseconds: Double
        var transitions: Int
        /// Those of the rules over a mean.
        var meanTransitions: Int
        /// What the process has taken up beside the readings, and how many samples it holds.
        var bytes: Double
        var samples: Int
    }

    static func run(_ rules: String, _ readings: [Reading]) throws -> Outcome {
        let compiled = try compile(rules)
        let isMean = compiled.instances.map { compiled.rules[$0.rule].name.hasPrefix("mean") }
        var engine = Engine(compiled.plan)
        var changes: [LevelChange] = []
        var outcome = Outcome(nanoseconds: 0, transitions: 0, meanTransitions: 0, bytes: 0, samples: 0)
        var exceptions: [(index: Int, outcome: ReadingOutcome)] = []
        let start = CPUTime.user
        for first in stride(from: 0, to: readings.count, by: batch) {
            engine.ingest(
                readings.span.extracting(first..<min(first + batch, readings.count)), exceptions: &exceptions,
                into: &changes)
            if !changes.isEmpty {
                for change in changes where change.from != change.to {
                    outcome.transitions += 1
                    if isMean[change.instance] { outcome.meanTransitions += 1 }
                }
                changes.removeAll(keepingCapacity: true)
            }
        }
        guard exceptions.isEmpty else { throw BenchmarkError("\(exceptions.count) readings were not evaluated") }
        outcome.nanoseconds = (CPUTime.user - start) / Double(readings.count) * 1e9
        outcome.samples = engine.sampleCount
        outcome.bytes = Memory.resident - Double(readings.capacity * MemoryLayout<Reading>.stride)
        return outcome
    }

    /// The transitions of the rules over a mean, counted in whole numbers: every reading is a multiple of
    /// 1/9000, so that nothing is rounded.
    ///
    /// In W2 the mean is exactly 24 at seventeen readings, where `> 24` is false. Doubles only stand for those
    /// multiples: the sums of both the reference and the engine are over 24 at two of them, by a rounding, and count
    /// 4 changes more.
    static func exactMeanTransitions(_ windows: [Int]) -> Int {
        var transitions = 0
        for window in windows.map({ $0 * 60 }) {
            for sensor in 0..<UInt64(sensors) {
                var sum = 0
                var isOver = false
                for second in 0..<seconds {
                    sum += multiple(sensor, UInt64(second))
                    if second >= window { sum -= multiple(sensor, UInt64(second - window)) }
                    let over = sum > 24 * 9000 * min(second + 1, window)
                    if over != isOver { transitions += 1 }
                    isOver = over
                }
            }
        }
        return transitions
    }

    /// 9000 times the value.
    private static func multiple(_ id: UInt64, _ second: UInt64) -> Int {
        let x = Int((second + 37 * id) % 3600)
        return 180_000 + 50 * (x < 1800 ? x - 900 : 2700 - x) + 9 * Int(noise(id, second) % 1000)
    }

    /// The reference's own line: nanoseconds per reading.
    static func reference(_ executable: String, _ workload: String) throws -> (nanoseconds: Double, transitions: Int) {
        let output = try Shell.run(executable, [workload])
        func field(_ name: String) -> Double {
            output.split(separator: " ").first { $0.hasPrefix(name + "=") }.flatMap {
                Double($0.dropFirst(name.count + 1))
            } ?? .nan
        }
        return (field("ns_per_reading"), Int(field("transitions")))
    }

    static func lines(_ executable: String, only: String? = nil) throws -> [Line] {
        let readings = readings()
        var lines: [Line] = []
        for (name, rules) in [("W1", w1), ("W2", w2)] where only == nil || only == name {
            let reference = try reference(executable, name.lowercased())
            let own = try run(rules, readings)
            lines.append(Line("\(name) per reading", own.nanoseconds, "ns", reference: reference.nanoseconds))
            lines.append(
                Line("\(name) transitions", Double(own.transitions), "", reference: Double(reference.transitions)))
            lines.append(
                Line(
                    "\(name) transitions of mean (reference: exact integers)", Double(own.meanTransitions), "",
                    reference: Double(exactMeanTransitions(name == "W1" ? [10] : windows))))
            lines.append(
                Line(
                    "\(name) memory of the process without the readings (reference: the bar)", own.bytes / 1e6, "MB",
                    reference: (1.5 * 16 * Double(own.samples) + 40e6) / 1e6))
        }
        return lines
    }
}
