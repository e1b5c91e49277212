import Alarms
import RulePlan
import SourceText
import Telemetry
import TestSupport
import Testing

@Suite struct PolicyFileTests {
    private func read(_ text: String) throws -> PolicySet {
        try PolicySet.read(
            SourceFile(name: "policies.yaml", text: text), ladder: SmallSite.ladder, destinations: ["log", "pager", "town"],
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
            ("calendars: { c: { except: [christmas] } }\npolicies: [{ name: a, steps: [{ to: log }] }]", "a date is written"),
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

/// Policies over alarms that the engine and the book make, with the clock in the test's hand.
@Suite struct EscalationPlannerTests {
    private static let rules = """
        hazard: flood
        rules:
          - name: river-rising
            for_each: station
            levels: { watch: water_level > 2 m, warning: water_level > 3 m, emergency: water_level > 4 m }
            escalate: duty
        """

    /// A gateway's alarms and escalations without anything around them.
    private struct Duty: ~Copyable {
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
            let bench = try AlarmBench(EscalationPlannerTests.rules, flapping: FlappingLimit(changes: 1000))
            self.policies = policies
            self.bench = bench
            planner = Self.planner(policies)
        }

        private static func planner(_ policies: PolicySet) -> EscalationPlanner {
            EscalationPlanner(
                site: "s",
                destinations: [
                    .init(name: "log", minimumLevel: Level(rank: 1)), .init(name: "pager", minimumLevel: Level(rank: 1)),
                    .init(name: "town", minimumLevel: Level(rank: 3)),
                    .init(name: "public", minimumLevel: Level(rank: 1), isPublic: true),
                ], policies: policies)
        }

        mutating func water(_ value: Double, at seconds: Int64) {
            advance(to: seconds)
            for transition in bench.feed([(seconds, value)]) { take(planner.note(transition)) }
        }

        mutating func order(_ action: OperatorOrder.Action, at seconds: Int64) throws {
            advance(to: seconds)
            take(planner.note(try bench.carryOut(action, "why", at: seconds)))
        }

        mutating func advance(to seconds: Int64) { take(planner.advance(to: AlarmBench.start + .seconds(seconds))) }

        private mutating func take(_ escalations: [Escalation]) {
            for escalation in escalations {
                #expect(identities.insert(escalation.identity).inserted, "\(escalation.identity) twice")
                guard let event = CloudEvent.read(escalation.payload) else {
                    Issue.record("not readable: \(escalation.payload)")
                    continue
                }
                #expect(event.id == escalation.identity)
                let step = event.data.escalation.map { " \($0.policy)/\($0.step)" + ($0.repetition > 0 ? "~\($0.repetition)" : "") } ?? ""
                sent.append("\(escalation.destination) \(event.data.transition.kind)\(step)")
            }
        }

        /// What a restart keeps: the courses, as they would be stored.
        mutating func restart() {
            let courses = Dictionary(planner.takeChanges()) { $1 }
            for (alarm, course) in courses { kept[alarm] = course }
            planner = Self.planner(policies)
            for alarm in bench.book.active + bench.book.unacknowledgedReturns {
                planner.restore(alarm, course: kept[alarm.id] ?? nil, told: [:], escalate: "duty", at: .distantFuture)
            }
        }

        /// As a new planner, that was told of nothing yet.
        mutating func loseState() { planner = Self.planner(policies) }

        var kept: [String: String?] = [:]

        /// What was sent since this was asked last.
        mutating func takeSent() -> [String] {
            defer { sent.removeAll() }
            return sent
        }
    }

    private static let duty = """
        policies:
          - name: duty
            steps:
              - to: log
              - { to: pager, after: 5m unacknowledged, minimum_level: warning, repeat: 10m, times: 2 }
              - { to: town, after: 15m active, minimum_level: warning }
        """

    @Test("a step tells only of the events that it asks for; a destination of several steps hears what any of them asks for")
    func events() throws {
        let text = """
            policies:
              - name: duty
                steps:
                  - { to: log, on: [raised, cleared] }
                  - { to: pager, on: [raised, rose] }
                  - { to: pager, on: [acknowledged], after: 5m active }
                  - { to: town, on: cleared, minimum_level: warning }
            """
        var duty = try Duty(text)
        duty.water(2.5, at: 0)
        #expect(duty.takeSent() == ["log raised duty/1", "pager raised duty/2"])
        duty.water(3.5, at: 10)
        #expect(duty.takeSent() == ["pager rose"])
        try duty.order(.acknowledge, at: 20)
        #expect(duty.takeSent().isEmpty)
        duty.restart()
        duty.water(4.5, at: 400)
        #expect(duty.takeSent() == ["pager rose"])
        try duty.order(.acknowledge, at: 410)
        #expect(duty.takeSent() == ["pager acknowledged"])
        duty.water(1, at: 420)
        #expect(duty.takeSent() == ["log cleared", "town cleared"])
        #expect {
            try Duty("policies: [{ name: duty, steps: [{ to: log, on: [raisd] }] }]")
        } throws: { "\($0)".contains("'raisd' is not an event of an alarm") && "\($0)".contains("did you mean 'raised'?") }
    }

    @Test("an alarm that is left over from the day is left out of a night step that asks for new ones only")
    func leftOver() throws {
        // The bench begins at 20:00; the night at 20:10.
        func text(_ more: String) -> String {
            """
            calendars: { night: { from: "20:10", to: "06:00" } }
            policies:
              - name: duty
                steps:
                  - { to: pager, during: night\(more) }
            """
        }
        var every = try Duty(text(""))
        every.water(2.5, at: 0)
        every.advance(to: 900)
        #expect(every.takeSent() == ["pager raised duty/1"])
        var new = try Duty(text(", only_new: true"))
        new.water(2.5, at: 0)
        new.advance(to: 900)
        #expect(new.takeSent().isEmpty)
        // It reaches the level again in the night.
        new.water(1, at: 1000)
        new.water(2.5, at: 1100)
        #expect(new.takeSent() == ["pager raised duty/1"])
        #expect {
            try Duty("policies: [{ name: duty, steps: [{ to: log, only_new: true }] }]")
        } throws: { "\($0)".contains("'only_new' is about the hours of a step") }
    }

    @Test("steps come when they are due, are repeated as often as they say, and stop when someone has taken the alarm on")
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
        #expect(duty.takeSent() == ["log uncertain", "pager uncertain", "town uncertain", "log cleared", "pager cleared", "town cleared"])
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

    @Test("an alarm that rises starts the higher level's steps at once, and one that clears tells those who were told, and nobody else")
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

    @Test("what is put aside is told of once, then nobody is told until it is back; its end is told to those who knew of it")
    func aside() throws {
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
        let isRead = duty.planner.restore(alarm, course: text, told: ["log": 0], escalate: "duty", at: AlarmBench.start + .seconds(20))
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
        let isRead = duty.planner.restore(alarm, course: "{}", told: ["log": 0], escalate: "duty", at: AlarmBench.start + .seconds(20))
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
