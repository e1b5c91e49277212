import AlarmModel
import Alarms
import RuleEngine
import Telemetry
import TestSupport
import Testing

/// Tries every entry of the table of states and events in the real book, and compares what the book says with what the
/// table says.
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

    /// A book in which `river-rising/s1` was brought to a state, at a level in the middle of the ladder.
    private struct Place: ~Copyable {
        var bench: AlarmBench
        var seconds: Int64 = 0
        var last: Alarm?

        init() throws { bench = try AlarmBench(LifecycleTests.rules, chattering: ChatteringLimit(changes: 1000)) }

        mutating func bring(to state: AlarmState.Kind) throws {
            if state != .normal { try step(.raise) }
            switch state {
            case .normal, .unacknowledged: break
            case .acknowledged: try step(.acknowledge)
            case .returnedUnacknowledged: try step(.clear)
            case .shelved: try step(.shelve)
            case .suppressed: try step(.suppress)
            case .outOfService: try step(.takeOutOfService)
            }
        }

        /// Makes an event happen. Throws where an operator is refused.
        @discardableResult
        mutating func step(_ event: AlarmEvent) throws -> [Transition] {
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
            case .shelve: transitions = try command(.shelve(.hours(1)))
            case .unshelve: transitions = try command(.unshelve)
            case .takeOutOfService: transitions = try command(.takeOutOfService)
            case .putBack: transitions = try command(.putBack)
            case .retire:
                var other = try AlarmBench(
                    LifecycleTests.rules.replacing("river-rising", with: "another").replacing("> 2 m", with: "> 1 m"))
                transitions = other.book.restore(bench.book.active, at: AlarmBench.start + .seconds(seconds)).retired
            }
            if let alarm = transitions.last?.alarm { last = alarm }
            return transitions
        }

        /// An alarm as the book has it.
        func known(_ id: String) -> Alarm? {
            (bench.book.active + bench.book.unacknowledgedReturns).first { $0.id == id }
        }

        private mutating func command(_ action: OperatorCommand.Action) throws -> [Transition] {
            // An alarm that has ended is named by its identity, so that it is refused, and its key not suppressed.
            let name = last?.cleared == nil ? "river-rising/s1" : last?.id ?? ""
            let outcome = try bench.book.execute(
                OperatorCommand(action, alarm: name, person: "ada", note: "why"),
                at: AlarmBench.start + .seconds(seconds)
            )
            return outcome.transition.map { [$0] } ?? []
        }
    }

    @Test("every state and event", arguments: AlarmState.Kind.allCases, AlarmEvent.allCases)
    func table(state: AlarmState.Kind, event: AlarmEvent) throws {
        var place = try Place()
        try place.bring(to: state)
        if state != .normal { #expect(place.last?.state.kind == state) }
        let before = place.last
        switch LifecycleTable.entry(state, event) {
        case .never:
            // The alarm stays as it is. A level above normal begins another one.
            for transition in try place.step(event) {
                #expect(transition.kind == .raised && transition.alarm.sequence == 1, "\(state) \(event)")
                #expect(transition.alarm.id != before?.id, "\(state) \(event)")
            }
            if let before {
                let after = place.known(before.id)
                #expect(after?.state == before.state && after?.sequence == before.sequence, "\(state) \(event)")
            } else {
                #expect(place.bench.book.active.map(\.id) == (place.last.map { [$0.id] } ?? []), "\(state) \(event)")
            }
        case .refused(let reason):
            #expect("\(state) \(event)") { try place.step(event) } throws: {
                // Where nothing is active, the reason may be that there is no such alarm.
                "\($0)".contains(reason)
                    || state == .normal && "\($0)".contains("no active or unacknowledged alarm matches")
                    || state == .returnedUnacknowledged && "\($0)".contains("has ended")
                    || state == .acknowledged && "\($0)".contains("was acknowledged by ada")
            }
            #expect(place.last?.state.kind == before?.state.kind)
        case .to(let next):
            if event == .raise, state != .normal {
                // An alarm is raised under a key that is suppressed already.
                try place.step(.clear)
                try place.step(.raise)
            } else {
                try place.step(event)
            }
            if state == .normal, event != .raise {
                // Without an alarm, the key is suppressed, and the next alarm begins there.
                try place.step(.raise)
            }
            #expect(place.last?.state.kind == next, "\(state) \(event)")
        case .asItsRuleSays:
            try place.step(event)
            #expect(place.last?.state.kind == .unacknowledged)
            // While its rule suppresses it, it is suppressed instead.
            var quiet = try Place()
            try quiet.bring(to: .unacknowledged)
            try quiet.step(.suppress)
            if state != .suppressed {
                try quiet.step(state == .shelved ? .shelve : .takeOutOfService)
                try quiet.step(event)
                #expect(quiet.last?.state.kind == .suppressed)
            }
        }
    }
}
