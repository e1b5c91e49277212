import AlarmModel
import RuleEngine
import RuleLanguage
import Telemetry
import TestSupport
import Testing

/// `suppress`: an alarm by design not told of.
@Suite struct SuppressionTests {
    private static let rules = """
        hazard: gas
        rules:
          - name: power
            for_each: station
            levels: { advisory: temperature < 5 degC }
          - name: flood
            for_each: station
            levels: { watch: water_level > 2 m, warning: water_level > 3 m }
            suppress: alarm("power")
        """

    @Test(
        "another rule's alarm suppresses while it is active; the change is said, and the level is judged all the same")
    func byAlarm() throws {
        let compiled = try SmallSite.compile(Self.rules)
        var engine = Engine(compiled.plan)
        let start = Instant(nanoseconds: 1_528_056_000_000_000_000)
        func feed(_ series: Int32, _ value: Double, _ seconds: Int64) -> [String] {
            var changes: [LevelChange] = []
            _ = engine.ingest(
                Reading(series: SeriesID(index: series), time: start + .seconds(seconds), value: value), into: &changes)
            return changes.map { change in
                let name = compiled.rules[compiled.instances[change.instance].rule].name
                return "\(name) \(change.from.rank)→\(change.to.rank)\(change.isSuppressed ? " suppressed" : "")"
            }
        }
        // Nothing is known of the temperature: it is not suppressed.
        #expect(feed(0, 2.5, 0) == ["flood 0→2"])
        #expect(feed(1, 20, 10).isEmpty)
        #expect(feed(1, 3, 20) == ["power 0→1", "flood 2→2 suppressed"])
        #expect(feed(0, 3.5, 30) == ["flood 2→3 suppressed"])
        #expect(feed(1, 9, 40) == ["power 1→0", "flood 3→3"])
        #expect(feed(0, 1, 50) == ["flood 3→0"])
        // What is normal is not said to be suppressed, but is so when it is raised.
        #expect(feed(1, 3, 60) == ["power 0→1"])
        #expect(feed(0, 2.5, 70) == ["flood 0→2 suppressed"])
    }

    @Test("rules that suppress each other in a circle are refused")
    func circle() {
        let text = Self.rules.replacing(
            "temperature < 5 degC }", with: "temperature < 5 degC }\n    suppress: alarm(\"flood\")")
        #expect { try SmallSite.compile(text) } throws: { "\($0)".contains("in a circle") }
    }
}

/// What the conditions of the rule language mean, moment by moment.
@Suite struct ConditionTests {
    @Test("silent comes true at the exact moment, and ends with the next reading")
    func silent() throws {
        var bench = try RuleBench.oneRule("levels: { warning: \"silent(water_level, 5m)\" }")
        bench.feed(0, 1)
        bench.feed(60, 1)
        bench.advance(to: 359.999)
        #expect(bench.log == [])
        bench.advance(to: 360)
        bench.feed(400, 1)
        #expect(bench.log == ["360: test d1 0→3", "400: test d1 3→0"])
    }

    @Test("an age compared with a time is as exact as silent")
    func age() throws {
        var bench = try RuleBench.oneRule(
            "levels: { advisory: age(water_level) >= 2 min, warning: age(water_level) > 5 min }")
        bench.feed(0, 1)
        bench.advance(to: 301)
        bench.feed(310, 1)
        #expect(bench.log == ["120: test d1 0→1", "300.000000001: test d1 1→3", "310: test d1 3→0"])
    }

    @Test("a sensor that has never sent is silent when it has been listened to for that long")
    func neverSent() throws {
        var bench = try RuleBench.oneRule("levels: { warning: \"silent(water_level, 5m)\" }\nblind: none")
        bench.run(from: 5, to: 304.999)
        #expect(bench.log == [])
        bench.tick(305)
        #expect(bench.log == ["305: test d1 0→3"])
    }

