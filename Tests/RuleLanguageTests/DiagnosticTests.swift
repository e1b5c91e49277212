import RuleLanguage
import SourceText
import TestSupport
import Testing

/// What an author sees: whole annotated texts.
@Suite struct DiagnosticTests {
    private func diagnostics(_ body: String) -> String {
        let text = "hazard: flood\nrules:\n  - name: test\n    for_each: station\n" + body
        do {
            return try SmallSite.compile(text).warnings.map { DiagnosticText.plain($0) }.joined(separator: "\n")
        } catch let list as DiagnosticList {
            return list.description
        } catch {
            return "\(error)"
        }
    }

    @Test("a misspelt quantity is shown with the one that was meant")
    func nearMiss() {
        #expect(
            diagnostics("    levels:\n      warning: mean(water_levl, 10m) > 3.2 m\n") == """
                rules.yaml:6:21: error: 'water_levl' is not a quantity of any device in this selection
                    6 |       warning: mean(water_levl, 10m) > 3.2 m
                      |                     ^~~~~~~~~~ did you mean 'water_level'?
                """)
    }

    @Test("a length per time is not a length")
    func dimensions() {
        #expect(
            diagnostics("    levels:\n      warning: slope(water_level, 30m) > 1 m\n") == """
                rules.yaml:6:16: error: length per time compared with length
                    6 |       warning: slope(water_level, 30m) > 1 m
                      |                ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~
                """)
    }

    @Test("a bare number beside a length has lost its unit")
    func missingUnit() {
        #expect(
            diagnostics("    levels: { warning: water_level > 3 }\n") == """
                rules.yaml:5:38: error: length compared with a plain number
                    5 |     levels: { warning: water_level > 3 }
                      |                                      ^ write '3 m'
                """)
    }

    @Test("all mistakes are found in one pass, in plain, quoted, folded and literal scalars, at their place")
    func onePass() {
        let found = diagnostics(
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
        #expect(diagnostics("    levels: { warning: \"sum(temperature, 5m) > 5 K\" }\n").contains("the sum of temperatures has no meaning"))
        #expect(diagnostics("    levels: { warning: temperature * 2 > 5 degC }\n").contains("cannot be multiplied"))
        #expect(diagnostics("    levels: { warning: \"delta(temperature, 1h) > 5 degC\" }\n") == "")
        #expect(diagnostics("    levels: { warning: temperature > 300 K }\n") == "")
    }

    @Test(
        "what a rule file can get wrong",
        arguments: [
            ("    levels: {}\n", "a rule has at least one level"),
            ("    levels: { warning: water_level }\n", "a level is true or false, and this is length"),
            ("    levels: { warning: mean(water_level) > 1 m }\n", "mean takes 2 arguments, and here is 1"),
            ("    levels: { warning: \"mean(water_level, 3) > 1 m\" }\n", "a window such as 90s, 10m or 2h was expected"),
            ("    levels: { warning: water_level > 1 m > 2 m }\n", "comparisons cannot be chained"),
            ("    levels: { warning: (water_level > 1 m }\n", "')' was expected"),
            ("    levels: { warning: water_level > 1 m for }\n", "a duration such as 90s"),
            ("    where: { kid: gauge }\n    levels: { warning: water_level > 1 m }\n", "did you mean 'kind'?"),
            ("    escalate: dutty\n    levels: { warning: water_level > 1 m }\n", "did you mean 'duty'?"),
            ("    summary: \"{staton}\"\n    levels: { warning: water_level > 1 m }\n", "did you mean 'station'?"),
            ("    summry: x\n    levels: { warning: water_level > 1 m }\n", "did you mean 'summary'?"),
            ("    let: { unused: water_level }\n    levels: { warning: water_level > 1 m }\n", "'unused' is not used"),
            ("    where: { kind: submarine }\n    levels: { warning: water_level > 1 m }\n", "selects no device"),
            ("    levels: { warning: { when: max(water_level, 5m) > 1 m } }\n", "put the expression in quotes"),
        ])
    func mistakes(body: String, expected: String) {
        #expect(diagnostics(body).contains(expected), "\(diagnostics(body))")
    }

    @Test("YAML that is none is reported at its place")
    func notYAML() {
        let found = diagnostics("    levels: { warning: [ }\n")
        #expect(found.hasPrefix("rules.yaml:5:"), "\(found)")
        #expect(found.contains("not YAML"))
    }

    @Test("random and mutated rule files never end the process, and always name a place", arguments: [61, 62] as [UInt64])
    func fuzz(seed: UInt64) {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let seeds = [
            "mean(water_level, 10m) > 3.2 m for 2m", "a and not (b or c) > 5 degC", "x in 2 m .. 3 m",
            "-(-1 m/h) / 2 < slope(water_level, 1h)",
        ]
        let pieces = [
            "(", ")", ",", "m", "10m", "for", "and", "or", "not", ">", "..", "\"", "'", "%", "°C", "1e999", "water_level", "mean(", "-",
            "/", " ", "\u{1F30A}",
        ]
        for _ in 0..<400 {
            var text = seeds.randomElement(using: &random) ?? ""
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let at = text.index(text.startIndex, offsetBy: Int.random(in: 0...text.count, using: &random))
                if Bool.random(using: &random), at < text.endIndex {
                    text.remove(at: at)
                } else {
                    text.insert(contentsOf: pieces.randomElement(using: &random) ?? "", at: at)
                }
            }
            let block = "    levels:\n      warning: |\n        \(text)\n"
            do {
                _ = try SmallSite.compile("hazard: flood\nrules:\n  - name: test\n    for_each: station\n" + block)
            } catch let list as DiagnosticList {
                #expect(list.diagnostics.allSatisfy { $0.location != nil }, "\(text)")
            } catch {
                Issue.record("\(error)")
            }
        }
    }

    @Test("deep nesting is an error, not a crash")
    func deep() {
        let deep = String(repeating: "(", count: 5000) + "water_level > 1 m" + String(repeating: ")", count: 5000)
        #expect(diagnostics("    levels: { warning: \"\(deep)\" }\n").contains("nested more than"))
        let signs = String(repeating: "-", count: 5000) + "1 m > water_level"
        #expect(diagnostics("    levels: { warning: \"\(signs)\" }\n").contains("too many signs"))
        let chain = (0..<5000).map { _ in "water_level" }.joined(separator: " + ") + " > 1 m"
        #expect(diagnostics("    levels: { warning: \"\(chain)\" }\n").contains("more than 256 terms"))
    }
}
