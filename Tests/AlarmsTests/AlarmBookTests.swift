import AlarmModel
import Alarms
import Escalation
import Foundation
import RuleEngine
import RuleLanguage
import RulePlan
import Telemetry
import TestSupport
import Testing
import Wire

@Suite struct AlarmBookTests {
    static let start = AlarmBench.start

    @Test("one alarm with a history: raised, rose, fell, cleared, each with its cause in words")
    func history() throws {
        var bench = try AlarmBench()
        let transitions = bench.feed([(0, 2.5), (60, 9.5), (700, 2.5), (2000, 0.5)])
        #expect(
            transitions.map(\.kind) == [.raised, .rose, .uncertain, .fell, .uncertain, .cleared]
                || transitions.map(\.kind) == [.raised, .rose, .fell, .uncertain, .cleared])
        #expect(Set(transitions.map(\.alarm.id)) == ["river-rising/s1@2018-06-03T20:00:00Z"])
        #expect(transitions.map(\.alarm.sequence) == Array(1...transitions.count))
        #expect(transitions[0].causes.map(\.sentence) == ["mean(water_level, 10m) is 2.5 m, over 2 m"])
        #expect(transitions[0].alarm.summary == "s1: river at 2.5 m, rising unknown")
        #expect(transitions[1].causes.count == 2)
        #expect(transitions[1].causes.last?.sentence == "slope(water_level, 30m) is 420 m/h, over 6 m/h")
        #expect(transitions.last?.causes.map(\.sentence) == ["mean(water_level, 10m) is 0.5 m, under 1 m"])
        #expect(bench.book.active.isEmpty)
    }

    @Test("the same readings give the same escalations, byte for byte")
    func deterministic() throws {
        func payloads() throws -> [String] {
            var planner = EscalationPlanner(
                site: "s", destinations: [.init(name: "a", minimumLevel: Level(rank: 1))], policies: PolicySet())
            var bench = try AlarmBench()
            return bench.feed([(0, 2.5), (60, 9.5), (700, 2.5), (2000, 0.5)]).flatMap { planner.note($0) }
                .map { OutboxItem($0).payload }
        }
        #expect(try payloads() == payloads())
    }

    @Test("an alarm is unacknowledged, acknowledged, unacknowledged again when it rises, and returned if nobody came")
    func states() throws {
        var bench = try AlarmBench()
        let raised = try #require(bench.feed([(0, 2.5)]).first)
        #expect(raised.alarm.state == .unacknowledged)
        let taken = try bench.execute(.acknowledge, "on my way", at: 5)
        #expect(taken.kind == .acknowledged)
        #expect(taken.alarm.state.kind == .acknowledged)
        #expect(taken.alarm.sequence == 2)
        #expect((taken.person, taken.note) == ("ada", "on my way"))
        #expect(throws: OperatorError.self) {
            try bench.book.execute(
                OperatorCommand(.acknowledge, alarm: "river-rising/s1", person: "bob", note: ""), at: Self.start)
        }
        let rose = bench.feed([(60, 9.5)])
        #expect(rose.map(\.kind) == [.rose])
        #expect(rose[0].alarm.state == .unacknowledged)
        let end = bench.feed([(700, 2.5), (2000, 0.5)])
        #expect(end.last?.kind == .cleared)
        #expect(end.last?.alarm.state == .returnedUnacknowledged)
        #expect(bench.book.unacknowledgedReturns.map(\.id) == [raised.alarm.id])
        let late = try bench.execute(.acknowledge, alarm: raised.alarm.id, at: 0)
        #expect(late.alarm.state.kind == .normal)
        #expect(late.alarm.cleared != nil)
        #expect(bench.book.unacknowledgedReturns.isEmpty)
        #expect {
            try bench.book.execute(
                OperatorCommand(.acknowledge, alarm: "river", person: "ada", note: ""), at: Self.start)
        } throws: {
            "\($0)".contains("no active or unacknowledged alarm matches 'river'")
        }
    }

    @Test(
        "a shelved alarm is recorded until its time is over or someone takes it back; its place stays so while alarms come and go"
    )
    func shelving() throws {
        var bench = try AlarmBench()
        _ = bench.feed([(0, 2.5)])
        #expect(throws: OperatorError.self) { try bench.execute(.shelve(.hours(2)), at: 0) }
        #expect(throws: OperatorError.self) { try bench.execute(.shelve(.days(30)), "why", at: 0) }
        #expect(throws: OperatorError.self) { try bench.execute(.unshelve, at: 0) }
        #expect(try bench.execute(.shelve(.hours(2)), "cleaning the gauge", at: 10).alarm.state.kind == .shelved)
        let rose = bench.feed([(60, 9.5)])
        #expect(rose.map(\.kind) == [.rose])
        #expect(rose[0].alarm.state.kind == .shelved)
        #expect(bench.book.expireShelves(at: Self.start + .hours(2)).isEmpty)
        let back = bench.book.expireShelves(at: Self.start + .hours(2) + .seconds(10))
        #expect(back.compactMap(\.transition).map(\.kind) == [.unshelved])
        #expect(back[0].transition?.alarm.levelName == "emergency")
        #expect(back[0].transition?.alarm.state == .unacknowledged)
        #expect(back.compactMap(\.suppression).map(\.group) == ["s1"])
        _ = try bench.execute(.shelve(.days(1)), "again", at: 7220)
        // It ends on the shelf: nobody has to take it on, and the next begins there.
        let end = bench.feed([(7300, 2.5), (9000, 0.5)])
        #expect(end.last?.kind == .cleared)
        #expect(end.last?.alarm.state.kind == .normal)
        let again = bench.feed([(9500, 3)])
        #expect(again.map(\.kind).contains(.raised))
        #expect(again.allSatisfy { $0.alarm.state.kind == .shelved })
    }

    @Test("an alarm key without an alarm can be suppressed, and the next alarm is suppressed from its raise")
    func idlePlace() throws {
        var bench = try AlarmBench()
        let outcome = try bench.book.execute(
            OperatorCommand(.takeOutOfService, alarm: "river-rising/s1", person: "ada", note: "washed away"),
            at: Self.start)
        #expect(outcome.transition == nil)
        #expect(outcome.name == "river-rising/s1")
        #expect(outcome.suppression?.suppression?.kind == .outOfService)
        #expect(bench.feed([(0, 2.5)]).map(\.alarm.state.kind) == [.outOfService])
        #expect { try bench.execute(.shelve(.hours(1)), "x", at: 5) } throws: {
            "\($0)".contains("out of service already")
        }
        #expect { try bench.execute(.acknowledge, at: 5) } throws: { "\($0)".contains("is out of service") }
        let back = try bench.execute(.putBack, "repaired", at: 10)
        #expect(back.kind == .inService)
        #expect(back.alarm.state == .unacknowledged)
        #expect(throws: OperatorError.self) { try bench.execute(.putBack, alarm: "river-rising/s9", at: 10) }
    }

    @Test("an acknowledged alarm that ends is over; one whose name is not clear is not touched")
    func acknowledgedEnd() throws {
        var bench = try AlarmBench()
        _ = bench.feed([(0, 2.5)])
        var changes: [LevelChange] = []
        _ = bench.engine.ingest(Reading(series: SeriesID(index: 4), time: Self.start, value: 3), into: &changes)
        for change in changes {
            _ = bench.book.apply(change, ladder: bench.engine.ladderState(of: change.instance), recorded: Self.start)
        }
        #expect {
            try bench.book.execute(
                OperatorCommand(.acknowledge, alarm: "river-rising", person: "ada", note: ""), at: Self.start)
        } throws: {
            "\($0)".contains("may be 2 alarms")
        }
        _ = try bench.execute(.acknowledge, at: 0)
        #expect(bench.feed([(700, 0.5)]).last?.alarm.state.kind == .normal)
        #expect(bench.book.unacknowledgedReturns.isEmpty)
    }

    @Test("a fall is explained by what let it happen: 'until', 'clear', or the condition that no longer holds")
    func reasonsOfFalls() throws {
        var bench = try AlarmBench(
            """
            hazard: flood
            rules:
              - name: river-rising
                summary: "{station}: river at {stage}"
                for_each: station
                let: { stage: water_level }
                levels:
                  advisory: stage > 1 m
                  watch: { when: stage > 2 m, until: stage < 1.8 m for 1m }
                  warning: { when: stage > 3 m for 1m, until: stage < 2.9 m }
                  emergency: stage > 4 m
                clear: stage < 0.9 m for 1m
            """)
        let transitions = bench.feed([
            (0, 4.5), (60, 4.2), (120, 3.5), (180, 2.95), (240, 2.85), (300, 1.9), (360, 1.7), (421, 1.6), (480, 0.95),
            (540, 0.8),
            (601, 0.7), (660, 0.7),
        ])
        #expect(
            transitions.map { "\($0.kind) \($0.to): \($0.causes.map(\.sentence).joined(separator: "; "))" } == [
                "raised emergency: water_level is 4.5 m, over 4 m",
                "fell warning: water_level is 3.5 m, at or under 4 m",
                "fell watch: water_level is 2.85 m, under 2.9 m",
                "fell advisory: water_level is 1.7 m, under 1.8 m, for 1m",
                "cleared normal: water_level is 0.8 m, under 0.9 m, for 1m",
            ])
        let end = transitions.suffix(1)
        // As it travels.
        let message = try #require(end.first.map { EscalationMessage(AlarmNotice($0, site: "s"), identity: "x") })
        #expect(message.causes.map(\.threshold) == ["0.9 m"])
        #expect(message.causes.map(\.thresholdValue) == [0.9])
    }

    @Test("a condition that stands in a rule twice explains a fall as well as a rise")
    func sharedCondition() throws {
        var bench = try AlarmBench(
            """
            hazard: flood
            rules:
              - name: river-rising
                for_each: station
                levels:
                  watch: { when: water_level > 2 m, until: water_level < 1 m for 1m }
                clear: water_level < 1 m for 1m
            """)
        let end = bench.feed([(0, 3), (60, 0.5), (180, 0.5)]).last
        #expect(end?.kind == .cleared)
        #expect(end?.causes.map(\.sentence) == ["water_level is 0.5 m, under 1 m, for 1m"])
    }

    @Test("a summary shows values in the units that it asks for, and no rounding as if it were something")
    func summaryUnits() throws {
        var bench = try AlarmBench(
            """
            hazard: flood
            rules:
              - name: river-rising
                summary: "{stage in ft}, {rise in ft/h}, {change in mm}, {heat in degF}, {jump in degF}, {heat in K}, {dose in %}"
                for_each: station
                let:
                  stage: water_level
                  rise: slope(water_level, 30m)
                  change: mean(water_level, 10m) - mean(water_level, 20m)
                  heat: temperature
                  jump: delta(temperature, 30m)
                  dose: last(carbon_monoxide, 10m)
                levels: { watch: stage > 2 m or rise > 1 m/h }
            """)
        _ = bench.feed([(0, 10), (600, 20)], series: 1)
        // Measured as it is: 2 ppb is 0.0000002 %, and small, but true.
        _ = bench.feed([(600, 0.002)], series: 2)
        let summaries = bench.feed((0..<30).map { (Int64($0) * 60, $0 < 10 ? 0.1 : 2.1) }).map(\.alarm.summary)
        #expect(summaries.last?.hasPrefix("6.89 ft, ") == true, "\(summaries)")
        #expect(summaries.last?.contains("68 degF, 18 degF, 293.2 K, 2e-07 %") == true, "\(summaries)")
    }

    @Test("what is left of a computed value by rounding is shown as 0, and what is small and true as it is")
    func rounding() throws {
        var bench = try AlarmBench(
            """
            hazard: flood
            rules:
              - name: still
                summary: "{rise in ft/h} {change}"
                for_each: station
                let: { rise: "slope(water_level, 30m)", change: "mean(water_level, 10m) - mean(water_level, 20m)" }
                levels: { watch: "rise < 1 ft/h and count(water_level, 30m) > 60" }
            """)
        // 0.1 m has no exact binary value: sums of it are not quite so many times 0.1.
        let raised = bench.feed((0..<100).map { (Int64($0) * 17, $0 == 1 ? 0.3 - 0.2 : 0.1) })
        #expect(raised.map(\.alarm.summary) == ["0 ft/h 0 m"])

        var noise = try #require(raised.first?.causes.first)
        (noise.value, noise.sign, noise.holds) = (6.2e-17, ">", false)
        #expect(noise.sentence == "slope(water_level, 30m) is 0 ft/h, at or under 1 ft/h")
        var small = noise
        (small.value, small.thresholdValue) = (2.3e-7, 1e-7)
        #expect(small.sentence == "slope(water_level, 30m) is 2.3e-07 ft/h, at or under 1e-07 ft/h")
        (small.value, small.thresholdValue) = (-3e-17, 0)
        #expect(small.sentence == "slope(water_level, 30m) is 0 ft/h, at or under 0 ft/h")
    }

    /// Active alarms at s1, s7, s77 and s777, and one that ended without anyone at s7.
    private func crowd() throws -> AlarmBook {
        var bench = try AlarmBench(AlarmBench.rules, stations: ["s1", "s7", "s77", "s777"])
        _ = bench.feed([(0, 2.5), (700, 0.5)], series: 4)
        for series in stride(from: Int32(0), to: 16, by: 4) { _ = bench.feed([(1250, 4.5)], series: series) }
        #expect(bench.book.active.count == 4 && bench.book.unacknowledgedReturns.count == 1)
        return bench.book
    }

    private func acknowledge(_ name: String, in book: AlarmBook) throws -> String {
        var book = book
        return try book.execute(
            OperatorCommand(.acknowledge, alarm: name, person: "ada", note: ""), at: Self.start + .hours(1)
        ).name
    }

    @Test(
        "rule/group names the alarm of that place and no other, and of several there the active one; an identity names itself"
    )
    func exactNames() throws {
        let book = try crowd()
        let active = "river-rising/s7@2018-06-03T20:20:50Z"
        for name in ["river-rising/s7", active, "river-rising/s7@2018-06-03T20:20"] {
            #expect(try acknowledge(name, in: book) == active)
        }
        #expect(try acknowledge("river-rising/s77", in: book) == "river-rising/s77@2018-06-03T20:20:50Z")
        let ended = "river-rising/s7@2018-06-03T20:00:00Z"
        #expect(try acknowledge(ended, in: book) == ended)
    }

    @Test(
        "a beginning that ends within a part names nothing, however few begin so",
        arguments: [
            "river-rising/s777@2018-06-03T20:2", "river-rising/s", "river-risin", "r", "", "s7", "river-rising/s7777",
            "7",
        ])
    func partialNames(name: String) throws {
        let book = try crowd()
        #expect { try acknowledge(name, in: book) } throws: {
            "\($0)".hasPrefix("no active or unacknowledged alarm matches '\(name)'")
        }
        for action in [.shelve(.hours(1)), .unshelve, .takeOutOfService, .putBack] as [OperatorCommand.Action] {
            var book = book
            #expect {
                try book.execute(
                    OperatorCommand(action, alarm: name, person: "ada", note: "why"), at: Self.start + .hours(1))
            } throws: {
                "\($0)".hasPrefix("no active alarm and no rule/group matches '\(name)'")
            }
        }
    }

    @Test("a beginning that several have is refused, with ten of them and how many more there are")
    func ambiguousNames() throws {
        let book = try crowd()
        #expect { try acknowledge("river-rising", in: book) } throws: {
            "\($0)".hasPrefix("'river-rising' may be 5 alarms: river-rising/s1@") && !"\($0)".contains("more")
        }
        #expect(
            AlarmName.list((10..<22).map { "a\($0)" }) == "a10, a11, a12, a13, a14, a15, a16, a17, a18, a19 and 2 more")
        var one = try AlarmBench()
        _ = one.feed([(0, 2.5)])
        #expect(try acknowledge("river-rising", in: one.book) == "river-rising/s1@2018-06-03T20:00:00Z")
    }

    @Test("an escalation's JSON keeps to the published schema's required keys")
    func schema() throws {
        var bench = try AlarmBench()
        let transition = try #require(bench.feed([(0, 2.5)]).first)
        let text = CloudEvent(AlarmNotice(transition, site: "s"), identity: "x").json
        let message = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let file = try Data(contentsOf: URL(fileURLWithPath: RepositoryRoot.path + "/docs/escalation.schema.json"))
        let schema = try #require(try JSONSerialization.jsonObject(with: file) as? [String: Any])
        try check(message, against: schema, path: "")
    }

    /// As much of JSON Schema as the published one uses: type, required, properties without others, const.
    private func check(_ value: Any, against schema: [String: Any], path: String) throws {
        if let constant = schema["const"] as? String { #expect(value as? String == constant, "\(path)") }
        if let choices = schema["enum"] as? [String] { #expect(choices.contains(value as? String ?? ""), "\(path)") }
        switch schema["type"] as? String {
        case "object":
            let object = try #require(value as? [String: Any], "\(path) is an object")
            for key in schema["required"] as? [String] ?? [] {
                #expect(object[key] != nil, "\(path)/\(key) is missing")
            }
            let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
            for (key, member) in object {
                if let known = properties[key] {
                    try check(member, against: known, path: "\(path)/\(key)")
                } else {
                    #expect(schema["additionalProperties"] as? Bool != false, "\(path)/\(key) is not in the schema")
                }
            }
        case "array":
            let items = try #require(schema["items"] as? [String: Any])
            for item in try #require(value as? [Any]) { try check(item, against: items, path: "\(path)[]") }
        case "string": #expect(value is String, "\(path)")
        case "number", "integer", "boolean": #expect(value is NSNumber, "\(path)")
        default: break
        }
    }

    @Test("an alarm whose rule is gone is retired, and is not taken for cleared")
    func retired() throws {
        var bench = try AlarmBench()
        _ = bench.feed([(0, 2.5)])
        var other = try AlarmBench(
            AlarmBench.rules.replacing("river-rising", with: "another").replacing("> 2 m", with: "> 3 m"))
        let gone = other.book.restore(bench.book.active, at: Self.start)
        #expect(gone.ladders.isEmpty)
        #expect(gone.retired.map(\.kind) == [.retired])
        // Nobody has taken it on: it waits for that like one that has cleared.
        #expect(gone.retired[0].alarm.state == .returnedUnacknowledged)
        let taken = try other.book.execute(
            OperatorCommand(.acknowledge, alarm: "river-rising/s1", person: "ada", note: ""), at: Self.start)
        #expect(taken.transition?.alarm.state.kind == .normal)
        var same = try AlarmBench()
        let restored = same.book.restore(bench.book.active, at: Self.start)
        #expect(restored.ladders.map(\.ladder.level.rank) == [2])
        #expect(restored.retired.isEmpty)
    }
}
