internal import Synchronization
internal import Telemetry

/// A signal that remembers that it was sent. One task waits for it at a time.
final class Signal: Sendable {
    private struct State {
        var isSent = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func send() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            state.isSent = state.waiter == nil
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns when it is sent, at once if it was sent since the last wait, or when the time is over.
    /// - Parameter clock: its uptime measures the time.
    func wait(upTo span: TimeSpan, by clock: any GatewayClock) async {
        await withTaskGroup { group in
            group.addTask { await self.wait() }
            // A cancelled sleep ends the wait as well.
            group.addTask { try? await clock.sleep(for: span) }
            await group.next()
            group.cancelAll()
        }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isSent || Task.isCancelled {
                        state.isSent = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }
}
