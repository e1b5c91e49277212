import AlarmModel
import Diagnostics
import Escalation
import Telemetry
import TestSupport
import Testing
import Wire

/// What earlier versions wrote into the store and the outbox stays readable.
@Suite struct EarlierVersionTests {
    /// A message as an earlier version wrote it, with its words `blind` and `flapping`.
    static func message(kind: String) -> String {
        """
        {"alarm":{"blind":true,"flapping":true,"group":"s1","hazard":"flood","id":"high/s1@2018-06-03T20:00:00Z",\
        "level":"watch","raised":"2018-06-03T20:00:00Z","rule":"high","ruleVersion":"5f3c","state":"unacknowledged",\
        "uncertain":false},"area":[{"latitude":1,"longitude":1},{"latitude":2,"longitude":1},\
        {"latitude":2,"longitude":2}],\
        "causes":[{"holds":true,"sign":">","term":"water_level","threshold":"2 m",\
        "thresholdValue":2,"unit":"m","value":2.5}],\
        "escalation":{"policy":"duty","reason":"immediately","repetition":0,"step":1},\
        "id":"high/s1@2018-06-03T20:00:00Z#2/log","labels":{"station":"s1"},\
        "position":{"latitude":1.5,"longitude":1.5},\
        "radius":120.5,"schema":"tocsin.escalation/1","site":"s","summary":"s1: river at 2.5 m",\
        "transition":{"from":"normal","kind":"\(kind)","recorded":"2018-06-03T20:00:01.5Z","sequence":2,\
        "time":"2018-06-03T20:00:00Z","to":"watch"}}
        """
    }

    private static let start = Instant(nanoseconds: 1_528_056_000_000_000_000)

    /// The alarm that the message is about.
    private static func alarm() -> Alarm {
        let level = Level(rank: 2)
        var alarm = Alarm(
            id: "high/s1@2018-06-03T20:00:00Z", rule: "high", group: "s1", hazard: "flood", labels: ["station": "s1"],
            area: nil, ladder: LadderState(level: level, held: 1, isUncertain: false), levelName: "watch",
            raised: start, cleared: nil, sequence: 2, summary: "s1: river at 2.5 m")
        alarm.state = .unacknowledged
        return alarm
    }

    private static func planner() throws -> EscalationPlanner {
        let policies = """
            policies:
              - { name: duty, where: { hazard: flood }, steps: [{ to: pager, after: 5m unacknowledged }] }
            """
        return EscalationPlanner(
            site: "s",
            destinations: ["log", "pager"].map { .init(name: $0, minimumLevel: Level(rank: 1)) },
            policies: try PolicySet.read(
                SourceFile(name: "policies.yaml", text: policies), ladder: SmallSite.ladder,
                destinations: ["log", "pager"], zone: ZoneTable()))
    }

    @Test(
        "a message that waits in an outbox of an earlier version is read, with everything that it says",
        arguments: [("blind", Transition.Kind.noData), ("flapping", .chattering), ("raised", .raised)])
    func outbox(word: String, kind: Transition.Kind) throws {
        let payload = """
            {"data":\(Self.message(kind: word)),"datacontenttype":"application/json",\
            "dataschema":"urn:tocsin:schema:escalation:1","id":"high/s1@2018-06-03T20:00:00Z#2/log",\
            "source":"/tocsin/s",\
            "specversion":"1.0","subject":"high/s1@2018-06-03T20:00:00Z","time":"2018-06-03T20:00:01.5Z",\
            "type":"tocsin.alarm.\(word)"}
            """
        let item = OutboxItem(
            identity: "high/s1@2018-06-03T20:00:00Z#2/log", alarm: "high/s1@2018-06-03T20:00:00Z", destination: "log",
            severity: 2, payload: payload, created: Self.start)
        let notice = try #require(item.notice)
        #expect(notice.transition.kind == kind)
        #expect(notice.alarm.hasNoData && notice.alarm.isChattering && !notice.alarm.isUncertain)
        #expect(notice.alarm.state == .unacknowledged && notice.alarm.raised == Self.start)
        #expect(notice.transition.recorded == Self.start + .milliseconds(1500))
        #expect(notice.area?.radius == 120.5 && notice.area?.polygons.map(\.count) == [3])
        #expect(notice.causes.map(\.value) == [2.5] && notice.step?.policy == "duty")
        // Written again, it has the words of this version, and says the same.
        let written = CloudEvent(notice, identity: item.identity).json
        #expect(!written.contains("blind") && !written.contains("flapping"))
        #expect(written.contains("\"kind\":\"\(kind.rawValue)\""))
        #expect(CloudEvent.read(written)?.data.notice == notice)
    }

