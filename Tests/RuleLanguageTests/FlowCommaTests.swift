import Testing

/// Commas that cut an expression between `{ }` or `[ ]`.
@Suite struct FlowCommaTests {
    @Test("a comma that cuts an expression between { } is shown with the quotes that correct it")
    func flowComma() {
        #expect(
            Diagnosed.text("levels: { warning: clamp(water_level, 1 m, 2 m) > 1 m }") == """
                rules.yaml:5:24: error: between { } a comma ends a value, which cuts this expression
                    5 |     levels: { warning: clamp(water_level, 1 m, 2 m) > 1 m }
                      |                        ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ \
                put the expression in quotes: warning: "clamp(water_level, 1 m, 2 m) > 1 m"
                """)
    }

    @Test(
        "a comma in an expression between { } or [ ] is found, also beside other expressions and over several lines",
        arguments: [
            (
                """
                let: { stage: mean(water_level, 10m) }
                levels: { warning: stage > 1 m }
                """,
                "stage: \"mean(water_level, 10m)\""
            ),
            (
                """
                let: { stage: mean(water_level, 10m), heat: mean(temperature, 10m) }
                levels: { warning: stage > 1 m }
                """,
                "stage: \"mean(water_level, 10m)\""
            ),
            (
                "levels: { warning: { when: max(water_level, 5m) > 1 m, until: max(water_level, 9m) < 1 m } }",
                "until: \"max(water_level, 9m) < 1 m\""
            ),
            (#"levels: { watch: alarm("other", warning) }"#, "watch: 'alarm(\"other\", warning)'"),
            (
                "levels: { watch: if(water_level > 1 m, clamp(water_level, 1 m, 3 m), 1 m) > 1 m, "
                    + "warning: temperature > 3 degC }",
                "watch: \"if(water_level > 1 m, clamp(water_level, 1 m, 3 m), 1 m) > 1 m\""
            ),
            (
                """
                levels: {
                  warning: mean(water_level,
                    10m) > 1 m }
                """,
                "warning: \"mean(water_level, 10m) > 1 m\""
            ),
            (
                """
                where: { kind: [f(a, b), c] }
                levels: { watch: water_level > 1 m }
                """, "quotes: \"f(a, b)\""
            ),
        ])
    func flowCommas(body: String, mend: String) {
        let found = Diagnosed.text(body)
        #expect(found.contains("put the expression in quotes"), "\(found)")
        #expect(found.contains(mend), "\(found)")
        #expect(!found.contains("occurs twice") && !found.contains("is missing here"), "\(found)")
    }

    @Test("a text that a comma has cut gets the hint to quote it; an open parenthesis and a quoted text do not")
    func otherCommas() {
        #expect(
            Diagnosed.text(
                """
                languages: { es: { summary: mucha agua, cuidado } }
                levels: { watch: water_level > 1 m }
                """
            )
            .contains("a comma ends a value: put a value with a comma in quotes"))
        #expect(
            Diagnosed.text(
                """
                where: { kind: gauge, area: "(up, down)" }
                levels: { watch: water_level > 1 m }
                """
            )
            .contains("a comma ends") == false)
        #expect(
            Diagnosed.text(#"levels: { watch: "mean(water_level, 10m) > 1 m", warning: water_level > 3 m }"#) == "")
        #expect(
            !Diagnosed.text("levels: { watch: (water_level > 1 m, warning: water_level > 3 m }").contains(
                "a comma ends a value, which cuts"))
    }
}
