import RuleLanguage
import Telemetry
import TestSupport
import Testing

/// `silent()`, also of what a device does not measure.
@Suite struct SilentTests {
    /// d1 measures the level alone, d2 the humidity alone, d3 both.
    private static let devices = """
          - { id: d1, profile: test, station: s1, quantities: [water_level] }
          - { id: d2, profile: test, station: s2, quantities: [humidity] }
          - { id: d3, profile: test, station: s3, quantities: [water_level, humidity] }

        """

    private func rules(_ levels: String, forEach: String = "device") throws -> CompiledRules {
        try SmallSite.compile(
            "hazard: flood\nrules:\n  - name: test\n    for_each: \(forEach)\n    levels: \(levels)\n",
            devices: Self.devices)
    }

    /// Every sensor sends each minute for an hour; from 20 min on the humidity of d3 stays away.
    private func log(_ rules: CompiledRules) -> [String] {
        var bench = RuleBench(rules)
        for minute in 0...60 {
            bench.advance(to: Double(minute) * 60)
            // d1, d2, d3's level and humidity
            for series in 0...3 as ClosedRange<Int32> where series != 3 || minute < 20 {
                bench.feed(Double(minute) * 60, 1, series: series)
            }
        }
        return bench.log
    }

    @Test("what a device does not measure is never silent, and check names the device")
    func missingQuantity() throws {
        let rules = try rules("{ watch: \"silent(water_level, 30m) or silent(humidity, 30m)\" }")
        #expect(log(rules) == ["2940: test d3 0→2"])
        let warnings = rules.warnings.filter { $0.id == "no-sensor" }.map(\.message)
        #expect(warnings.count == 2)
        #expect(warnings.contains { $0.hasPrefix("nothing measures 'humidity' in d1:") })
        #expect(warnings.contains { $0.hasPrefix("nothing measures 'water_level' in d2:") })
    }

    @Test(
        "silent(w) is of any sensor of the device, or of any device of the group, and warns of nothing",
        arguments: ["device", "site"])
    func anySensor(forEach: String) throws {
        let rules = try rules("{ watch: silent(30m) }", forEach: forEach)
        #expect(log(rules) == ["2940: test \(forEach == "device" ? "d3" : "test-site") 0→2"])
        #expect(rules.warnings.isEmpty, "\(rules.warnings.map(\.message))")
        // Nothing has ever come from any.
        var bench = RuleBench(try self.rules("{ watch: silent(30m) }"))
        bench.advance(to: 3600)
        // Half an hour after the first tick.
        #expect(bench.log.sorted() == ["1830: test d1 0→2", "1830: test d2 0→2", "1830: test d3 0→2"])
    }

    @Test("in a vote it is put to each device: two of three")
    func vote() throws {
        var bench = RuleBench(try rules("{ watch: \"at_least(2, silent(30m))\" }", forEach: "site"))
        for minute in 0...60 {
            bench.advance(to: Double(minute) * 60)
            bench.feed(Double(minute) * 60, 1, series: 0)
            if minute < 10 {
                for series in 1...3 as ClosedRange<Int32> { bench.feed(Double(minute) * 60, 1, series: series) }
            }
        }
        #expect(bench.log == ["2340: test test-site 0→2"])
    }

    @Test("a count of what nothing measures is unknown, and neither few nor many")
    func counts() throws {
        let found = log(try rules("{ watch: \"count(humidity, 10m) < 5\" }"))
        #expect(found.contains { $0.contains("test d3 0→2") } && found.allSatisfy { !$0.contains("d1") }, "\(found)")
    }

    @Test("a sensor that may be silent for longer than silent(w) asks has that long")
    func ownSilence() throws {
        let devices =
            "  - { id: d1, profile: test, station: s1, quantities: [water_level, humidity], silence: { humidity: 50m } }\n"
        let text = "hazard: flood\nrules:\n  - { name: test, for_each: device, levels: { watch: silent(10m) } }\n"
        var bench = RuleBench(try SmallSite.compile(text, devices: devices))
        for minute in 0...60 {
            bench.advance(to: Double(minute) * 60)
            bench.feed(Double(minute) * 60, 1, series: 0)
            if minute < 2 { bench.feed(Double(minute) * 60, 1, series: 1) }
        }
        #expect(bench.log == ["3060: test d1 0→2"])
    }
}