    @Test("a message of a flood of an earlier version is read")
    func flood() {
        let payload = """
            {"data":{"alarms":[{"group":"s1","id":"high/s1@x","kind":"blind","level":"watch","rule":"high",\
            "summary":"s"}],\
            "counts":{"watch":1},"escalations":["a"],"schema":"tocsin.flood/1","site":"s","summary":"alarm flood"},\
            "datacontenttype":"application/json","id":"flood/a","source":"/tocsin/s","specversion":"1.0",\
            "time":"2018-06-03T20:00:00Z","type":"tocsin.flood"}
            """
        #expect(FloodMessage.read(payload)?.data.alarms.map(\.kind) == [.noData])
    }

    @Test("an escalation state of an earlier version goes on: who was notified, of what, and when the next step is due")
    func state() throws {
        let text = """
            {"escalate":"duty","message":\(Self.message(kind: "flapping")),\
            "reached":[1528056000000000000,1528056000000000000],\
            "risen":1528056000000000000,"severity":2,"state":"unacknowledged",\
            "steps":{"duty/0":{"fired":1,"latest":1528055000000000000,"since":1528055000000000000}},\
            "told":{"log":{"events":["raised","cleared","flapping"],"latest":1528056000000000000,\
            "repeats":0,"sequence":2}},\
            "unacknowledgedSince":1528056000000000000}
            """
        var planner = try Self.planner()
        let isRead = planner.restore(
            Self.alarm(), state: text, notified: [:], escalate: "duty", at: Self.start + .minutes(1))
        #expect(isRead)
        // The step's time runs since the alarm was raised.
        let early = planner.advance(to: Self.start + .seconds(299))
        #expect(early.isEmpty)
        let due = planner.advance(to: Self.start + .minutes(5))
        #expect(due.map(\.destination) == ["pager"])
        #expect(due.first?.notice.transition.kind == .chattering)
        #expect(due.first?.notice.alarm.hasNoData == true)
        #expect(due.first?.notice.causes.map(\.value) == [2.5])
        // The end goes to both.
        var ended = Self.alarm()
        (ended.cleared, ended.sequence, ended.state) = (Self.start + .minutes(9), 3, .returnedUnacknowledged)
        let end = Transition(
            alarm: ended, kind: .cleared, time: Self.start + .minutes(9), recorded: Self.start + .minutes(9),
            from: "watch", to: "normal", severity: 2, causes: [], ruleVersion: "")
        let ends = planner.note(end)
        #expect(ends.map(\.identity) == ["\(ended.id)#3/log", "\(ended.id)#3/pager"])
        // What is kept from now on has a version, and not the message that travels.
        let kept = planner.takeChanges().compactMap(\.state).first ?? ""
        #expect(kept.contains("\"version\":2") && kept.contains("\"notice\":") && !kept.contains("\"message\""))
        var next = try Self.planner()
        let isReadAgain = next.restore(
            ended, state: kept, notified: [:], escalate: "duty", at: Self.start + .minutes(10))
        #expect(isReadAgain)
    }

    @Test(
        "an escalation state of a later version is said to be unreadable, and its end goes to those who were notified")
    func laterVersion() throws {
        var planner = try Self.planner()
        let isRead = planner.restore(
            Self.alarm(), state: "{\"version\":99}", notified: ["log": 0], escalate: "duty", at: Self.start)
        #expect(!isRead)
        var ended = Self.alarm()
        (ended.cleared, ended.sequence, ended.state) = (Self.start, 3, .returnedUnacknowledged)
        let end = Transition(
            alarm: ended, kind: .cleared, time: Self.start, recorded: Self.start, from: "watch", to: "normal",
            severity: 2, causes: [], ruleVersion: "")
        let ends = planner.note(end)
        #expect(ends.map(\.destination) == ["log"])
    }

    @Test("every word of a kind, of this version and earlier ones, is read; others are not")
    func words() {
        for kind in Transition.Kind.allCases {
            for word in kind.words { #expect(Transition.Kind(word: word) == kind) }
        }
        #expect(Transition.Kind.noData.words == ["no-data", "blind"])
        #expect(Transition.Kind.chattering.words == ["chattering", "flapping"])
        #expect(Transition.Kind(word: "returned") == nil)
        #expect(Policy.Event(word: "flapping") == .chattering && Policy.Event(word: "blind") == nil)
    }
}
