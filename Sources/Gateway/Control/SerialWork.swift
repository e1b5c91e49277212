internal import Synchronization

/// Runs one piece of asynchronous work after the other, in the order of the calls.
final class SerialWork: Sendable {
    /// The end of the work that was asked for last.
    private let last = Mutex<Task<Void, Never>?>(nil)

    /// Runs work when everything before it has ended, and returns its result. Cancelling the caller cancels the work.
    func run<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value {
        let task = last.withLock { last in
            let task = Task { [before = last] in
                await before?.value
                return await work()
            }
            last = Task { _ = await task.value }
            return task
        }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
