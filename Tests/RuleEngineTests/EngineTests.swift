import AlarmModel
import RuleEngine
import RuleLanguage
import Telemetry
import TestSupport
import Testing

/// The engine driven through rules as an author writes them.
@Suite struct EngineTests {
    static let start = Instant(rfc3339: "2018-06-03T20:00:00Z".utf8)!  // a literal that reads

    /// Feeds d1's water level; a pair is (seconds after the start, metres).
    private func changes(
        _ rules: String, _ readings: [(Double, Double)], until end: Double? = nil, devices: Int = 1
    ) throws -> [String] {
        var bench = RuleBench(try SmallSite.compile(rules, devices: devices))
        for (seconds, value) in readings { bench.feed(seconds, value) }
        if let end { bench.tick(end) }
        return bench.history.map { change in
            "\((change.time - Self.start).seconds): \(change.from.rank)→\(change.to.rank)\(change.isUncertain ? " uncertain" : "")"
        }
    }

    private func rule(_ body: String) -> String {
        "hazard: flood\nrules:\n  - name: test\n    for_each: device\n"
            + body.split(separator: "\n").map { "    \($0)\n" }.joined()
    }

    @Test("an alarm climbs the ladder at once and falls to the highest level that holds")
    func ladder() throws {
        let text = rule(
            "levels:\n  advisory: water_level > 1 m\n  watch: water_level > 2 m\n  emergency: water_level > 4 m")
        let found = try changes(text, [(0, 0), (1, 5), (2, 3), (3, 1.5), (4, 2.5), (5, 0.5)])
        #expect(found == ["1.0: 0→4", "2.0: 4→2", "3.0: 2→1", "4.0: 1→2", "5.0: 2→0"])
    }

    @Test("with clear, the alarm stays at its lowest level until clear is true")
    func clear() throws {
        let text = rule("levels:\n  watch: water_level > 2 m\n  warning: water_level > 3 m\nclear: water_level < 1 m")
        let found = try changes(text, [(0, 3.5), (1, 1.5), (2, 1.2), (3, 0.9), (4, 0.5)])
        #expect(found == ["0.0: 0→3", "1.0: 3→2", "3.0: 2→0"])
    }

    @Test("a level with until is held from when to until")
    func until() throws {
        let text = rule("levels:\n  warning:\n    when: water_level > 3 m\n    until: water_level < 2 m")
        let found = try changes(text, [(0, 2.5), (1, 3.1), (2, 2.5), (3, 2.1), (4, 1.9), (5, 2.5)])
        #expect(found == ["1.0: 0→3", "4.0: 3→0"])
    }

    @Test("for fires at the exact moment, without a reading")
    func hold() throws {
        let text = rule("levels:\n  warning: water_level > 3 m for 2m")
        #expect(try changes(text, [(10, 4), (60, 4)], until: 129.9) == [])
        #expect(try changes(text, [(10, 4), (60, 4)], until: 130) == ["130.0: 0→3"])
    }

    @Test("a break in between starts for anew, even when it comes with the next reading")
    func brokenHold() throws {
        let text = rule("levels:\n  warning: water_level > 3 m for 2m")
        let found = try changes(text, [(0, 4), (60, 2), (90, 4), (150, 4)], until: 210)
        #expect(found == ["210.0: 0→3"])
    }

    @Test("a hold that came true before a late tick is dated to its own moment")
    func holdBeforeReading() throws {
        let text = rule("levels:\n  warning: water_level > 3 m for 2m")
        #expect(try changes(text, [(0, 4), (300, 4)]) == ["120.0: 0→3"])
    }

    @Test("what has to last is unknown after a silence, not false, until it has lasted or ended")
    func holdAfterSilence() throws {
        let held = rule("levels:\n  warning: water_level > 3 m for 2m")
        let raised = ["120.0: 0→3", "780.0: 3→3 uncertain"]
        let silence: [(Double, Double)] = [(0, 4), (60, 4), (120, 4), (180, 4)]
        #expect(try changes(held, silence + [(1000, 4.1)], until: 1119) == raised)
        #expect(try changes(held, silence + [(1000, 4.1), (1060, 4.1)], until: 1200) == raised + ["1120.0: 3→3"])
        #expect(try changes(held, silence + [(1000, 4.1), (1060, 2)]) == raised + ["1060.0: 3→0"])
        #expect(try changes(held, silence + [(1000, 2)]) == raised + ["1000.0: 3→0"])
        let ended = rule("levels:\n  warning: water_level > 3 m\nclear: not (water_level > 2 m for 2m)")
        let falling = try changes(ended, [(0, 4), (60, 4), (1000, 2.5), (1060, 2.5), (1120, 2.5), (1180, 1)])
        #expect(falling.last == "1180.0: 3→0")
    }

    @Test("a window that empties makes the alarm uncertain, never clear")
    func silence() throws {
        let text = rule("levels:\n  warning: mean(water_level, 5m) > 3 m")
        // The reading leaves the window after 300 s; the timer of the 1 min interval sees it.
        #expect(try changes(text, [(0, 4)], until: 10_000) == ["0.0: 0→3", "300.0: 3→3 uncertain"])
        #expect(try changes(text, [(0, 4), (1000, 4)]) == ["0.0: 0→3", "300.0: 3→3 uncertain", "1000.0: 3→3"])
        #expect(try changes(text, [(0, 4), (1000, 1)]) == ["0.0: 0→3", "300.0: 3→3 uncertain", "1000.0: 3→0"])
    }