    @Test("then within: B after A, not at once with it, not too late, for as long as B lasts")
    func sequence() throws {
        let rule = "levels: { warning: water_level > 2 m then temperature > 30 degC within 10m }"
        var bench = try RuleBench.oneRule(rule)
        bench.feed(0, 1)
        bench.feed(0, 20, quantity: 1)
        bench.feed(60, 3)
        bench.feed(120, 35, quantity: 1)
        bench.feed(180, 20, quantity: 1)
        // B alone, A too long ago: nothing.
        bench.feed(700, 35, quantity: 1)
        // A again while B is true is not B after A.
        bench.feed(720, 1)
        bench.feed(740, 3)
        #expect(bench.log == ["120: test d1 0→3", "180: test d1 3→0"])
    }

    @Test("share is the part of the time, not of the readings")
    func share() throws {
        var bench = try RuleBench.oneRule("levels: { warning: \"share(water_level > 2 m, 10m) > 50 %\" }")
        for minute in 0..<4 { bench.feed(Double(minute) * 60, 1) }
        // Many readings in a short time weigh no more than that time.
        for second in 0..<60 { bench.feed(240 + Double(second), 3) }
        #expect(bench.log == [])
        for minute in 5...9 { bench.feed(Double(minute) * 60, 3) }
        // True since 240 s; known since 0: over half at 480 s, seen with the reading after that.
        #expect(bench.log == ["540: test d1 0→3"])
    }

