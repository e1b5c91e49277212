import POSIX
import Replay
import Telemetry
import TestSupport
import Testing

@testable import Simulation

/// What every clock of the gateway promises, tested on each of them.
@Suite struct GatewayClockTests {
    /// A clock, and how to let time pass on it.
    struct Subject: Sendable, CustomTestStringConvertible {
        let name: String
        let clock: any GatewayClock
        /// Lets this span of uptime pass.
        let pass: @Sendable (TimeSpan) async throws -> Void
        var testDescription: String { name }
    }

    static let start = Instant(rfc3339: "2018-06-03T22:05:00Z".utf8)!  // a literal that reads

    /// New clocks for each test, so that none sees what another did.
    static var subjects: [Subject] {
        let wait: @Sendable (TimeSpan) async throws -> Void = {
            try await Task.sleep(for: .nanoseconds($0.nanoseconds))
        }
        let (virtual, manual) = (VirtualClock(), ManualClock(start))
        return [
            Subject(name: "SystemClock", clock: SystemClock(), pass: wait),
            Subject(name: "ScenarioClock", clock: ScenarioClock(start), pass: wait),
            Subject(name: "VirtualClock", clock: virtual) { virtual.pass(to: virtual.uptime().sinceStart + $0) },
            Subject(name: "ManualClock", clock: manual) { manual.advance(by: $0) },
            Subject(name: "ManualClock with real uptime", clock: ManualClock(start, hasRealUptime: true), pass: wait),
        ]
    }

    /// Long enough to be seen by a clock that counts milliseconds.
    private static let step = TimeSpan.milliseconds(5)

    @Test("the uptime passes, and never goes back", arguments: subjects)
    func uptime(subject: Subject) async throws {
        let before = subject.clock.uptime()
        try await subject.pass(Self.step)
        let after = subject.clock.uptime()
        #expect(after > before)
        #expect(before + (after - before) == after && after - (after - before) == before)
    }

    @Test("a time that has come needs no wait, and one that has not needs some", arguments: subjects)
    func milliseconds(subject: Subject) {
        let now = subject.clock.now()
        #expect(subject.clock.millisecondsUntil(now - .seconds(1)) == 0)
        #expect(subject.clock.millisecondsUntil(now + .hours(1)) > 0)
    }

    @Test("time that passes does not count as a clock that was set", arguments: subjects)
    func correction(subject: Subject) async throws {
        let before = subject.clock.correction()
        try await subject.pass(Self.step)
        // The system's two clocks are read one after the other, and may be slewed.
        #expect((subject.clock.correction() - before).nanoseconds.magnitude < 1_000_000_000)
    }

    @Test("a sleep ends when its deadline has come, and not before", arguments: subjects)
    func sleep(subject: Subject) async throws {
        let clock = subject.clock
        let deadline = clock.uptime() + Self.step + Self.step
        let sleeper = Task {
            try await clock.sleep(until: deadline)
            return clock.uptime()
        }
        try await subject.pass(Self.step)
        try await subject.pass(Self.step)
        #expect(try await sleeper.value >= deadline)
    }

    @Test("a sleep whose deadline has come ends at once", arguments: subjects)
    func overdue(subject: Subject) async throws {
        try await subject.pass(Self.step)
        try await subject.clock.sleep(until: subject.clock.uptime() - Self.step)
        try await subject.clock.sleep(for: .zero)
    }

    @Test("a sleep that is cancelled throws, whether it has begun or not", arguments: subjects)
    func cancelled(subject: Subject) async throws {
        let clock = subject.clock
        let sleepers = (0..<20).map { _ in Task { try await clock.sleep(for: .hours(1)) } }
        for sleeper in sleepers { sleeper.cancel() }
        for sleeper in sleepers {
            await #expect(throws: CancellationError.self) { try await sleeper.value }
        }
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await clock.sleep(for: .zero)
        }
        await #expect(throws: CancellationError.self) { try await late.value }
    }
}

/// The tasks that sleep on a virtual clock.
@Suite struct SleeperTests {
    @Test("an advance wakes the tasks that are due, and no others")
    func due() async throws {
        let clock = ManualClock(GatewayClockTests.start)
        let short = Task { try await clock.sleep(for: .seconds(1)) }
        let long = Task { try await clock.sleep(for: .seconds(10)) }
        while clock.sleepers.count < 2 { await Task.yield() }
        clock.advance(by: .seconds(5))
        try await short.value
        #expect(clock.sleepers.count == 1)
        clock.advance(by: .seconds(5))
        try await long.value
        #expect(clock.sleepers.count == 0)
    }
}
