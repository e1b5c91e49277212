import Alarms
import Foundation
import RuleEngine
import RuleLanguage
import RulePlan
import Telemetry
import TestSupport
import Testing

@Suite struct AlarmBookTests {
    static let start = Instant(rfc3339: "2018-06-03T20:00:00Z".utf8)!  // a literal that reads

    static let rules = """
        hazard: flood
        rules:
          - name: river-rising
            summary: "{station}: river at {stage}, rising {rise}"
            for_each: station
            let: { stage: "mean(water_level, 10m)", rise: "slope(water_level, 30m)" }
            levels: { watch: stage > 2 m, emergency: stage > 4 m or rise > 6 m/h }
            clear: stage < 1 m
            escalate: duty
        """

    /// Engine and book together, as the gateway drives them.
    private struct Bench: ~Copyable {
        var engine: Engine
        var book: AlarmBook
        let rules: CompiledRules

        init(_ text: String = AlarmBookTests.rules) throws {
            let rules = try SmallSite.compile(text)
            let site = try SmallSite.site()
            self.rules = rules
            engine = Engine(rules.plan)
            book = AlarmBook(
                rules: rules, ladder: SmallSite.ladder, site: site, seriesDevices: (0..<12).map { "d\($0 / 4 + 1)" })
        }

        mutating func feed(_ readings: [(Int64, Double)]) -> [Transition] {
            var changes: [LevelChange] = []
            var transitions: [Transition] = []
            for (seconds, value) in readings {
                changes.removeAll()
                _ = engine.ingest(
                    Reading(series: SeriesID(index: 0), time: AlarmBookTests.start + .seconds(seconds), value: value), into: &changes)
                transitions += changes.compactMap {
                    book.apply($0, ladder: engine.ladderState(of: $0.instance), recorded: AlarmBookTests.start)
                }
            }
            return transitions
        }
    }

