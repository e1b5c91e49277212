internal import Foundation
internal import Synchronization

/// One wait for a descriptor, by libdispatch and without a thread.
final class Readiness: Sendable {
    // libdispatch's objects may be used from any thread.
    private nonisolated(unsafe) let source: any DispatchSourceProtocol
    private let isReady = Atomic<Bool>(false)

    /// - Parameter descriptor: must stay open until ``wait(within:)`` has returned.
    init(_ descriptor: Int32, _ direction: UnixSocket.Direction) {
        source =
            switch direction {
            case .readable: DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
            case .writable: DispatchSource.makeWriteSource(fileDescriptor: descriptor, queue: .global())
            }
    }

    /// - Returns: `false` if the time has passed, or the task was cancelled.
    func wait(within time: Duration) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                source.setEventHandler { [self] in
                    isReady.store(true, ordering: .releasing)
                    source.cancel()
                }
                // The descriptor may only be closed after this.
                source.setCancelHandler { [self] in
                    continuation.resume(returning: isReady.load(ordering: .acquiring))
                }
                source.activate()
                DispatchQueue.global().asyncAfter(deadline: .now() + time / .seconds(1)) { [self] in source.cancel() }
            }
        } onCancel: {
            source.cancel()
        }
    }
}