    @Test("a vote counts sensors, not readings; unknown ones may still tip it")
    func votes() throws {
        var bench = try RuleBench(
            """
              - { name: two, for_each: site, levels: { warning: "at_least(2, mean(water_level, 5m) > 2 m)" } }
              - { name: every, for_each: site, levels: { warning: all(water_level > 2 m) } }
              - { name: one, for_each: site, levels: { warning: any(water_level > 2 m for 1m) } }

            """, devices: 3)
        for step in 0..<3 { bench.feed(Double(step), 9) }
        bench.feed(10, 5, device: 2)
        bench.feed(20, 1, device: 3)
        bench.feed(70, 9)
        bench.feed(80, 8, device: 3)
        bench.feed(90, 0)
        #expect(
            bench.log == [
                "10: two test-site 0→3", "60: one test-site 0→3", "80: every test-site 0→3", "90: every test-site 3→0",
            ])
    }

    @Test("spread is how far the sensors of a group disagree")
    func spread() throws {
        var bench = try RuleBench.oneRule(
            "levels: { warning: spread(water_level) > 50 cm }", forEach: "site", devices: 2)
        bench.feed(0, 1)
        bench.feed(1, 1.2, device: 2)
        bench.feed(2, 1.8)
        bench.feed(3, 1.7, device: 2)
        #expect(bench.log == ["2: test test-site 0→3", "3: test test-site 3→0"])
    }

    @Test("another rule's alarm is seen at the moment at which it changes, by group and up the labels")
    func alarms() throws {
        var bench = try RuleBench(
            """
              - { name: area, for_each: area, levels: { warning: "count_alarms(\\"river\\", watch) >= 2" } }
              - { name: same, for_each: station, levels: { advisory: "alarm(\\"river\\", watch) and temperature > 0 degC" } }
              - { name: river, for_each: station, levels: { advisory: water_level > 1 m, watch: water_level > 2 m } }
              - { name: province, for_each: site, levels: { warning: "alarm(\\"river\\", watch)" } }

            """, devices: 3)
        bench.feed(0, 20, quantity: 1)
        bench.feed(10, 3)
        bench.feed(20, 1.5, device: 3)
        bench.feed(30, 3, device: 3)
        bench.feed(40, 0)
        #expect(
            bench.log == [
                "10: river s1 0→2", "10: same s1 0→1", "10: province test-site 0→3", "20: river s3 0→1",
                "30: river s3 1→2",
                "30: area up/down/a1 0→3", "40: river s1 2→0", "40: area up/down/a1 3→0", "40: same s1 1→0",
            ])
    }

    @Test("hours turn by timer, in the site's time zone")
    func hours() throws {
        // Two hours ahead of UTC: 20:00 is 22:00.
        let zone = ZoneTable([.init(from: Instant(nanoseconds: 0), offset: .hours(2))])
        var bench = try RuleBench(
            "  - { name: night, for_each: device, levels: { warning: water_level > 2 m and (hour() >= 23 or hour() < 6) } }\n"
                + "  - { name: monday, for_each: device, levels: { advisory: water_level > 2 m and weekday() == 1 } }\n",
            zone: zone)
        for hour in 0..<10 { for minute in 0..<60 { bench.feed(Double(hour) * 3600 + Double(minute) * 60, 3) } }
        #expect(bench.log == ["3600: night d1 0→3", "7200: monday d1 0→1", "28800: night d1 3→0"])
    }

    @Test("a gap of decades is not gone through hour by hour")
    func decades() throws {
        var bench = try RuleBench.oneRule(
            "levels: { warning: \"silent(water_level, 1h) and hour() >= 12\" }\nblind: none")
        bench.feed(0, 1)
        bench.advance(to: 7200)
        // From 22:00 to 15:00, forty years later.
        bench.feed(Double(40 * 365 * 86_400 + 19 * 3600), 1)
        // The first hours, and the last eight days: up and down once each day. It was 29,200 times.
        #expect((17...20).contains(bench.log.count))
        #expect(bench.log.last.map { $0.hasSuffix("3→0") } == true)
    }

    @Test("raw takes the readings that failed their tests, and nothing else does")
    func raw() throws {
        var bench = try RuleBench.oneRule(
            "levels: { advisory: \"max(raw water_level, 10m) > 40 m\", warning: \"max(water_level, 10m) > 40 m\" }")
        bench.feed(0, 1)
        bench.feed(10, 99, quality: Quality(.grossRange, .fail))
        bench.feed(20, 45)
        #expect(bench.log == ["10: test d1 0→1", "20: test d1 1→3"])
    }

    @Test("a normal group that stays unknown is blind, at the rule's level, until something is known")
    func noData() throws {
        var bench = try RuleBench.oneRule("levels: { watch: \"mean(water_level, 5m) > 2 m\" }\nblind: warning")
        bench.feed(0, 1)
        // The devices may be silent for 10 min, however long the window is.
        bench.advance(to: 2000)
        bench.feed(3000, 1)
        #expect(bench.log == ["600: test d1 0→3 blind", "3000: test d1 3→0"])
        var none = try RuleBench.oneRule("levels: { watch: \"mean(water_level, 5m) > 2 m\" }\nblind: none")
        none.feed(0, 1)
        none.advance(to: 20_000)
        #expect(none.log == [])
        // A level that holds goes before blindness.
        var rising = try RuleBench.oneRule("levels: { watch: \"mean(water_level, 5m) > 2 m\" }")
        rising.feed(0, 1)
        rising.advance(to: 1000)
        rising.feed(1001, 3)
        #expect(rising.log == ["600: test d1 0→1 blind", "1001: test d1 1→2"])
    }

    @Test("a pause of the gateway, or a step of its clock, is not the sensors' silence")
    func pause() throws {
        var bench = try RuleBench.oneRule("levels: { watch: \"mean(water_level, 5m) > 2 m\" }")
        bench.feed(0, 1)
        bench.advance(to: 60)
        bench.tick(86_400)
        bench.feed(86_410, 1)
        #expect(bench.log == [])
        // From then on it counts: ten minutes.
        for second in stride(from: 86_430.0, through: 87_400, by: 30) { bench.tick(second) }
        #expect(bench.log == ["87010: test d1 0→1 blind"])
    }

    @Test("an alarm that has become unknown is uncertain, not blind")
    func notBlind() throws {
        var bench = try RuleBench.oneRule("levels: { watch: \"mean(water_level, 5m) > 2 m\" }")
        bench.feed(0, 3)
        bench.advance(to: 20_000)
        #expect(bench.log == ["0: test d1 0→2", "300: test d1 2→2 uncertain"])
    }

    @Test("a gap in a backlog that is longer than the sensor's silence ends no alarm, and is no fault")
    func gap() throws {
        var bench = try RuleBench.oneRule("levels: { watch: \"max(water_level, 15m) > 3 m\" }")
        bench.tick(3000)
        for (second, level) in [(0.0, 4.0), (60, 1), (2460, 4), (2520, 1)] { bench.feed(second, level) }
        #expect(bench.log == ["0: test d1 0→2", "660: test d1 2→2 uncertain", "2460: test d1 2→2"])
        var normal = try RuleBench.oneRule("levels: { watch: \"max(water_level, 15m) > 3 m\" }")
        normal.tick(3000)
        for second in [0.0, 60, 2460, 2520] { normal.feed(second, 1) }
        #expect(normal.log == [])
    }

    @Test("nor does a gap of one of several sensors, or of one of two quantities, while another's backlog comes first")
    func gapOfOne() throws {
        var sensors = try RuleBench.oneRule(
            "levels: { watch: \"max(water_level, 15m) > 3 m\" }", forEach: "site", devices: 2)
        sensors.tick(3000)
        sensors.feed(0, 4, device: 1)
        sensors.feed(60, 1, device: 2)
        sensors.feed(2460, 4, device: 1)
        #expect(
            sensors.log.map { $0.replacing(" test-site", with: "") } == [
                "0: test 0→2", "900: test 2→2 uncertain", "2460: test 2→2",
            ])
        var quantities = try RuleBench.oneRule(
            "levels: { watch: \"max(water_level, 30m) / 1 m - max(humidity, 30m) / 100 % > 3\" }")
        quantities.tick(10_000)
        for minute in 0...120 {
            if minute < 2 { quantities.feed(Double(minute) * 60, minute == 0 ? 4 : 1) }
            quantities.feed(Double(minute) * 60, 0, quantity: 3)
        }
        quantities.feed(7260, 4)
        #expect(quantities.log == ["0: test d1 0→2", "660: test d1 2→2 uncertain", "7260: test d1 2→2"])
    }

    @Test("a stop of the gateway is no gap between readings: what holds after it has held")
    func stopIsNoGap() throws {
        var bench = try RuleBench.oneRule("levels: { watch: \"max(water_level, 2h) > 3 m\" }")
        bench.feed(0, 4)
        bench.advance(to: 60)
        bench.tick(1800)
        bench.feed(1810, 4)
        #expect(bench.log == ["0: test d1 0→2"])
    }

    @Test("a gap that no usable reading ends becomes the sensor's silence when the gateway has waited for it")
    func gapWithoutEnd() throws {
        var bench = try RuleBench.oneRule("levels: { watch: \"mean(water_level, 5m) > 3 m\" }")
        func message(_ bench: inout RuleBench, _ minute: Int) {
            bench.feed(
                Double(minute) * 60, together: [(0, 1, minute > 20 ? Quality(.grossRange, .fail) : []), (1, 20, [])])
        }
        message(&bench, 0)
        bench.tick(0)
        bench.tick(3600)
        for minute in 1...60 { message(&bench, minute) }
        for minute in 61...80 {
            bench.run(from: Double(minute - 1) * 60 + 30, to: Double(minute) * 60)
            message(&bench, minute)
        }
        #expect(bench.log == ["1800: test d1 0→1 blind"])
    }

    @Test(
        "only readings that leave a level unknown are missing: not those of a suppression, nor of what does not decide")
    func missingReadings() throws {
        // The level is constant, so that its deviation is unknown; nothing is missing but what suppresses, or decides
        // nothing.
        for body in [
            "levels: { watch: \"zscore(water_level, 5m) > 2\" }\nsuppress: temperature < 0 degC",
            "levels: { watch: \"zscore(water_level, 5m) > 2 or temperature > 30 degC and water_level > 2 m\" }",
        ] {
            var bench = try RuleBench.oneRule(body)
            bench.feed(0, 5, quantity: 1)
            for minute in 0..<30 {
                bench.advance(to: Double(minute) * 60)
                bench.feed(Double(minute) * 60, 1)
            }
            #expect(bench.log == [], "\(body)")
        }
        var missing = try RuleBench.oneRule(
            "levels: { watch: \"zscore(water_level, 5m) > 2 or temperature > 30 degC\" }")
        missing.feed(0, 5, quantity: 1)
        for minute in 0..<30 {
            missing.advance(to: Double(minute) * 60)
            missing.feed(Double(minute) * 60, 1)
        }
        #expect(missing.log == ["600: test d1 0→1 blind"])
    }

    @Test("calculation: units, powers, roots, choices")
    func calculation() throws {
        for (condition, expected) in [
            ("sqrt(water_level * water_level) > 2.9 m", true), ("pow(water_level, 2) > 8.9 m2", true),
            ("abs(water_level - 5 m) > 1.9 m", true), ("clamp(water_level, 0 m, 2 m) >= 2 m", true),
            ("clamp(water_level, 0 m, 2 m) > 2 m", false), ("exp(ln(water_level / 1 m)) > 2.99", true),
            ("if(water_level > 1 m, 10 m, 1 m) > 5 m", true), ("ln(0 - water_level / 1 m) > 0", false),
            ("water_level in 2 m .. 4 m", true), ("water_level in 3.1 m .. 4 m", false), ("water_level == 3 m", true),
            ("water_level != 3 m", false), ("not (water_level < 3 m)", true), ("3 m <= water_level", true),
            ("- water_level < -2 m", true),
            ("water_level * 2 / 2 - 1 m >= 2 m", true), ("count(water_level, 10m) == 1", true),
            ("true and water_level > 0 m", true),
        ] {
            var bench = try RuleBench.oneRule("levels: { warning: \"\(condition)\" }")
            bench.feed(0, 3)
            #expect(bench.log == (expected ? ["0: test d1 0→3"] : []), "\(condition)")
        }
    }

    @Test("counters, areas and smoothing as conditions")
    func measures() throws {
        var bench = try RuleBench.oneRule(
            "levels: { advisory: \"increase(water_level, 10m) >= 6 m\", warning: \"rate(water_level, 10m) > 2 m/min\" }"
        )
        // 1, 3, then a reset, 2, 4: 2 + 2 + 2 = 6 metres in four minutes.
        for (minute, value) in [(0.0, 1.0), (1, 3), (2, 2), (3, 4)] { bench.feed(minute * 60, value) }
        #expect(bench.log == ["180: test d1 0→1"])
        var mean = try RuleBench.oneRule(
            "levels: { warning: \"time_mean(water_level, 10m) > 2 m and integral(water_level, 10m) > 0 m.s\" }")
        mean.feed(0, 0)
        mean.feed(300, 4)
        for second in 1...20 { mean.feed(300 + Double(second), 4) }
        #expect(mean.log == ["301: test d1 0→3"])
    }

    @Test("a value over several sensors is formed once, however many rules ask for it")
    func shared() throws {
        let rules = (1...50).map {
            "  - { name: r-\($0), for_each: site, levels: { warning: \"mean(water_level, 10m) > \($0) m\" } }\n"
        }
        var bench = try RuleBench(rules.joined(), devices: 3)
        #expect(bench.engine.joinedValueCount == 1)
        bench.feed(0, 10)
        bench.feed(1, 30, device: 2)
        #expect(bench.log.count == 19)  // over 1 to 9 m at 10 m, over 10 to 19 m at 20 m
    }

    @Test("a quantile is exact, also over several sensors together")
    func quantiles() throws {
        var bench = try RuleBench.oneRule(
            "levels: { warning: \"quantile(water_level, 0.9, 10m) >= 9 m\" }", forEach: "site", devices: 2)
        for step in 0...9 { bench.feed(Double(step), Double(step), device: step % 2 + 1) }
        #expect(bench.log == [])
        bench.feed(10, 10, device: 1)
        #expect(bench.log == ["10: test test-site 0→3"])
    }
}
