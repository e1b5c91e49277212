import Diagnostics
import RuleLanguage
import TestSupport
import Testing

/// What an author sees: whole annotated texts.
@Suite struct DiagnosticTests {
    @Test("a misspelt quantity is shown with the one that was meant")
    func nearMiss() {
        #expect(
            Diagnosed.text(
                """
                levels:
                  warning: mean(water_levl, 10m) > 3.2 m
                """) == """
                    rules.yaml:6:21: error: 'water_levl' is not a quantity of any device in this selection
                        6 |       warning: mean(water_levl, 10m) > 3.2 m
                          |                     ^~~~~~~~~~ did you mean 'water_level'?
                    """)
    }

    @Test("a length per time is not a length")
    func dimensions() {
        #expect(
            Diagnosed.text(
                """
                levels:
                  warning: slope(water_level, 30m) > 1 m
                """) == """
                    rules.yaml:6:16: error: length per time cannot be compared with length
                        6 |       warning: slope(water_level, 30m) > 1 m
                          |                ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~ the left side is in units such as m/h
                    """)
    }

    @Test("a bare number beside a length has lost its unit")
    func missingUnit() {
        #expect(
            Diagnosed.text("levels: { warning: water_level > 3 }") == """
                rules.yaml:5:38: error: length cannot be compared with a plain number
                    5 |     levels: { warning: water_level > 3 }
                      |                                      ^ write '3 m'
                """)
    }

    @Test("all mistakes are found in one pass, in plain, quoted, folded and literal scalars, at their place")
    func onePass() {
        let found = Diagnosed.text(
            """
            let:
              a: mean(water_level, 10m) + temperature
              b: "mean(water_level, 10 parsecs)"
            levels:
              advisory: >-
                water_level > 1 m
                or nonsense > 2 m
              watch: |
                water_level >
                  1 furlong
              warning: 'water_level ! 3 m'
              alert: water_level > 1 m
            clear: max(temperature, 5m)
            """)
        let places = found.split(separator: "\n").filter { $0.contains(": error: ") }.map { line in
            line.split(separator: ":")[1] + ":" + line.split(separator: ":")[2]
        }
        #expect(places == ["6:10", "7:32", "11:12", "14:13", "15:29", "16:7", "17:12"], "\(found)")
    }

    @Test("a sum of temperatures, and a product of one, make no sense")
    func temperatures() {
        #expect(
            Diagnosed.text(#"levels: { warning: "sum(temperature, 5m) > 5 K" }"#).contains(
                "the sum of temperatures has no meaning"))
        #expect(Diagnosed.text("levels: { warning: temperature * 2 > 5 degC }").contains("cannot be multiplied"))
        #expect(Diagnosed.text(#"levels: { warning: "delta(temperature, 1h) > 5 degC" }"#) == "")
        #expect(Diagnosed.text("levels: { warning: temperature > 300 K }") == "")
    }

    @Test(
        "what a rule file can get wrong",
        arguments: [
            ("levels: {}", "a rule needs at least one level"),
            ("levels: { warning: water_level }", "a level must be true or false, but this is length"),
            ("levels: { warning: mean(water_level) > 1 m }", "'mean' takes 2 arguments, but 1 was given"),
            (
                #"levels: { warning: "mean(water_level, 3) > 1 m" }"#,
                "'mean' takes a duration here, such as 90s, 10m or 2h"
            ),
            ("levels: { warning: water_level > 1 m > 2 m }", "comparisons cannot be chained"),
            ("levels: { warning: (water_level > 1 m }", "expected ')', but found the end of the expression"),
            ("levels: { warning: water_level > 1 m for }", "a duration such as 90s"),
            (
                """
                where: { kid: gauge }
                levels: { warning: water_level > 1 m }
                """, "did you mean 'kind'?"
            ),
            (
                """
                escalate: dutty
                levels: { warning: water_level > 1 m }
                """, "did you mean 'duty'?"
            ),
            (
                """
                summary: "{staton}"
                levels: { warning: water_level > 1 m }
                """, "did you mean 'station'?"
            ),
            (
                """
                summry: x
                levels: { warning: water_level > 1 m }
                """, "did you mean 'summary'?"
            ),
            (
                """
                let: { unused: water_level }
                levels: { warning: water_level > 1 m }
                """, "'unused' is not used"
            ),
            (
                """
                where: { kind: submarine }
                levels: { warning: water_level > 1 m }
                """, "selects no device"
            ),
            (#"levels: { warning: "mean(water_level, 60d) > 1 m" }"#, "longer than readings are kept (30d)"),
            (
                "levels: { watch: water_level > 2 m, warning: water_level > 1 m }",
                "can never be at 'watch': 'warning' holds whenever it does"
            ),
            (
                "levels: { watch: water_level > 3 m for 2m, warning: water_level > 3 m for 1m }",
                "can never be at 'watch'"
            ),
            (
                """
                levels: { warning: water_level > 2 m }
                clear: water_level < 210 cm
                """,
                "'clear' and 'warning' can be true at once"
            ),
            ("levels: { warning: water_level > 2 m and water_level < 1 m }", "can never be true"),
            (
                """
                blind: loud
                levels: { warning: water_level > 2 m }
                """, "'loud' is not a level of the ladder"
            ),
            (#"levels: { warning: "alarm(\"tset\")" }"#, "did you mean 'test'?"),
            (#"levels: { warning: "alarm(\"test\")" }"#, "in a circle: test → test"),
            (#"levels: { warning: "count_alarms(\"test\", wach) > 1" }"#, "did you mean 'watch'?"),
            ("levels: { warning: any(all(water_level > 1 m)) }", "a vote cannot be taken inside a vote"),
            (#"levels: { warning: "at_least(1.5, water_level > 1 m)" }"#, "a whole number of sensors"),
            (#"levels: { warning: "quantile(water_level, 1.2, 5m) > 1 m" }"#, "a part from 0 to 1"),
            ("levels: { warning: sqrt(water_level) > 1 m }", "length has no square root"),
            ("levels: { warning: ln(water_level) > 1 }", "'ln' takes a plain number, but this is length"),
            (
                #"levels: { warning: "if(water_level > 1 m, temperature, 1 m) > 1 m" }"#,
                "both must be of one kind"
            ),
            ("levels: { warning: water_level > 1 m then temperature > 3 degC }", "'within' and a duration"),
            ("levels: { warning: hour() > 8 }", "the rule uses no reading and no alarm"),
            (#"levels: { warning: "mena(water_level, 5m) > 1 m" }"#, "did you mean 'mean'?"),
            ("levels: { warning: { when: max(water_level, 5m) > 1 m } }", "put the expression in quotes"),
        ])
    func mistakes(body: String, expected: String) {
        #expect(Diagnosed.text(body).contains(expected), "\(Diagnosed.text(body))")
    }

    @Test(
        "a window that holds too few readings at its device's interval is warned of",
        arguments: [
            ("slope(water_level, 1m) > 1 m/h", "slope over 1m is unknown most of the time"),
            ("slope(water_level, 3m) > 1 m/h", "slope over 3m uses only 3 readings"),
            ("zscore(water_level, 4m) > 2", "zscore over 4m uses only 4 readings"),
            ("delta(water_level, 30s) > 1 m", "delta over 30s is unknown most of the time"),
            ("delta(water_level, 1m) > 1 m", "delta over 1m uses only one reading"),
            ("mean(water_level, 30s) > 1 m", "mean over 30s is unknown most of the time"),
            ("mean(water_level, 1m) > 1 m", ""), ("slope(water_level, 5m) > 1 m/h", ""),
            ("count(water_level, 10s) > 1", ""),
        ])
    func fewReadings(condition: String, expected: String) {
        let found = Diagnosed.text("levels: { watch: \"\(condition)\" }")
        #expect(
            expected.isEmpty ? found.isEmpty : found.contains("d1 sends water_level every 1m: \(expected)"), "\(found)")
        #expect(!found.contains("error"))
    }

    @Test(
        "a unit in a summary is known and fits what it is of",
        arguments: [
            ("{rise in ft/h}", ""), ("{heat in degF}", ""), ("{heat in K}", ""), ("{jump in degF}", ""),
            (
                "{rise in parsec}",
                """
                rules.yaml:5:24: error: 'parsec' is not a unit
                    5 |     summary: "{rise in parsec}"
                      |                        ^~~~~~
                """
            ),
            (
                "{rise in ft}",
                """
                rules.yaml:5:24: error: 'rise' is length per time, but ft is a unit of length
                    5 |     summary: "{rise in ft}"
                      |                        ^~ write a unit such as 'rise in m/h'
                """
            ),
            ("{station in ft}", "'station' is a label, which has no unit"),
            ("{high in ft}", "'high' is a condition, which has no unit"),
            ("{nothing in ft}", "'nothing' is neither a label nor a 'let'"),
        ])
    func summaryUnits(summary: String, expected: String) {
        let found = Diagnosed.text(
            """
            summary: "\(summary)"
            let:
              rise: slope(water_level, 30m)
              heat: temperature
              jump: delta(temperature, 30m)
              high: water_level > 1 m
            levels:
              watch: high and rise > 1 m/h and heat > 1 degC and jump > 1 K
            """)
        #expect(expected.isEmpty ? found == "" : found.contains(expected), "\(found)")
    }

    @Test("rules that ask for each other's alarms in a circle are named")
    func cycle() throws {
        let rules: [String] = ["a", "b", "c"].enumerated().map { index, name in
            let asked = ["b", "c", "a"][index]
            return """
                  - name: \(name)
                    for_each: station
                    levels: { warning: 'alarm("\(asked)") and water_level > 1 m' }

                """
        }
        #expect {
            try SmallSite.compile("hazard: flood\nrules:\n\(rules.joined())")
        } throws: { error in
            (error as? DiagnosticList)?.diagnostics.map(\.message) == [
                "rules ask for each other's alarms in a circle: a → b → c → a"
            ]
        }
    }

    @Test("a correction that is a single text is given as a fix")
    func fixes() throws {
        #expect {
            try SmallSite.compile(Diagnosed.file("levels: { warning: water_levl > 1 m, watch: water_level > 3 }"))
        } throws: { error in
            (error as? DiagnosticList)?.diagnostics.compactMap(\.fix) == ["water_level", "3 m"]
        }
    }

    @Test("the second of two equal names is reported, with a note that shows the first")
    func duplicates() {
        let found = Diagnosed.text(
            ofFile: """
                hazard: flood
                rules:
                  - { name: test, for_each: station, levels: { watch: water_level > 1 m } }
                  - { name: test, for_each: station, levels: { watch: water_level > 2 m } }

                """)
        #expect(
            found == """
                rules.yaml:4:13: error: there are two rules 'test'
                    4 |   - { name: test, for_each: station, levels: { watch: water_level > 2 m } }
                      |             ^~~~ rename or remove one of them
                rules.yaml:3:13: note: the first is here
                    3 |   - { name: test, for_each: station, levels: { watch: water_level > 1 m } }
                      |             ^~~~
                """)
    }

    @Test("a call with too few arguments is shown with what is missing")
    func argumentCount() {
        #expect(
            Diagnosed.text("levels: { warning: mean(water_level) > 1 m }") == """
                rules.yaml:5:24: error: 'mean' takes 2 arguments, but 1 was given
                    5 |     levels: { warning: mean(water_level) > 1 m }
                      |                        ^~~~~~~~~~~~~~~~~ add a window, as in mean(water_level, 10m)
                """)
    }
}
