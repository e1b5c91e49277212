import AlarmModel
import Alarms
import Diagnostics
import Escalation
import RulePlan
import Telemetry
import TestSupport
import Testing
import Wire

/// Policies over alarms that the engine and the book make, with the clock in the test's hand.
@Suite struct EscalationPlannerTests {
    static let rules = """
        hazard: flood
        rules:
          - name: river-rising
            for_each: station
            levels: { watch: water_level > 2 m, warning: water_level > 3 m, emergency: water_level > 4 m }
            escalate: duty
        """

    /// A gateway's alarms and escalations without anything around them.
    struct Duty: ~Copyable {
        var bench: AlarmBench
        var planner: EscalationPlanner
        /// `destination sequence reason repetition` of everything that was sent.
        var sent: [String] = []
        var identities: Set<String> = []
        let policies: PolicySet

        init(_ policies: String, zone: ZoneTable = ZoneTable()) throws {
            let policies = try PolicySet.read(
                SourceFile(name: "policies.yaml", text: policies), ladder: SmallSite.ladder,
                destinations: ["log", "pager", "town", "public"],
                zone: zone)
            let bench = try AlarmBench(EscalationPlannerTests.rules, chattering: ChatteringLimit(changes: 1000))
            self.policies = policies
            self.bench = bench
            planner = Self.planner(policies)
        }

        private static func planner(_ policies: PolicySet) -> EscalationPlanner {
            EscalationPlanner(
                site: "s",
                destinations: [
                    .init(name: "log", minimumLevel: Level(rank: 1)),
                    .init(name: "pager", minimumLevel: Level(rank: 1)),
                    .init(name: "town", minimumLevel: Level(rank: 3)),
                    .init(name: "public", minimumLevel: Level(rank: 1), isPublic: true),
                ], policies: policies)
        }

        mutating func water(_ value: Double, at seconds: Int64) {
            advance(to: seconds)
            for transition in bench.feed([(seconds, value)]) { take(planner.note(transition)) }
        }

        mutating func order(_ action: OperatorCommand.Action, at seconds: Int64) throws {
            advance(to: seconds)
            take(planner.note(try bench.execute(action, "why", at: seconds)))
        }

        mutating func advance(to seconds: Int64) { take(planner.advance(to: AlarmBench.start + .seconds(seconds))) }

        private mutating func take(_ escalations: [Escalation]) {
            for escalation in escalations {
                #expect(identities.insert(escalation.identity).inserted, "\(escalation.identity) twice")
                let notice = escalation.notice
                // What travels says the same.
                let payload = OutboxItem(escalation).payload
                #expect(CloudEvent.read(payload)?.id == escalation.identity)
                #expect(CloudEvent.read(payload)?.data.notice == notice, "\(payload)")
                let step =
                    notice.step.map {
                        " \($0.policy)/\($0.step)" + ($0.repetition > 0 ? "~\($0.repetition)" : "")
                    } ?? ""
                sent.append("\(escalation.destination) \(notice.transition.kind.rawValue)\(step)")
            }
        }

        /// What a restart keeps: the escalation states, as they would be stored.
        mutating func restart() {
            let states = Dictionary(planner.takeChanges()) { $1 }
            for (alarm, state) in states { kept[alarm] = state }
            planner = Self.planner(policies)
            for alarm in bench.book.active + bench.book.unacknowledgedReturns {
                planner.restore(
                    alarm, state: kept[alarm.id] ?? nil, notified: [:], escalate: "duty", at: .distantFuture)
            }
        }

        /// Continues with a new planner, without any state.
        mutating func loseState() { planner = Self.planner(policies) }

        var kept: [String: String?] = [:]

        /// What was sent since this was asked last.
        mutating func takeSent() -> [String] {
            defer { sent.removeAll() }
            return sent
        }
    }

    static let duty = """
        policies:
          - name: duty
            steps:
              - to: log
              - { to: pager, after: 5m unacknowledged, minimum_level: warning, repeat: 10m, times: 2 }
              - { to: town, after: 15m active, minimum_level: warning }
        """

