import Diagnostics
import RuleLanguage
import TestSupport
import Testing

/// Rules held against what the devices really send: units, ranges, groups.
@Suite struct SelectionTests {
    private static let metre = "  - { id: d1, profile: test, station: s1 }\n"
    private static let foot =
        "  - { id: d2, profile: test, station: s2, units: { water_level: ft, temperature: degF } }\n"

    private func diagnostics(_ body: String, devices: String) throws -> [Diagnostic] {
        do {
            return try SmallSite.compile(Diagnosed.file(body), devices: devices).warnings
        } catch let list as DiagnosticList {
            return list.diagnostics
        }
    }

    @Test(
        "a number without a unit is mended by the unit that the devices send, and by each where they differ",
        arguments: [
            (metre, "water_level > 12", "write '12 m'", "12 m"), (foot, "water_level > 12", "write '12 ft'", "12 ft"),
            (foot, "mean(water_level, 10m) > 12", "write '12 ft'", "12 ft"),
            (foot, "slope(water_level, 30m) > 2", "write '2 ft/h'", "2 ft/h"),
            (foot, "temperature > 80", "write '80 degF'", "80 degF"),
            (foot, "delta(temperature, 1h) > 8", "write '8 degF'", "8 degF"),
            (metre, "delta(temperature, 1h) > 8", "write '8 K'", "8 K"),
            (foot, "slope(temperature, 1h) > 8", "write '8 degF/h'", "8 degF/h"),
            (foot, "mean(water_level, 1h) / 1 h > 20", "write '20 ft/h'", "20 ft/h"),
            (metre + foot, "water_level > 12", "write '12 m' or '12 ft': d1 sends m, d2 sends ft", nil),
            (metre + foot, "slope(water_level, 30m) > 1", "write '1 m/h' or '1 ft/h': d1 sends m, d2 sends ft", nil),
        ] as [(String, String, String, String?)])
    func mends(devices: String, condition: String, hint: String, fix: String?) throws {
        let found = try diagnostics("levels: { warning: \"\(condition)\" }", devices: devices)
        #expect(found.map(\.id) == ["missing-unit"], "\(found)")
        #expect(found.first?.hint == hint)
        #expect(found.first?.fix == fix)
    }

    @Test(
        "a value that is compared with nothing is shown in the devices' own unit, per hour where it is a rate",
        arguments: [
            ("slope(water_level, 30m)", "1.8 ft/h"), ("mean(water_level, 10m)", "3.281 ft"),
            ("temperature", "212 degF"),
            ("delta(temperature, 1h)", "180 degF"),
        ])
    func shownUnits(term: String, expected: String) throws {
        let rules = try SmallSite.compile(
            """
            hazard: flood
            rules:
              - name: test
                for_each: station
                summary: "{x}"
                let: { x: "\(term)" }
                levels: { warning: humidity > 5 % }

            """, devices: Self.foot)
        let value = ["ft/h": 0.0001524, "ft": 1, "degF": 100][expected.split(separator: " ")[1]] ?? .nan
        let registers = Array(repeating: value, count: rules.plan.programs[0].instructions.count)
        #expect(rules.rules[0].summary.text(labels: [:], registers: registers) == expected)
    }

