import Diagnostics
import RuleLanguage
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

    @Test(
        "a key that is no text is refused with its place, before it can stand for billions of values",
        arguments: [
            ("? *a9\n: 1\n", 12, 3), ("*a9 : 1\n", 12, 1), ("b: { [*a9, *a9]: 1 }", 12, 6),
            ("b: { ? { c: *a9 } : 1 }\n", 12, 8),
            ("- x\n- [1]: 2\n", 13, 3),
        ])
    func keys(text: String, line: Int, column: Int) throws {
        let levels = (1...9).map { level in
            "- &a\(level) [\(Array(repeating: level == 1 ? "x" : "*a\(level - 1)", count: 9).joined(separator: ", "))]\n"
        }
        let isSequence = text.hasPrefix("-")
        let file = SourceFile(
            name: "x.yaml",
            text: (isSequence ? "" : "anchors:\n") + levels.joined() + (isSequence ? "\n\n" : "\n") + text)
        let error = #expect(throws: DiagnosticList.self) { _ = try YAMLNode.parse(file) }
        let diagnostic = try #require(error?.diagnostics.first)
        #expect(
            diagnostic.id == "yaml-key" && diagnostic.location?.line == line && diagnostic.location?.column == column,
            "\(diagnostic)")
    }

    @Test("aliases that repeat one another without end are refused at once, and those that people write are followed")
    func aliases() throws {
        let bomb =
            "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
            + (1...9).map { level in
                let aliases = Array(repeating: "*a\(level == 1 ? "" : "\(level - 1)")", count: 10)
                return "a\(level): &a\(level) [\(aliases.joined(separator: ", "))]\n"
            }.joined()
        let error = #expect(throws: DiagnosticList.self) {
            try YAMLNode.parse(SourceFile(name: "bomb.yaml", text: bomb))
        }
        #expect(error?.description.contains("the aliases of this file (*name) repeat more than 100000 values") == true)
        #expect(error?.diagnostics.count == 1)
        let usual = try YAMLNode.parse(SourceFile(name: "usual.yaml", text: "a: &a { b: 1 }\nc: [*a, *a]\n"))
        guard case .mapping(let entries) = usual.content, case .sequence(let items) = entries[1].value.content else {
            throw TestFailure("it is not a mapping")
        }
        #expect(items.count == 2)
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
                      |                ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~ what stands on the left is in units such as m/h
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
        #expect(
            diagnostics("    levels: { warning: \"sum(temperature, 5m) > 5 K\" }\n").contains(
                "the sum of temperatures has no meaning"))
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
            (
                "    levels: { warning: \"mean(water_level, 3) > 1 m\" }\n",
                "a window such as 90s, 10m or 2h was expected"
            ),
            ("    levels: { warning: water_level > 1 m > 2 m }\n", "comparisons cannot be chained"),
            ("    levels: { warning: (water_level > 1 m }\n", "')' was expected"),
            ("    levels: { warning: water_level > 1 m for }\n", "a duration such as 90s"),
            ("    where: { kid: gauge }\n    levels: { warning: water_level > 1 m }\n", "did you mean 'kind'?"),
            ("    escalate: dutty\n    levels: { warning: water_level > 1 m }\n", "did you mean 'duty'?"),
            ("    summary: \"{staton}\"\n    levels: { warning: water_level > 1 m }\n", "did you mean 'station'?"),
            ("    summry: x\n    levels: { warning: water_level > 1 m }\n", "did you mean 'summary'?"),
            ("    let: { unused: water_level }\n    levels: { warning: water_level > 1 m }\n", "'unused' is not used"),
            ("    where: { kind: submarine }\n    levels: { warning: water_level > 1 m }\n", "selects no device"),
            ("    levels: { warning: \"mean(water_level, 60d) > 1 m\" }\n", "longer than readings are kept (30d)"),
            (
                "    levels: { watch: water_level > 2 m, warning: water_level > 1 m }\n",
                "can never be at 'watch': whenever that holds, 'warning' holds too"
            ),
            (
                "    levels: { watch: water_level > 3 m for 2m, warning: water_level > 3 m for 1m }\n",
                "can never be at 'watch'"
            ),
            (
                "    levels: { warning: water_level > 2 m }\n    clear: water_level < 210 cm\n",
                "'clear' and 'warning' can be true at once"
            ),
            ("    levels: { warning: water_level > 2 m and water_level < 1 m }\n", "can never be true"),
            ("    blind: loud\n    levels: { warning: water_level > 2 m }\n", "'loud' is not a level of the ladder"),
            ("    levels: { warning: \"alarm(\\\"tset\\\")\" }\n", "did you mean 'test'?"),
            ("    levels: { warning: \"alarm(\\\"test\\\")\" }\n", "in a circle: test → test"),
            ("    levels: { warning: \"count_alarms(\\\"test\\\", wach) > 1\" }\n", "did you mean 'watch'?"),
            ("    levels: { warning: any(all(water_level > 1 m)) }\n", "a vote cannot be taken inside a vote"),
            ("    levels: { warning: \"at_least(1.5, water_level > 1 m)\" }\n", "a whole number of sensors"),
            ("    levels: { warning: \"quantile(water_level, 1.2, 5m) > 1 m\" }\n", "a part from 0 to 1"),
            ("    levels: { warning: sqrt(water_level) > 1 m }\n", "length has no square root"),
            ("    levels: { warning: ln(water_level) > 1 }\n", "ln takes a plain number, and this is length"),
            (
                "    levels: { warning: \"if(water_level > 1 m, temperature, 1 m) > 1 m\" }\n",
                "both must be of one kind"
            ),
            ("    levels: { warning: water_level > 1 m then temperature > 3 degC }\n", "'within' and a duration"),
            ("    levels: { warning: hour() > 8 }\n", "the rule asks for no reading and no alarm"),
            ("    levels: { warning: \"mena(water_level, 5m) > 1 m\" }\n", "did you mean 'mean'?"),
            ("    levels: { warning: { when: max(water_level, 5m) > 1 m } }\n", "put the expression in quotes"),
        ])
    func mistakes(body: String, expected: String) {
        #expect(diagnostics(body).contains(expected), "\(diagnostics(body))")
    }

    @Test(
        "a window that holds too few readings at its device's interval is warned of",
        arguments: [
            ("slope(water_level, 1m) > 1 m/h", "slope over 1m is unknown most of the time"),
            ("slope(water_level, 3m) > 1 m/h", "slope over 3m rests on 3 readings"),
            ("zscore(water_level, 4m) > 2", "zscore over 4m rests on 4 readings"),
            ("delta(water_level, 30s) > 1 m", "delta over 30s is unknown most of the time"),
            ("delta(water_level, 1m) > 1 m", "delta over 1m rests on one reading"),
            ("mean(water_level, 30s) > 1 m", "mean over 30s is unknown most of the time"),
            ("mean(water_level, 1m) > 1 m", ""), ("slope(water_level, 5m) > 1 m/h", ""),
            ("count(water_level, 10s) > 1", ""),
        ])
    func fewReadings(condition: String, expected: String) {
        let found = diagnostics("    levels: { watch: \"\(condition)\" }\n")
        #expect(
            expected.isEmpty ? found.isEmpty : found.contains("d1 sends water_level every 1m: \(expected)"), "\(found)")
        #expect(!found.contains("error"))
    }

    @Test("a comma that cuts an expression between { } is shown with the quotes that mend it")
    func flowComma() {
        #expect(
            diagnostics("    levels: { warning: clamp(water_level, 1 m, 2 m) > 1 m }\n") == """
                rules.yaml:5:24: error: between { } YAML ends a value at a comma, and cuts this expression
                    5 |     levels: { warning: clamp(water_level, 1 m, 2 m) > 1 m }
                      |                        ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ put the expression in quotes: warning: "clamp(water_level, 1 m, 2 m) > 1 m"
                """)
    }

    @Test(
        "wherever an expression stands between { } or [ ], with others beside it and over several lines, a comma in it is found",
        arguments: [
            (
                "    let: { stage: mean(water_level, 10m) }\n    levels: { warning: stage > 1 m }\n",
                "stage: \"mean(water_level, 10m)\""
            ),
            (
                "    let: { stage: mean(water_level, 10m), heat: mean(temperature, 10m) }\n    levels: { warning: stage > 1 m }\n",
                "stage: \"mean(water_level, 10m)\""
            ),
            (
                "    levels: { warning: { when: max(water_level, 5m) > 1 m, until: max(water_level, 9m) < 1 m } }\n",
                "until: \"max(water_level, 9m) < 1 m\""
            ),
            ("    levels: { watch: alarm(\"other\", warning) }\n", "watch: 'alarm(\"other\", warning)'"),
            (
                "    levels: { watch: if(water_level > 1 m, clamp(water_level, 1 m, 3 m), 1 m) > 1 m, warning: temperature > 3 degC }\n",
                "watch: \"if(water_level > 1 m, clamp(water_level, 1 m, 3 m), 1 m) > 1 m\""
            ),
            (
                "    levels: {\n      warning: mean(water_level,\n        10m) > 1 m }\n",
                "warning: \"mean(water_level, 10m) > 1 m\""
            ),
            ("    where: { kind: [f(a, b), c] }\n    levels: { watch: water_level > 1 m }\n", "quotes: \"f(a, b)\""),
        ])
    func flowCommas(body: String, mend: String) {
        let found = diagnostics(body)
        #expect(found.contains("put the expression in quotes"), "\(found)")
        #expect(found.contains(mend), "\(found)")
        #expect(!found.contains("stands twice") && !found.contains("is missing here"), "\(found)")
    }

    @Test("a text that a comma has cut is told as such; what closes no parenthesis, and what is quoted, is not")
    func otherCommas() {
        #expect(
            diagnostics(
                "    languages: { es: { summary: mucha agua, cuidado } }\n    levels: { watch: water_level > 1 m }\n"
            )
            .contains("a comma ends a value: put a value with a comma in quotes"))
        #expect(
            diagnostics("    where: { kind: gauge, area: \"(up, down)\" }\n    levels: { watch: water_level > 1 m }\n")
                .contains("flow")
                == false)
        #expect(
            diagnostics("    levels: { watch: \"mean(water_level, 10m) > 1 m\", warning: water_level > 3 m }\n") == "")
        #expect(
            !diagnostics("    levels: { watch: (water_level > 1 m, warning: water_level > 3 m }\n").contains(
                "YAML ends a value"))
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
                rules.yaml:5:24: error: 'rise' is length per time, and ft is a unit of length
                    5 |     summary: "{rise in ft}"
                      |                        ^~ such as 'rise in m/h'
                """
            ),
            ("{station in ft}", "'station' is a label, which has no unit"),
            ("{high in ft}", "'high' is a condition, which has no unit"),
            ("{nothing in ft}", "'nothing' is neither a label nor a 'let'"),
        ])
    func summaryUnits(summary: String, expected: String) {
        let found = diagnostics(
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

    @Test("YAML that is none is reported at its place")
    func notYAML() {
        let found = diagnostics("    levels: { warning: [ }\n")
        #expect(found.hasPrefix("rules.yaml:5:"), "\(found)")
        #expect(found.contains("a value is missing here"))
    }

    @Test(
        "random and mutated rule files never end the process, and always name a place", arguments: [61, 62] as [UInt64])
    func fuzz(seed: UInt64) {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let seeds = [
            "mean(water_level, 10m) > 3.2 m for 2m", "a and not (b or c) > 5 degC", "x in 2 m .. 3 m",
            "-(-1 m/h) / 2 < slope(water_level, 1h)", "at_least(2, quantile(raw water_level, 0.95, 10m) > 1 m)",
            "share(water_level > 2 m, 10m) > 50 % then silent(temperature, 5m) within 1h",
            "if(hour() in 6 .. 22, forecast(water_level, 30m, 2h), clamp(water_level, 0 m, 5 m)) > abs(ewma(water_level, 10m))",
            "count_alarms(\"test\", watch) >= 2 or alarm(\"test\")",
            "pow(spread(water_level), 2) > 1 m2 and age(water_level) < 1 h",
        ]
        let pieces = [
            "(", ")", ",", "m", "10m", "for", "and", "or", "not", ">", "..", "\"", "'", "%", "°C", "1e999",
            "water_level", "mean(", "-",
            "then", "within", "raw", "any(", "1e308", "share(", "if(", "\u{0}",
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

    @Test(
        "whole files, cut and shuffled, never end the process, and always name a place",
        arguments: [63, 64] as [UInt64])
    func fuzzFiles(seed: UInt64) throws {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let files = try RepositoryRoot.files("Rules").map { Array($0.text.utf8) }
        for _ in 0..<60 {
            var bytes = files.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...8, using: &random) where !bytes.isEmpty {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.remove(at: at)
                case 1: bytes[at] = UInt8.random(in: 9...126, using: &random)
                case 2: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...80, using: &random)))
                default:
                    bytes.insert(
                        contentsOf: bytes[at..<min(bytes.count, at + 60)],
                        at: Int.random(in: 0...bytes.count, using: &random))
                }
            }
            do {
                _ = try SmallSite.compile(String(decoding: bytes, as: UTF8.self))
            } catch let list as DiagnosticList {
                #expect(list.diagnostics.allSatisfy { $0.location != nil }, "\(String(decoding: bytes, as: UTF8.self))")
            } catch {
                Issue.record("\(error)")
            }
        }
    }

    @Test("names that multiply are an error, not a wait")
    func doubling() {
        let names = (1..<60).map { "      a\($0): a\($0 - 1) + a\($0 - 1)\n" }.joined()
        let found = diagnostics("    let:\n      a0: water_level\n" + names + "    levels: { warning: a59 > 1 m }\n")
        #expect(found.contains("more than 10000 terms"), "\(found)")
        let and = (0..<200).map { "temperature > \($0) degC" }.joined(separator: " and ")
        let or = (0..<200).map { "humidity > \($0) %" }.joined(separator: " or ")
        #expect(!diagnostics("    levels: { watch: \(and), warning: \(or) }\n").contains("error"))
    }

    @Test("rules that ask for each other's alarms in a circle are named")
    func cycle() throws {
        let rules = ["a", "b", "c"].enumerated().map { index, name in
            "  - { name: \(name), for_each: station, levels: { warning: 'alarm(\"\(["b", "c", "a"][index])\") and water_level > 1 m' } }\n"
        }.joined()
        #expect {
            try SmallSite.compile("hazard: flood\nrules:\n" + rules)
        } throws: { error in
            (error as? DiagnosticList)?.diagnostics.map(\.message) == [
                "rules ask for each other's alarms in a circle: a → b → c → a"
            ]
        }
    }

    @Test("a mend that is one word is given as such")
    func fixes() throws {
        #expect {
            try SmallSite.compile(
                "hazard: flood\nrules:\n  - name: test\n    for_each: station\n    levels: { warning: water_levl > 1 m, watch: water_level > 3 }\n"
            )
        } throws: { error in
            (error as? DiagnosticList)?.diagnostics.compactMap(\.fix) == ["water_level", "3 m"]
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