    @Test("one alarm with a history: raised, rose, fell, cleared, each with its cause in words")
    func history() throws {
        var bench = try Bench()
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

    @Test("a destination gets what concerns its level, on the way up and down; a policy names who is told")
    func routes() throws {
        var bench = try Bench()
        let transitions = bench.feed([(0, 2.5), (60, 9.5), (700, 2.5), (2000, 0.5)])
        let routes = EscalationRoutes(
            site: "test-site",
            destinations: [
                .init(name: "all", minimumLevel: Level(rank: 1)), .init(name: "grave", minimumLevel: Level(rank: 4)),
                .init(name: "stranger", minimumLevel: Level(rank: 1)),
            ], policies: ["duty": ["all", "grave"]])
        let sent = transitions.flatMap { routes.escalations(of: $0) }
        #expect(sent.filter { $0.destination == "all" }.count == transitions.count)
        #expect(sent.filter { $0.destination == "grave" }.allSatisfy { $0.severity == 4 })
        #expect(sent.contains { $0.destination == "grave" })
        #expect(!sent.contains { $0.destination == "stranger" })
        #expect(Set(sent.map(\.identity)).count == sent.count)
    }

    @Test("the same readings give the same escalations, byte for byte")
    func deterministic() throws {
        let routes = EscalationRoutes(site: "s", destinations: [.init(name: "a", minimumLevel: Level(rank: 1))], policies: [:])
        func payloads() throws -> [String] {
            var bench = try Bench()
            return bench.feed([(0, 2.5), (60, 9.5), (700, 2.5), (2000, 0.5)]).flatMap { routes.escalations(of: $0) }.map(\.payload)
        }
        #expect(try payloads() == payloads())
    }

    @Test("an alarm is unacknowledged, acknowledged, unacknowledged again when it rises, and returned if nobody came")
    func states() throws {
        var bench = try Bench()
        let raised = try #require(bench.feed([(0, 2.5)]).first)
        #expect(raised.alarm.state == .unacknowledged)
        let taken = try bench.book.carryOut(
            OperatorOrder(.acknowledge, alarm: "river-rising/s1", person: "ada", note: "on my way"), at: Self.start + .seconds(5))
        #expect(taken.kind == .acknowledged)
        #expect(taken.alarm.state == .acknowledged)
        #expect(taken.alarm.sequence == 2)
        #expect((taken.person, taken.note) == ("ada", "on my way"))
        #expect(throws: OperatorError.self) {
            try bench.book.carryOut(OperatorOrder(.acknowledge, alarm: "river-rising/s1", person: "bob", note: ""), at: Self.start)
        }
        let rose = bench.feed([(60, 9.5)])
        #expect(rose.map(\.kind) == [.rose])
        #expect(rose[0].alarm.state == .unacknowledged)
        let end = bench.feed([(700, 2.5), (2000, 0.5)])
        #expect(end.last?.kind == .cleared)
        #expect(end.last?.alarm.state == .returned)
        #expect(bench.book.unacknowledgedReturns.map(\.id) == [raised.alarm.id])
        let late = try bench.book.carryOut(OperatorOrder(.acknowledge, alarm: raised.alarm.id, person: "ada", note: ""), at: Self.start)
        #expect(late.alarm.state == .normal)
        #expect(late.alarm.cleared != nil)
        #expect(bench.book.unacknowledgedReturns.isEmpty)
        #expect {
            try bench.book.carryOut(OperatorOrder(.acknowledge, alarm: "river", person: "ada", note: ""), at: Self.start)
        } throws: {
            "\($0)".contains("there is no alarm 'river'")
        }
    }

    @Test("a shelved alarm is recorded, but not told, until its time is over or someone takes it back")
    func shelving() throws {
        var bench = try Bench()
        _ = bench.feed([(0, 2.5)])
        func order(_ action: OperatorOrder.Action, _ note: String = "cleaning the gauge") -> OperatorOrder {
            OperatorOrder(action, alarm: "river-rising/s1", person: "ada", note: note)
        }
        #expect(throws: OperatorError.self) { try bench.book.carryOut(order(.shelve(.hours(2)), ""), at: Self.start) }
        #expect(throws: OperatorError.self) { try bench.book.carryOut(order(.shelve(.days(30))), at: Self.start) }
        #expect(throws: OperatorError.self) { try bench.book.carryOut(order(.unshelve), at: Self.start) }
        let shelved = try bench.book.carryOut(order(.shelve(.hours(2))), at: Self.start + .seconds(10))
        #expect(shelved.alarm.state == .shelved)
        #expect(shelved.isEscalated)
        let rose = bench.feed([(60, 9.5)])
        #expect(rose.map(\.kind) == [.rose])
        #expect(!rose[0].isEscalated)
        #expect(bench.book.expireShelves(at: Self.start + .hours(2)).transitions.isEmpty)
        let back = bench.book.expireShelves(at: Self.start + .hours(2) + .seconds(10))
        #expect(back.transitions.map(\.kind) == [.unshelved])
        #expect(back.transitions[0].isEscalated)
        #expect(back.transitions[0].alarm.levelName == "emergency")
        #expect(back.ended.map(\.group) == ["s1"])
        // Its end is told to those who were told of its beginning; an alarm that begins on the shelf is told to nobody.
        _ = try bench.book.carryOut(order(.shelve(.days(1))), at: Self.start + .hours(2) + .seconds(20))
        let end = bench.feed([(7300, 2.5), (9000, 0.5)])
        #expect(end.last?.kind == .cleared)
        #expect(end.last?.isEscalated == true)
        let again = bench.feed([(9700, 3), (10_400, 0.5)])
        #expect(again.map(\.kind).contains(.raised))
        #expect(again.allSatisfy { !$0.isEscalated })
    }

    @Test("an acknowledged alarm that ends is over; one whose name is not clear is not touched")
    func acknowledgedEnd() throws {
        var bench = try Bench()
        _ = bench.feed([(0, 2.5)])
        var changes: [LevelChange] = []
        _ = bench.engine.ingest(Reading(series: SeriesID(index: 4), time: Self.start, value: 3), into: &changes)
        for change in changes { _ = bench.book.apply(change, ladder: bench.engine.ladderState(of: change.instance), recorded: Self.start) }
        #expect {
            try bench.book.carryOut(OperatorOrder(.acknowledge, alarm: "river-rising", person: "ada", note: ""), at: Self.start)
        } throws: {
            "\($0)".contains("may be 2 alarms")
        }
        _ = try bench.book.carryOut(OperatorOrder(.acknowledge, alarm: "river-rising/s1", person: "ada", note: ""), at: Self.start)
        #expect(bench.feed([(700, 0.5)]).last?.alarm.state == .normal)
        #expect(bench.book.unacknowledgedReturns.isEmpty)
    }

    @Test("an escalation's JSON keeps to the published schema's required keys")
    func schema() throws {
        var bench = try Bench()
        let transition = try #require(bench.feed([(0, 2.5)]).first)
        let text = EscalationMessage(transition, identity: "x", site: "s").json
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
            for key in schema["required"] as? [String] ?? [] { #expect(object[key] != nil, "\(path)/\(key) is missing") }
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
        var bench = try Bench()
        _ = bench.feed([(0, 2.5)])
        var other = try Bench(Self.rules.replacing("river-rising", with: "another"))
        let (ladders, retired) = other.book.restore(bench.book.active, at: Self.start)
        #expect(ladders.isEmpty)
        #expect(retired.map(\.kind) == [.retired])
        // Nobody has taken it on: it waits for that like one that has cleared.
        #expect(retired[0].alarm.state == .returned)
        let taken = try other.book.carryOut(
            OperatorOrder(.acknowledge, alarm: "river-rising/s1", person: "ada", note: ""), at: Self.start)
        #expect(taken.alarm.state == .normal)
        var same = try Bench()
        let restored = same.book.restore(bench.book.active, at: Self.start)
        #expect(restored.ladders.map(\.ladder.level.rank) == [2])
        #expect(restored.retired.isEmpty)
    }
}
