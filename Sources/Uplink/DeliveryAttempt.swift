internal import Synchronization
internal import Telemetry

/// Makes one delivery attempt after the other. Each ends when the destination is done, when its time is over, or when
/// a person wants another now.
final class DeliveryAttempt: Sendable {
    private enum End {
        case timeIsOver
        case brokenOff
    }

    private struct State {
        var running: Task<Void, any Error>?
        var since: Uptime?
        var end: End?
    }

    private let clock: any GatewayClock
    private let state = Mutex(State())

    /// - Parameter clock: its uptime measures how long an attempt takes.
    init(clock: any GatewayClock) { self.clock = clock }

    /// Executes `body`, which must end soon once its task is cancelled.
    /// - Throws: the error of `body`; ``DeliveryError`` if it was ended before it was done.
    func make(within limit: TimeSpan, _ body: @Sendable @escaping () async throws -> Void) async throws {
        let task = Task { try await body() }
        state.withLock { $0 = State(running: task, since: clock.uptime()) }
        let timer = Task { [weak self, clock] in
            try await clock.sleep(for: limit)
            self?.end(.timeIsOver)
        }
        defer { timer.cancel() }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        let end = state.withLock { state in
            defer { state = State() }
            return state.end
        }
        do {
            try result.get()
        } catch let error as DeliveryError {
            // The error of the destination is more precise than the fact that it was ended.
            throw error
        } catch {
            switch end {
            case .timeIsOver: throw DeliveryError("it has not accepted the message within \(TimeSpanText.short(limit))")
            case .brokenOff: throw DeliveryError("broken off, to be tried again at once")
            case nil: throw error
            }
        }
    }

    /// Ends the current attempt, if there is one and it has already taken this long.
    func breakOff(ifOlderThan age: TimeSpan) {
        let since = state.withLock(\.since)
        if let since, clock.uptime() - since >= age { end(.brokenOff) }
    }

    private func end(_ end: End) {
        let task = state.withLock { state in
            if state.running != nil, state.end == nil { state.end = end }
            return state.running
        }
        task?.cancel()
    }
}
