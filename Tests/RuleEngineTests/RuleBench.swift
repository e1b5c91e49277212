import AlarmModel
import RuleEngine
import RuleLanguage
import Telemetry
import TestSupport

/// Rules as an author writes them, over the devices of ``SmallSite``, fed reading by reading.
struct RuleBench: ~Copyable {
    static let start = Instant(nanoseconds: 1_528_056_000_000_000_000)  // 2018-06-03T20:00:00Z, a Sunday

    let rules: CompiledRules
    var engine: Engine
    private var changes: [LevelChange] = []
    private var clock = 0.0
    /// What has changed: `60: test s1 0→3`.
    private(set) var log: [String] = []
    /// Everything that has changed.
    private(set) var history: [LevelChange] = []
    private(set) var registers: [Double] = []

    /// - Parameter text: the rules from `rules:` on.
    init(_ text: String, devices: Int = 1, allowedLateness: TimeSpan = .minutes(10), zone: ZoneTable = ZoneTable())
        throws
    {
        self.init(
            try SmallSite.compile(
                "hazard: flood\nrules:\n" + text, devices: devices, allowedLateness: allowedLateness, zone: zone))
    }

    init(_ rules: CompiledRules) {
        self.rules = rules
        engine = Engine(rules.plan)
    }

    mutating func feed(_ seconds: Double, _ value: Double, series: Int32) {
        _ = engine.ingest(
            Reading(
                series: SeriesID(index: series), time: Self.start + TimeSpan(nanoseconds: Int64(seconds * 1e9)),
                value: value),
            into: &changes)
        note()
    }

    /// One rule for each device, from its levels on.
    static func oneRule(_ body: String, forEach: String = "device", devices: Int = 1) throws -> RuleBench {
        try RuleBench(
            "  - name: test\n    for_each: \(forEach)\n" + body.split(separator: "\n").map { "    \($0)\n" }.joined(),
            devices: devices)
    }

    /// - Parameters:
    ///   - quantity: 0 water level, 1 temperature, 2 carbon monoxide, 3 humidity.
    mutating func feed(_ seconds: Double, _ value: Double, device: Int = 1, quantity: Int = 0, quality: Quality = []) {
        let reading = Reading(
            series: SeriesID(index: Int32((device - 1) * 4 + quantity)),
            time: Self.start + TimeSpan(nanoseconds: Int64(seconds * 1e9)),
            value: value, quality: quality)
        _ = engine.ingest(reading, into: &changes)
        note()
    }

    /// Says that the water level of a device has been in maintenance.
    mutating func excuse(device: Int, for seconds: Int64) {
        engine.excuse(SeriesID(index: Int32((device - 1) * 4)), for: .seconds(seconds), into: &changes)
        note()
    }

    /// A message of one device with several quantities of one moment.
    mutating func feed(_ seconds: Double, together values: [(quantity: Int, value: Double, quality: Quality)]) {
        let readings = values.map { quantity, value, quality in
            Reading(
                series: SeriesID(index: Int32(quantity)),
                time: Self.start + TimeSpan(nanoseconds: Int64(seconds * 1e9)), value: value,
                quality: quality)
        }
        var exceptions: [(index: Int, outcome: ReadingOutcome)] = []
        engine.ingest(readings.span, exceptions: &exceptions, into: &changes)
        note()
    }

    /// Ticks as a gateway does that runs, every half minute.
    mutating func advance(to seconds: Double) {
        while clock + 30 < seconds {
            clock += 30
            tick(clock)
        }
        clock = seconds
        tick(seconds)
    }

    /// Ticks from one moment on to another, every half minute.
    mutating func run(from start: Double, to end: Double) {
        for seconds in stride(from: start, to: end, by: 30) { tick(seconds) }
        tick(end)
    }

    /// One tick, after a pause.
    mutating func tick(_ seconds: Double) {
        engine.advance(to: Self.start + TimeSpan(nanoseconds: Int64(seconds * 1e9)), into: &changes)
        note()
    }

    private mutating func note() {
        engine.checkInvariants()
        history += changes
        for change in changes {
            let instance = rules.instances[change.instance]
            let seconds = (change.time - Self.start).seconds
            let time = seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds)
            let mark = change.hasNoData ? " blind" : change.isUncertain ? " uncertain" : ""
            log.append(
                "\(time): \(rules.rules[instance.rule].name) \(instance.group) \(change.from.rank)→\(change.to.rank)\(mark)"
            )
            registers = change.registers
        }
        changes.removeAll()
    }
}
