import AlarmModel
import Alarms
import RuleEngine
import Telemetry
import TestSupport
import Testing

/// The table of states and events, walked in the real book: every entry is tried, and what the book then says is held
/// against what the table says.
@Suite struct LifecycleTests {
    /// `s1` is watched by its water level; its temperature suppresses it.
    private static let rules = """
        hazard: flood
        rules:
          - name: river-rising
            for_each: station
            levels: { watch: water_level > 2 m, warning: water_level > 3 m, emergency: water_level > 4 m }
            suppress: temperature > 30 degC
        """

    /// A book in which the place `river-rising/s1` was brought to a state, at a level in the middle of the ladder.
    private struct Place: ~Copyable {
        var bench: AlarmBench
        var seconds: Int64 = 0
        var last: Alarm?

        init() throws { bench = try AlarmBench(LifecycleTests.rules, chattering: ChatteringLimit(changes: 1000)) }

        mutating func bring(to state: AlarmState) throws {
            if state != .normal { try step(.raise) }
            switch state {
            case .normal, .unacknowledged: break
            case .acknowledged: try step(.acknowledge)
            case .returned: try step(.clear)
            case .shelved: try step(.shelve)
            case .suppressed: try step(.suppress)
            case .outOfService: try step(.takeOutOfService)
            }
        }

        /// Makes an event happen. Throws where an operator is refused.
        mutating func step(_ event: AlarmEvent) throws {
            seconds += 10
            let transitions: [Transition]
            switch event {
            case .raise: transitions = bench.feed([(seconds, 3.5)])
            case .rise: transitions = bench.feed([(seconds, 4.5)])
            case .fall: transitions = bench.feed([(seconds, 2.5)])
            case .clear: transitions = bench.feed([(seconds, 0)])
            case .suppress: transitions = bench.feed([(seconds, 35)], series: 1)
            case .release: transitions = bench.feed([(seconds, 20)], series: 1)
            case .acknowledge:
                transitions = [try bench.execute(.acknowledge, alarm: last?.id ?? "river-rising/s1", at: seconds)]
            case .shelve: transitions = try order(.shelve(.hours(1)))
            case .unshelve: transitions = try order(.unshelve)
            case .takeOutOfService: transitions = try order(.takeOutOfService)
            case .putBack: transitions = try order(.putBack)
            case .retire:
                var other = try AlarmBench(
                    LifecycleTests.rules.replacing("river-rising", with: "another").replacing("> 2 m", with: "> 1 m"))
                transitions = other.book.restore(bench.book.active, at: AlarmBench.start + .seconds(seconds)).retired
            }
            if let alarm = transitions.last?.alarm { last = alarm }
        }

        private mutating func order(_ action: OperatorCommand.Action) throws -> [Transition] {
            // An alarm that has ended is named by itself, so that it is refused rather than its place put aside.
            let name = last?.cleared == nil ? "river-rising/s1" : last?.id ?? ""
            let outcome = try bench.book.execute(
                OperatorCommand(action, alarm: name, person: "ada", note: "why"),
                at: AlarmBench.start + .seconds(seconds)
            )
            return outcome.transition.map { [$0] } ?? []
        }
    }

    @Test("every state and event", arguments: AlarmState.allCases, AlarmEvent.allCases)
    func table(state: AlarmState, event: AlarmEvent) throws {
        var place = try Place()
        try place.bring(to: state)
        if state != .normal { #expect(place.last?.state == state) }
        let before = place.last
        switch LifecycleTable.entry(state, event) {
        case .never:
            // Nothing to rise from, or nothing to release: what comes about is no transition of this alarm.
            if event == .raise || state == .normal || state == .returned { return }
            try place.step(event)
            #expect(place.last?.sequence == before?.sequence, "\(state) \(event)")
        case .refused(let reason):
            #expect("\(state) \(event)") { try place.step(event) } throws: {
                // Of a place where nothing is active, the refusal may be that there is no such alarm.
                "\($0)".contains(reason) || state == .normal && "\($0)".contains("there is no alarm")
                    || state == .returned && "\($0)".contains("has ended")
                    || state == .acknowledged && "\($0)".contains("was acknowledged by ada")
            }
            #expect(place.last?.state == before?.state)
        case .to(let next):
            if event == .raise, state != .normal {
                // An alarm is raised in a place that is aside already.
                try place.step(.clear)
                try place.step(.raise)
            } else {
                try place.step(event)
            }
            if state == .normal, event != .raise {
                // Of a place without an alarm: the next one is born there.
                try place.step(.raise)
            }
            #expect(place.last?.state == next, "\(state) \(event)")
        case .asItStands:
            try place.step(event)
            #expect(place.last?.state == .unacknowledged)
            // With its rule's reason to be silent, it is that instead.
            var quiet = try Place()
            try quiet.bring(to: .unacknowledged)
            try quiet.step(.suppress)
            if state != .suppressed {
                try quiet.step(state == .shelved ? .shelve : .takeOutOfService)
                try quiet.step(event)
                #expect(quiet.last?.state == .suppressed)
            }
        }
    }
}
