import Synchronization
import Telemetry

/// The tasks that sleep on a virtual clock. The clock wakes them when it advances.
package final class Sleepers: Sendable {
    private struct Sleeper {
        let number: Int
        let deadline: Uptime
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var count = 0
        var sleepers: [Sleeper] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// The number of sleeping tasks.
    package var count: Int { state.withLock { $0.sleepers.count } }

    /// Suspends the task until ``wake(at:)`` is called with the deadline or a later time.
    /// - Parameter now: reads the clock. It is called after the task was added, so that no advance is missed.
    package func sleep(until deadline: Uptime, now: @Sendable () -> Uptime) async throws {
        try Task.checkCancellation()
        let number = state.withLock { state in
            state.count += 1
            return state.count
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let sleeper = Sleeper(number: number, deadline: deadline, continuation: continuation)
                state.withLock { $0.sleepers.append(sleeper) }
                wake(at: now())
                // A cancellation before the append found nobody to wake.
                if Task.isCancelled { cancel(number) }
            }
        } onCancel: {
            cancel(number)
        }
    }

    /// Wakes the tasks whose deadline has come, in the order of their deadlines.
    package func wake(at now: Uptime) {
        let due = state.withLock { state in
            let due = state.sleepers.filter { $0.deadline <= now }
            state.sleepers.removeAll { $0.deadline <= now }
            return due
        }
        for sleeper in due.sorted(by: { ($0.deadline, $0.number) < ($1.deadline, $1.number) }) {
            sleeper.continuation.resume()
        }
    }

    private func cancel(_ number: Int) {
        let cancelled = state.withLock { state in
            state.sleepers.firstIndex { $0.number == number }.map { state.sleepers.remove(at: $0) }
        }
        cancelled?.continuation.resume(throwing: CancellationError())
    }
}