    @Test(
        "a threshold that no plausible reading passes is found",
        arguments: [
            ("water_level > 50 m", true), ("water_level >= 50 m", false), ("water_level > 49 m", false),
            ("mean(water_level, 10m) > 200 ft", true),
            ("water_level < -1 m", true), ("water_level <= -1 m", false), ("60 m < water_level", true),
            ("raw water_level > 60 m", false),
            ("delta(water_level, 1h) > 60 m", false), ("sum(water_level, 1h) > 60 m", false),
            ("temperature > 2000 degC", false),
        ])
    func implausible(condition: String, isFound: Bool) throws {
        let found = try diagnostics("levels: { warning: \"\(condition)\" }", devices: Self.metre)
        #expect(
            found.contains { $0.id == "implausible-threshold" && $0.message.contains("outside -1 m .. 50 m") }
                == isFound, "\(found)")
    }

    @Test("an 'until' that can be true beside its 'when' is found")
    func untilOverlaps() throws {
        func found(_ until: String) throws -> [String] {
            try diagnostics(
                "levels: { warning: { when: water_level > 3 m for 2m, until: \"\(until)\" } }",
                devices: Self.metre
            ).map(\.id)
        }
        #expect(try found("water_level < 3.2 m") == ["until-overlaps"])
        #expect(try found("water_level < 2.8 m for 10m").isEmpty)
    }

    @Test("a device that a rule selects, and that is in none of its groups, is an error at the device's place")
    func ungrouped() throws {
        let devices = Self.metre + "  - { id: d3, profile: test }\n"
        let found = try diagnostics("levels: { warning: water_level > 3 m }", devices: devices)
        #expect(found.map(\.id) == ["no-group"])
        #expect(found.first?.severity == .error)
        #expect(found.first?.location?.file == "site.yaml" && found.first?.location?.line == 4)
        #expect(found.first?.message.contains("'d3' is in no group of the rule 'test'") == true)
        // What it does not measure is no concern of the rule.
        let other = Self.metre + "  - { id: d3, profile: test, quantities: [humidity] }\n"
        #expect(try diagnostics("levels: { warning: water_level > 3 m }", devices: other).isEmpty)
    }

    @Test(
        "a condition is shown as it was understood, with its brackets",
        arguments: [
            ("water_level > 1 m and humidity > 5 % for 10 min", "water_level > 1 m and (humidity > 5 % for 10m)"),
            ("(water_level > 1 m and humidity > 5 %) for 10m", "(water_level > 1 m and humidity > 5 %) for 10m"),
            (
                "not water_level > 1 m or humidity > 5 % and temperature > 3 degC",
                "(not water_level > 1 m) or (humidity > 5 % and temperature > 3 degC)"
            ),
            (
                "water_level > 1 m and humidity > 5 % and temperature > 3 degC",
                "water_level > 1 m and humidity > 5 % and temperature > 3 degC"
            ),
            (
                "water_level * 2 + 1 m > 4 m then humidity > 5 % within 1 hour",
                "(water_level * 2) + 1 m > 4 m then humidity > 5 % within 1h"
            ),
            ("any(mean(water_level, 10 minutes) > 1 m for 2m)", "any(mean(water_level, 10m) > 1 m for 2m)"),
        ])
    func brackets(condition: String, shown: String) throws {
        let rules = try SmallSite.compile(
            "hazard: flood\nrules:\n  - { name: test, for_each: station, levels: { warning: \"\(condition)\" } }\n",
            devices: Self.metre)
        #expect(
            rules.outline(of: "test", ladder: SmallSite.ladder, site: try SmallSite.site(1))?.levels.map(\.text) == [
                shown
            ])
    }

    @Test(
        "a decimal comma is mended, and nothing else is said of it",
        arguments: [
            "levels:\n  warning: water_level > 2,5 m", "levels: { warning: water_level > 2,5 m }",
            "levels: { watch: humidity > 2,5 %, warning: humidity > 12,5 % }",
        ])
    func decimalComma(text: String) throws {
        let found = try diagnostics(text, devices: Self.metre)
        #expect(
            !found.isEmpty && found.allSatisfy { $0.id == "decimal-comma" && $0.fix?.hasSuffix("2.5") == true },
            "\(found)")
    }

    @Test("a comma of thousands is not taken for a decimal one without asking")
    func thousands() throws {
        let found = try diagnostics("levels: { warning: carbon_monoxide > 1,200 ppm }", devices: Self.metre)
        #expect(found.map(\.hint) == ["write 1200, or 1.200 for a fraction"] && found.first?.fix == nil, "\(found)")
        let call = try diagnostics("levels: { warning: mean(water_level, 10m) > 3,2 m }", devices: Self.metre)
        #expect(call.contains { $0.fix == "\"mean(water_level, 10m) > 3,2 m\"" }, "\(call)")
    }

    @Test("what a group's devices do not share is not for its summary, and a value that no device has is named")
    func labels() throws {
        let text = """
            hazard: flood
            rules:
              - { name: a, summary: "{station} is high", for_each: site, levels: { watch: water_level > 2 m } }
              - { name: b, for_each: device, where: { station: s9 }, levels: { watch: water_level > 2 m } }

            """
        let found = try SmallSite.compile(text, devices: Self.metre + "  - { id: d2, profile: test, station: s2 }\n")
            .warnings
        #expect(found.map(\.id) == ["label-not-shared", "idle-rule"], "\(found)")
        #expect(found.last?.location?.line == 4 && found.last?.hint?.contains("s1") == true, "\(found)")
    }

    @Test("units in words are units, and lengths of time in words are lengths of time")
    func words() throws {
        for condition in [
            "water_level > 12 feet", "age(water_level) > 10 minutes", "water_level > 2 metres for 1 hour",
            "mean(water_level, 10 min) > 2 m",
        ] {
            #expect(
                try diagnostics("levels: { warning: \"\(condition)\" }", devices: Self.metre).isEmpty,
                "\(condition)")
        }
        let found = try diagnostics("levels: { warning: water_level => 2 m }", devices: Self.metre)
        #expect(found.first?.hint == "write '>='", "\(found)")
    }
}
