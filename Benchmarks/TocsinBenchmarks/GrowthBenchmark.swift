import AlarmModel
import CAllocations
import Devices
import Diagnostics
import Foundation
import RuleEngine
import RuleLanguage
import RulePlan
import Telemetry

/// How the engine's cost grows with rules, sensors and windows, what it allocates, and how fast rules load.
enum GrowthBenchmark {
    /// The measures of W2, over and over, each rule with another threshold that is hardly ever crossed.
    static func rules(_ count: Int, windows: [Int]) -> String {
        "hazard: benchmark\nrules:\n"
            + (0..<count).map { index in
                let window = windows[index / 5 % windows.count]
                let step = Double(index) * 1e-3
                let condition =
                    switch index % 5 {
                    case 0: "mean(temperature, \(window)m) > \(60 + step) degC"
                    case 1: "max(temperature, \(window)m) > \(60 + step) degC"
                    case 2: "min(temperature, \(window)m) > \(60 + step) degC"
                    case 3: "stddev(temperature, \(window)m) > \(30 + step) K"
                    default: "slope(temperature, \(window)m) > \(1 + step) K/s"
                    }
                return "  - { name: r-\(index), for_each: device, levels: { warning: \"\(condition)\" } }\n"
            }.joined()
    }

    /// Feeds `seconds` readings of each sensor at 1 Hz, and times the last `measured` seconds of them.
    /// - Returns: nanoseconds and allocations per reading.
    private static func run(
        _ compiled: CompiledRules, sensors: Int, seconds: Int, measured: Int,
        value: (UInt64, UInt64) -> Double = EngineBenchmark.value
    ) -> (nanoseconds: Double, allocations: Double) {
        var engine = Engine(compiled.plan)
        var changes: [LevelChange] = []
        var exceptions: [(index: Int, outcome: ReadingOutcome)] = []
        var batch: [Reading] = []
        batch.reserveCapacity(65_536)
        var (time, count, allocations) = (0.0, 0, UInt64(0))
        func flush(_ isMeasured: Bool, _ engine: inout Engine) {
            let (start, before) = (CPUTime.user, tocsin_allocation_count())
            engine.ingest(batch.span, exceptions: &exceptions, into: &changes)
            if isMeasured {
                allocations += tocsin_allocation_count() - before
                time += CPUTime.user - start
                count += batch.count
            }
            changes.removeAll(keepingCapacity: true)
            batch.removeAll(keepingCapacity: true)
        }
        for second in 0..<seconds {
            for sensor in 0..<sensors {
                batch.append(
                    Reading(
                        series: SeriesID(index: Int32(sensor)),
                        time: Instant(nanoseconds: Int64(second) * 1_000_000_000),
                        value: value(UInt64(sensor), UInt64(second))))
                if batch.count == 65_536 { flush(second >= seconds - measured, &engine) }
            }
        }
        flush(measured > 0, &engine)
        return (time / Double(count) * 1e9, Double(allocations) / Double(count))
    }

    static func lines() throws -> [Line] {
        var lines: [Line] = []
        let windows = EngineBenchmark.windows
        for count in [1, 10, 100, 1000] {
            let sensors = 100
            let compiled = try EngineBenchmark.compile(rules(count, windows: windows), sensors: sensors)
            let result = run(compiled, sensors: sensors, seconds: 12_000, measured: 4000)
            lines.append(
                Line("growth: \(count) rules, \(sensors) sensors, windows to 1 h", result.nanoseconds, "ns/reading"))
            lines.append(Line("growth: \(count) rules: allocations", result.allocations, "per reading"))
        }
        for sensors in [10, 1000, 100_000] {
            let compiled = try EngineBenchmark.compile(rules(1, windows: [10]), sensors: sensors)
            let result = run(
                compiled, sensors: sensors, seconds: sensors > 10_000 ? 660 : 4000,
                measured: sensors > 10_000 ? 60 : 3000)
            lines.append(Line("growth: 1 rule, \(sensors) sensors, window of 10 min", result.nanoseconds, "ns/reading"))
        }
        for window in [1, 10, 60, 360, 1440] {
            let compiled = try EngineBenchmark.compile(rules(5, windows: [window]), sensors: 10)
            let result = run(compiled, sensors: 10, seconds: window * 60 + 30_000, measured: 30_000)
            lines.append(Line("growth: 5 rules, 10 sensors, window of \(window) min", result.nanoseconds, "ns/reading"))
        }
        lines += try functions()
        lines.append(try loading())
        return lines
    }