    @Test("an unknown clear does not end an alarm")
    func unknownClear() throws {
        let text = rule("levels:\n  warning: mean(water_level, 5m) > 3 m\nclear: mean(water_level, 1m) < 1 m")
        let found = try changes(text, [(0, 4), (10, 1.5)], until: 60 * 60)
        #expect(found == ["0.0: 0→3", "70.0: 3→3 uncertain"])
    }

    @Test("Kleene's logic: an unknown side does not hide a true one")
    func kleene() throws {
        // The slope needs two readings; the level alone raises the alarm.
        let text = rule("levels:\n  warning: water_level > 3 m or slope(water_level, 10m) > 1 m/h")
        #expect(try changes(text, [(0, 4)]) == ["0.0: 0→3"])
        let both = rule("levels:\n  warning: water_level > 3 m and slope(water_level, 10m) > 1 m/h")
        #expect(try changes(both, [(0, 4), (60, 5)]) == ["60.0: 0→3"])
        let negated = rule("levels:\n  warning: not (slope(water_level, 10m) > 1 m/h)")
        #expect(try changes(negated, [(0, 4), (60, 4)]) == ["60.0: 0→3"])
    }

    @Test("readings of one time and value are readings like any others, also behind newer ones")
    func equalReadings() throws {
        let compiled = try SmallSite.compile(rule("levels:\n  warning: sum(water_level, 10m) > 20 m"), devices: 1)
        var engine = Engine(compiled.plan)
        var changes: [LevelChange] = []
        let reading = Reading(series: SeriesID(index: 0), time: Self.start, value: 6)
        let later = Reading(series: SeriesID(index: 0), time: Self.start + .seconds(5), value: 1)
        for next in [reading, reading, later] { #expect(engine.ingest(next, into: &changes) == .evaluated) }
        #expect(changes.isEmpty)
        // 6 + 6 + 1 + 6 + 6 m.
        #expect(engine.ingest(reading, into: &changes) == .evaluated)
        #expect(changes.isEmpty)
        #expect(engine.ingest(reading, into: &changes) == .evaluated)
        #expect(changes.count == 1)
    }

    @Test("a reading beyond the lateness is not evaluated, one that failed its tests is not taken")
    func tooLate() throws {
        let compiled = try SmallSite.compile(rule("levels:\n  warning: max(water_level, 1h) > 10 m"), devices: 1)
        var engine = Engine(compiled.plan)
        var changes: [LevelChange] = []
        _ = engine.ingest(
            Reading(series: SeriesID(index: 0), time: Self.start + .minutes(30), value: 1), into: &changes)
        let old = Reading(series: SeriesID(index: 0), time: Self.start, value: 99)
        #expect(engine.ingest(old, into: &changes) == .tooLate)
        var bad = Reading(series: SeriesID(index: 0), time: Self.start + .minutes(31), value: 99)
        bad.quality = Quality(.grossRange, .fail)
        #expect(engine.ingest(bad, into: &changes) == .unusable)
        #expect(changes.isEmpty)
    }

    /// Rules whose state at the end the readings alone decide, with windows and with conditions that remember.
    static let orderless = [
        "levels:\n  advisory: mean(water_level, 2m) > 4 m\n  warning: max(water_level, 3m) > 8 m and slope(water_level, 5m) > 0 m/h",
        "levels:\n  advisory: mean(water_level, 30s) > 4 m for 20s\n  warning: water_level > 1 m for 15s",
        "levels:\n  advisory: water_level > 7 m then water_level < 2 m within 30s\n  warning: \"share(water_level > 4 m, 2m) > 50 %\"",
        "levels:\n  advisory: \"median(water_level, 1m) > 4.5 m\"\n  warning: \"increase(water_level, 1m) > 30 m or ewma(water_level, 10s) > 6 m\"",
    ]

    @Test(
        "readings in any order within the lateness end in the same state",
        arguments: [51, 52, 53, 54, 55, 56] as [UInt64])
    func anyOrder(seed: UInt64) throws {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let readings = (0..<120).map {
            Reading(
                series: SeriesID(index: 0), time: Self.start + .seconds($0 * 5),
                value: Double.random(in: 0...9, using: &random))
        }
        func state(_ text: String, _ readings: [Reading]) throws -> LadderState {
            var engine = Engine(try SmallSite.compile(rule(text), devices: 1).plan)
            var changes: [LevelChange] = []
            for reading in readings { _ = engine.ingest(reading, into: &changes) }
            return engine.ladderState(of: 0)
        }
        // The newest comes last: what a timer said at the end does not depend on it then.
        for text in Self.orderless {
            for end in 60..<64 {
                let inTime = Array(readings[..<end])
                let shuffled = inTime.dropLast().shuffled(using: &random) + inTime.suffix(1)
                #expect(try state(text, inTime) == state(text, shuffled), "\(text), seed \(seed)")
            }
        }
    }

    @Test("a group takes the readings of all its devices")
    func group() throws {
        let text = """
            hazard: flood
            rules:
              - name: area-mean
                for_each: area
                levels: { warning: "mean(water_level, 10m) > 3 m" }
            """
        let compiled = try SmallSite.compile(text, devices: 3)
        #expect(compiled.instances.map(\.group) == ["up/down/a0", "up/down/a1"])
        var engine = Engine(compiled.plan)
        var changes: [LevelChange] = []
        // d1 and d3 are in a1; d2 is alone in a0. Four series to a device.
        for (series, value) in [(0, 2.0), (4, 9.0), (8, 5.0)] {
            _ = engine.ingest(
                Reading(series: SeriesID(index: Int32(series)), time: Self.start, value: value), into: &changes)
        }
        #expect(changes.map(\.instance) == [0, 1])
    }
}