    @Test(
        "steps come when they are due, are repeated as often as they say, and stop when someone has taken the alarm on")
    func steps() throws {
        var duty = try Duty(Self.duty)
        duty.water(3.5, at: 0)
        #expect(duty.takeSent() == ["log raised duty/1"])
        duty.advance(to: 299)
        #expect(duty.takeSent().isEmpty)
        duty.advance(to: 300)
        #expect(duty.takeSent() == ["pager raised duty/2"])
        duty.advance(to: 899)
        #expect(duty.takeSent().isEmpty)
        duty.advance(to: 900)
        #expect(duty.takeSent() == ["pager raised duty/2~1", "town raised duty/3"])
        duty.advance(to: 1500)
        #expect(duty.takeSent() == ["pager raised duty/2~2"])
        duty.advance(to: 9000)
        #expect(duty.takeSent().isEmpty)
        try duty.order(.acknowledge, at: 9001)
        #expect(duty.takeSent() == ["log acknowledged", "pager acknowledged", "town acknowledged"])
        // Its sensor was silent for hours.
        duty.water(1, at: 9010)
        #expect(
            duty.takeSent() == [
                "log uncertain", "pager uncertain", "town uncertain", "log cleared", "pager cleared", "town cleared",
            ])
    }

    @Test("who has taken it on in time keeps the unacknowledged step from coming, and not the active one")
    func acknowledgedInTime() throws {
        var duty = try Duty(Self.duty)
        duty.water(3.5, at: 0)
        try duty.order(.acknowledge, at: 200)
        duty.advance(to: 1000)
        #expect(duty.takeSent() == ["log raised duty/1", "log acknowledged", "town acknowledged duty/3"])
        // It rises: that has to be taken on anew, and its time begins with the rise.
        duty.water(4.5, at: 1100)
        #expect(duty.takeSent() == ["log uncertain", "town uncertain", "log rose", "town rose"])
        duty.advance(to: 1399)
        #expect(duty.takeSent().isEmpty)
        duty.advance(to: 1400)
        #expect(duty.takeSent() == ["pager rose duty/2"])
    }

    @Test(
        "an alarm that rises starts the higher level's steps at once, and one that clears tells those who were told, and nobody else"
    )
    func rise() throws {
        var duty = try Duty(
            """
            policies:
              - name: duty
                steps:
                  - to: log
                  - { to: pager, minimum_level: warning }
                  - { to: town, minimum_level: emergency }
            """)
        duty.water(2.5, at: 0)
        #expect(duty.takeSent() == ["log raised duty/1"])
        duty.water(3.5, at: 10)
        #expect(duty.takeSent() == ["log rose", "pager rose duty/2"])
        duty.water(2.5, at: 20)
        #expect(duty.takeSent() == ["log fell", "pager fell"])
        duty.water(1, at: 30)
        #expect(duty.takeSent() == ["log cleared", "pager cleared"])
        duty.water(4.5, at: 40)
        #expect(duty.takeSent() == ["log raised duty/1", "pager raised duty/2", "town raised duty/3"])
    }

    @Test("several policies may apply, by labels; each destination gets each escalation once")
    func several() throws {
        var duty = try Duty(
            """
            policies:
              - { name: duty, steps: [{ to: [log, pager] }] }
              - { name: town-hall, where: { hazard: flood, area: "up/**" }, steps: [{ to: [pager, town] }] }
              - { name: elsewhere, where: { area: "down/**" }, steps: [{ to: town }] }
            """)
        duty.water(3.5, at: 0)
        #expect(duty.takeSent() == ["log raised duty/1", "pager raised duty/1", "town raised town-hall/1"])
    }

    @Test("without a policy that applies, everyone is told: nobody's alarm is lost because a policy was not written")
    func fallback() throws {
        var duty = try Duty("policies: [{ name: other, steps: [{ to: log }] }]")
        duty.water(2.5, at: 0)
        // `town` wants warnings only.
        #expect(duty.takeSent() == ["log raised everyone/1", "pager raised everyone/1"])
        duty.water(3.5, at: 10)
        #expect(duty.takeSent() == ["log rose", "pager rose"])
    }

    @Test("what may go to the public is told only of what a policy names it for")
    func publicByPolicy() throws {
        var duty = try Duty("policies: [{ name: duty, steps: [{ to: public, minimum_level: warning }, { to: log }] }]")
        duty.water(2.5, at: 0)
        duty.water(3.5, at: 10)
        #expect(duty.takeSent() == ["log raised duty/2", "log rose", "public rose duty/1"])
    }

    @Test("hours: a step outside its hours waits for them, and comes then if it still applies")
    func hours() throws {
        // The start is a Sunday, 20:00 in UTC.
        let policies = """
            calendars: { office: { days: mon-fri, from: "08:00", to: "17:00" } }
            policies:
              - name: duty
                steps:
                  - { to: log, during: office, stop: cleared }
                  - { to: pager, outside: office }
            """
        var duty = try Duty(policies)
        duty.water(3.5, at: 0)
        #expect(duty.takeSent() == ["pager raised duty/2"])
        for minute in 1..<720 { duty.advance(to: Int64(minute) * 60) }
        #expect(duty.takeSent().isEmpty)
        duty.advance(to: 720 * 60)
        #expect(duty.takeSent() == ["log raised duty/1"])
        var over = try Duty(policies)
        over.water(3.5, at: 0)
        over.water(1, at: 60)
        over.advance(to: 720 * 60)
        #expect(over.takeSent() == ["pager raised duty/2", "pager cleared"])
    }

    @Test(
        "a suppression is notified once, then nobody is notified until the alarm is back; its end goes to those who were notified"
    )
    func suppression() throws {
        var duty = try Duty(Self.duty)
        duty.water(3.5, at: 0)
        try duty.order(.shelve(.hours(1)), at: 100)
        #expect(duty.takeSent() == ["log raised duty/1", "log shelved"])
        duty.water(4.5, at: 200)
        duty.advance(to: 3000)
        #expect(duty.takeSent().isEmpty)
        try duty.order(.unshelve, at: 3000)
        #expect(duty.takeSent() == ["log unshelved"])
        // The times of the steps begin anew.
        duty.advance(to: 3299)
        #expect(duty.takeSent().isEmpty)
        duty.advance(to: 3300)
        #expect(duty.takeSent() == ["pager unshelved duty/2"])
        try duty.order(.takeOutOfService, at: 3400)
        #expect(duty.takeSent() == ["log out-of-service", "pager out-of-service"])
        duty.water(1, at: 3500)
        #expect(duty.takeSent() == ["log cleared", "pager cleared"])
        // Born and ended out of service: nobody hears of it.
        duty.water(4.5, at: 3600)
        duty.water(1, at: 3700)
        #expect(duty.takeSent().isEmpty)
    }

    @Test(
        "an escalation state that cannot be read is said to be so, its end still goes to those who were told, and its steps begin again",
        arguments: ["{}", "", "{\"message\":{}}", "not JSON"])
    func unreadableState(text: String) throws {
        var duty = try Duty(Self.duty)
        duty.water(3.5, at: 0)
        try duty.order(.acknowledge, at: 10)
        #expect(duty.takeSent() == ["log raised duty/1", "log acknowledged"])
        let alarm = try #require(duty.bench.book.active.first)
        duty.loseState()
        let isRead = duty.planner.restore(
            alarm, state: text, notified: ["log": 0], escalate: "duty", at: AlarmBench.start + .seconds(20))
        #expect(!isRead)
        duty.water(1, at: 30)
        #expect(duty.takeSent() == ["log cleared"])
    }

    @Test("an alarm whose escalation state cannot be read goes on being escalated by the policy of its rule")
    func unreadableStateGoesOn() throws {
        var duty = try Duty(Self.duty)
        duty.water(3.5, at: 0)
        let alarm = try #require(duty.bench.book.active.first)
        _ = duty.takeSent()
        duty.loseState()
        let isRead = duty.planner.restore(
            alarm, state: "{}", notified: ["log": 0], escalate: "duty", at: AlarmBench.start + .seconds(20))
        #expect(!isRead)
        duty.advance(to: 400)
        #expect(duty.takeSent().contains("pager raised duty/2"))
        duty.water(1, at: 500)
        #expect(duty.takeSent().sorted() == ["log cleared", "pager cleared"])
    }

    @Test("a restart at any moment changes nothing that is sent", arguments: 1...60)
    func restarts(seed: UInt64) throws {
        print("seed \(seed)")
        func run(restarting: Bool) throws -> [String] {
            var random = SeededRandom(seed: seed)
            var chance = SeededRandom(seed: seed &* 31)
            var duty = try Duty(
                """
                calendars: { night: { from: "21:00", to: "06:00" } }
                policies:
                  - name: duty
                    steps:
                      - to: log
                      - { to: pager, after: 5m unacknowledged, minimum_level: warning, repeat: 3m, times: 4 }
                      - { to: town, after: 10m active, minimum_level: warning, outside: night }
                  - { name: second, where: { hazard: flood }, steps: [{ to: [log, town], after: 20m unacknowledged, repeat: 7m }] }
                """)
            var seconds: Int64 = 0
            for _ in 0..<150 {
                seconds += Int64.random(in: 10...400, using: &random)
                switch Int.random(in: 0..<10, using: &random) {
                case 0: try? duty.order(.acknowledge, at: seconds)
                case 1: try? duty.order(.shelve(.minutes(20)), at: seconds)
                case 2: try? duty.order(.unshelve, at: seconds)
                default: duty.water([1.0, 2.5, 3.5, 4.5][Int.random(in: 0..<4, using: &random)], at: seconds)
                }
                if restarting, Int.random(in: 0..<4, using: &chance) == 0 { duty.restart() }
            }
            return duty.sent
        }
        let straight = try run(restarting: false)
        #expect(straight.count > 20)
        #expect(try run(restarting: true) == straight)
    }
}