    /// What each function costs a reading, in a rule by itself: 100 sensors at 1 Hz, windows of 10 min.
    /// - Parameter only: the one that is measured; without, all.
    static func functions(only: String? = nil) throws -> [Line] {
        let increase = "increase(temperature, 10m) > 90000 K"
        let conditions = [
            "mean": "mean(temperature, 10m) > 90 degC", "count": "count(temperature, 10m) > 900",
            "stddev": "stddev(temperature, 10m) > 90 K",
            "slope": "slope(temperature, 10m) > 9 K/s", "min": "min(temperature, 10m) > 90 degC",
            "max": "max(temperature, 10m) > 90 degC",
            "median": "median(temperature, 10m) > 90 degC", "quantile": "quantile(temperature, 0.95, 10m) > 90 degC",
            "first": "first(temperature, 10m) > 90 degC", "last": "last(temperature, 10m) > 90 degC",
            "delta": "delta(temperature, 10m) > 90 K", "increase (falls at each second reading)": increase,
            "time_mean": "time_mean(temperature, 10m) > 90 degC",
            "changes": "changes(temperature, 10m) > 9000", "zscore": "zscore(temperature, 10m) > 90",
            "forecast": "forecast(temperature, 10m, 1h) > 900 degC", "ewma": "ewma(temperature, 10m) > 90 degC",
            "share": "share(temperature > 22 degC, 10m) > 2", "silent": "silent(temperature, 5m)",
            "any": "any(mean(temperature, 10m) > 90 degC)", "for": "temperature > 90 degC for 10m",
            "calculation": "mean(temperature, 10m) - mean(temperature, 20m) > 90 K",
        ]
        let counters = ["increase (a counter)": increase, "rate (a counter)": "rate(temperature, 10m) > 900 K/s"]
        let loads =
            conditions.map { (name: $0.key, condition: $0.value, value: EngineBenchmark.value) }
            + counters.map { (name: $0.key, condition: $0.value, value: countsAndResets) }
        guard only == nil || loads.contains(where: { $0.name == only }) else {
            throw BenchmarkError(
                "there is no function '\(only ?? "")': \(loads.map(\.name).sorted().joined(separator: ", "))")
        }
        return try loads.filter { only == nil || $0.name == only }.sorted { $0.name < $1.name }.flatMap {
            name, condition, value in
            let rule =
                "hazard: benchmark\nrules:\n  - { name: r, for_each: device, levels: { warning: \"\(condition)\" } }\n"
            let result = run(
                try EngineBenchmark.compile(rule, sensors: 100), sensors: 100, seconds: 4000, measured: 2600,
                value: value)
            return [
                Line("function: \(name)", result.nanoseconds, "ns/reading"),
                Line("function: \(name): allocations", result.allocations, "per reading"),
            ]
        }
    }

    /// A counter that rises by 1 to 3 with each reading, and begins again at zero once in 1,000 to 2,000 readings.
    private static func countsAndResets(_ id: UInt64, _ second: UInt64) -> Double {
        let sinceReset = second % (1000 + id * 10)
        return Double(2 * sinceReset) + EngineBenchmark.value(id, second).truncatingRemainder(dividingBy: 1)
    }

    /// Ten thousand devices and ten thousand rules, from their texts to an engine that could run them.
    static func loading() throws -> Line {
        let count = 10_000
        let profile = SourceFile(
            name: "bench.yaml",
            text:
                "profile: bench\ntopic: bench/{device}\ninterval: 1s\nreadings: [ { quantity: temperature, pointer: /t, unit: degC } ]\n"
        )
        let inventory = SourceFile(
            name: "site.yaml",
            text: "site: bench\ndevices:\n"
                + (0..<count).map { "  - { id: d\($0), profile: bench, kind: k\($0 % 100) }\n" }.joined())
        let rules = SourceFile(
            name: "rules.yaml",
            text: "hazard: benchmark\nrules:\n"
                + (0..<count).map {
                    """
                      - name: rule-\($0)
                        summary: "{device}: {level}"
                        for_each: device
                        where: { device: d\($0) }
                        let: { level: "mean(temperature, \($0 % 50 + 1)m)" }
                        levels: { watch: level > 24 degC for 2m, warning: "level > 30 degC or slope(temperature, 30m) > 1 K/min" }
                        clear: level < 20 degC for 10m

                    """
                }.joined())
        let start = CPUTime.own
        let site = try Site.read(inventory: inventory, profiles: [profile])
        let ids = Dictionary(uniqueKeysWithValues: (0..<count).map { ("d\($0)", SeriesID(index: Int32($0))) })
        let compiled = try RuleCompiler(
            RuleContext(ladder: EngineBenchmark.ladder, policies: [], allowedLateness: .minutes(10))
        )
        .compile([rules], for: site) { device, _ in ids[device] ?? SeriesID(index: -1) }
        let engine = Engine(compiled.plan)
        guard compiled.instances.count == count, engine.sampleCount == 0 else {
            throw BenchmarkError("not every rule was loaded")
        }
        return Line(
            "loading 10,000 rules over 10,000 devices (reference: the bar)", CPUTime.own - start, "s", reference: 2)
    }
}
