import Alarms
import RulePlan
import Telemetry
import TestSupport
import Testing

/// What a step may ask for, and what is known of the steps to come.
@Suite struct EscalationStepTests {
    private typealias Duty = EscalationPlannerTests.Duty

    @Test(
        "a step tells only of the events that it asks for; a destination of several steps hears what any of them asks for"
    )
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
            _ = try Duty("policies: [{ name: duty, steps: [{ to: log, on: [raisd] }] }]")
        } throws: {
            "\($0)".contains("'raisd' is not an event of an alarm") && "\($0)".contains("did you mean 'raised'?")
        }
    }

    @Test(
        "an alarm whose acknowledgement the store could not read is escalated again, as one that nobody has acknowledged"
    )
    func lostAcknowledgement() throws {
        var duty = try Duty(EscalationPlannerTests.duty)
        duty.water(3.5, at: 0)
        try duty.order(.acknowledge, at: 10)
        _ = duty.takeSent()
        var alarm = try #require(duty.bench.book.active.first)
        let changes = duty.planner.takeChanges()
        let state = try #require(changes.last { $0.alarm == alarm.id }?.state)
        alarm.state = .unacknowledged
        duty.loseState()
        let isRead = duty.planner.restore(
            alarm, state: state, notified: ["log": 0], escalate: "duty", at: AlarmBench.start + .seconds(20))
        #expect(isRead)
        duty.advance(to: 300)
        #expect(duty.takeSent().isEmpty)
        duty.advance(to: 330)
        #expect(duty.takeSent() == ["pager acknowledged duty/2"])
    }

    @Test("a later step tells who was told before, that nobody has acknowledged, and is repeated as it says")
    func toldAgain() throws {
        var duty = try Duty(
            """
            policies:
              - name: duty
                steps:
                  - { to: pager }
                  - { to: pager, after: 5 min unacknowledged, repeat: 10m, times: 1 }
            """)
        duty.water(2.5, at: 0)
        duty.advance(to: 299)
        #expect(duty.takeSent() == ["pager raised duty/1"])
        duty.advance(to: 300)
        #expect(duty.takeSent() == ["pager raised duty/2"])
        duty.advance(to: 900)
        #expect(duty.takeSent() == ["pager raised duty/2~1"])
        duty.restart()
        duty.advance(to: 9000)
        #expect(duty.takeSent().isEmpty)
    }

    @Test("what comes next is known: who, when and why, without who has been told or is not meant")
    func upcoming() throws {
        var duty = try Duty(EscalationPlannerTests.duty)
        duty.water(3.5, at: 0)
        duty.advance(to: 10)
        func next(at seconds: Int64) -> [String] {
            let alarm = duty.bench.book.active[0]
            return duty.planner.upcoming(of: alarm.id, at: AlarmBench.start + .seconds(seconds)).map {
                "\($0.destinations.joined(separator: ",")) \($0.at ?? "-") \($0.reason)"
            }
        }
        func time(_ seconds: Int64) -> String { (AlarmBench.start + .seconds(seconds)).description }
        #expect(
            next(at: 10) == ["pager \(time(300)) after 5m unacknowledged", "town \(time(900)) after 15m active"])
        duty.advance(to: 300)
        #expect(next(at: 300) == ["pager \(time(900)) after 5m unacknowledged", "town \(time(900)) after 15m active"])
        try duty.order(.acknowledge, at: 310)
        #expect(next(at: 310) == ["town \(time(900)) after 15m active"])
        duty.water(1, at: 320)
        #expect(duty.bench.book.active.isEmpty)
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
        // Nor is it new because somebody has put it aside for a time.
        try new.order(.shelve(.minutes(1)), at: 910)
        try new.order(.unshelve, at: 920)
        new.advance(to: 940)
        #expect(new.takeSent().isEmpty)
        // It rises in the night: that is new, though the alarm is not.
        new.water(3.5, at: 950)
        #expect(new.takeSent() == ["pager rose duty/1"])
        // And so is another that begins there.
        new.water(1, at: 1000)
        new.water(2.5, at: 1100)
        #expect(new.takeSent() == ["pager cleared", "pager raised duty/1"])
        #expect {
            _ = try Duty("policies: [{ name: duty, steps: [{ to: log, only_new: true }] }]")
        } throws: { "\($0)".contains("'only_new' is about the hours of a step") }
    }
}
