import Alarms
import Diagnostics
import Escalation
import RulePlan
import Telemetry
import TestSupport
import Testing

@Suite struct PolicyFileTests {
    private func read(_ text: String) throws -> PolicySet {
        try PolicySet.read(
            SourceFile(name: "policies.yaml", text: text), ladder: SmallSite.ladder,
            destinations: ["log", "pager", "town"],
            zone: ZoneTable())
    }

    @Test("a policies file is read whole: steps, delays, repeats, levels, calendars, stop conditions")
    func whole() throws {
        let policies = try read(
            """
            calendars:
              office: { days: [mon-thu, fri], from: "08:00", to: "17:30", except: ["2026-12-25"] }
            policies:
              - name: duty
                where: { hazard: flood, area: "up/**" }
                minimum_level: watch
                steps:
                  - to: [log, pager]
                  - { to: town, after: 5m unacknowledged, minimum_level: warning, repeat: 10m, times: 3, during: office }
                  - { to: town, after: 15m active, outside: office, stop: cleared }
            """
        ).policies
        #expect(policies.map(\.name) == ["duty"])
        let steps = policies[0].steps
        #expect(steps[0].destinations == ["log", "pager"])
        #expect(steps[0].delay == .immediately)
        #expect(steps.map(\.minimumLevel.rank) == [2, 3, 2])
        #expect(steps[1].delay == .unacknowledged(.minutes(5)))
        #expect(steps[1].repeatEvery == .minutes(10) && steps[1].times == 3)
        #expect(steps.map(\.stop) == [.acknowledged, .acknowledged, .cleared])
        #expect(steps[1].hours?.isInside == true && steps[2].hours?.isInside == false)
    }

    @Test(
        "a mistake is named at its place",
        arguments: [
            ("policies: []", "at least one policy"),
            ("policies: [{ name: a, steps: [] }]", "at least one step"),
            ("policies: [{ name: a, steps: [{ to: pgaer }] }]", "there is no destination 'pgaer'"),
            ("policies: [{ name: a, steps: [{ after: 5m active }] }]", "'to' is missing"),
            ("policies: [{ name: a, steps: [{ to: log, after: 5m }] }]", "'after' must be"),
            ("policies: [{ name: a, steps: [{ to: log, after: 5m acknowledged }] }]", "'after' must be"),
            ("policies: [{ name: a, steps: [{ to: log, minimum_level: severe }] }]", "'minimum_level' must be"),
            ("policies: [{ name: a, steps: [{ to: log, times: 3 }] }]", "there is no 'repeat'"),
            ("policies: [{ name: a, steps: [{ to: log, repeat: 1s }] }]", "at least 10s"),
            ("policies: [{ name: a, steps: [{ to: log, during: office }] }]", "there is no calendar 'office'"),
            ("policies: [{ name: a, steps: [{ to: log, stop: never }] }]", "'stop' must be"),
            ("policies: [{ name: a, stpes: [{ to: log }] }]", "there is no key 'stpes'"),
            ("policies: [{ name: a, steps: [{ to: log }] }, { name: a, steps: [{ to: log }] }]", "two policies 'a'"),
            ("calendars: { c: { days: mon-fry } }\npolicies: [{ name: a, steps: [{ to: log }] }]", "a day is one of"),
            ("calendars: { c: { from: \"25:00\" } }\npolicies: [{ name: a, steps: [{ to: log }] }]", "'from' must be"),
            (
                "calendars: { c: { except: [christmas] } }\npolicies: [{ name: a, steps: [{ to: log }] }]",
                "a date is written"
            ),
        ])
    func mistakes(text: String, message: String) {
        #expect { try read(text) } throws: { "\($0)".contains(message) && "\($0)".contains("policies.yaml:") }
    }

    @Test("a calendar knows its hours in the site's time zone, over midnight too, and its holidays")
    func calendars() throws {
        // Two hours east of Greenwich; 2026-11-23 is a Monday.
        let zone = ZoneTable([.init(from: .distantPast, offset: .hours(2))])
        func time(_ text: String) throws -> Instant { try #require(Instant(rfc3339: text.utf8)) }
        let office = Calendar(weekdays: [1, 2, 3, 4, 5], from: 8 * 60, to: 17 * 60, holidays: [20_782])
        #expect(try office.includes(time("2026-11-23T06:00:00Z"), zone))
        #expect(try !office.includes(time("2026-11-23T05:59:59Z"), zone))
        #expect(try !office.includes(time("2026-11-23T15:00:00Z"), zone))
        #expect(try !office.includes(time("2026-11-22T10:00:00Z"), zone))
        // 2026-11-25, the 20782nd day, is a holiday.
        #expect(try !office.includes(time("2026-11-25T10:00:00Z"), zone))
        #expect(try office.includes(time("2026-11-26T10:00:00Z"), zone))
        let night = Calendar(weekdays: [5], from: 22 * 60, to: 6 * 60, holidays: [])
        #expect(try night.includes(time("2026-11-27T21:00:00Z"), zone))
        #expect(try night.includes(time("2026-11-28T03:59:00Z"), zone))
        #expect(try !night.includes(time("2026-11-28T04:00:00Z"), zone))
        #expect(try !night.includes(time("2026-11-28T21:00:00Z"), zone))
    }
}
