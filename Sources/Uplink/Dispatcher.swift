internal import Alarms
internal import Foundation
package import Logging
internal import ServiceLifecycle
package import Store
internal import Synchronization
package import Telemetry

/// Delivers what waits in the outbox: each destination by itself, in the order of the outbox, at least once.
///
/// A destination that fails is tried again after a growing, jittered wait; what comes behind it for the same
/// destination waits, so that nothing within an alarm overtakes. Other destinations go on.
package final class Dispatcher: Service {
    private let destinations: [any Destination]
    private let store: Store
    private let clock: any GatewayClock
    private let logger: Logger
    private let bells: [Bell]

    package init(destinations: [any Destination], store: Store, clock: any GatewayClock, logger: Logger) {
        self.destinations = destinations
        self.store = store
        self.clock = clock
        self.logger = logger
        bells = destinations.map { _ in Bell() }
    }

    /// Says that the outbox has something new. From any thread, at no cost.
    package func ring() { for bell in bells { bell.ring() } }

    /// Delivers until the group shuts down; what is then under way is finished or stays in the outbox.
    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup { group in
                for (destination, bell) in zip(destinations, bells) {
                    group.addTask { await self.serve(destination, bell) }
                }
            }
        }
    }

    private func serve(_ destination: any Destination, _ bell: Bell) async {
        var failures = 0
        while !Task.isCancelled {
            do {
                let waiting = try await store.waiting(for: destination.name, limit: 64)
                if waiting.isEmpty {
                    await bell.wait(upTo: .seconds(5))
                    continue
                }
                try await deliver(waiting, to: destination)
                failures = 0
            } catch is CancellationError {
                return
            } catch {
                failures += 1
                if failures == 1 {
                    logger.warning(
                        "cannot deliver, trying again until it works: \(error)", metadata: ["destination": "\(destination.name)"])
                }
                let ceiling = min(60.0, 0.5 * pow(2, Double(min(failures, 10))))
                try? await Task.sleep(for: .seconds(Double.random(in: ceiling / 2...ceiling)))
            }
        }
    }

    private func deliver(_ waiting: [WaitingEscalation], to destination: any Destination) async throws {
        var delivered: [Int64] = []
        var failure: (any Error)?
        for item in waiting {
            do {
                try await destination.deliver(item.escalation)
                delivered.append(item.id)
            } catch {
                failure = error
                if !(error is CancellationError) { try await store.markFailed(item.id, error: "\(error)") }
                break
            }
        }
        // Marked together: a crash before this delivers them again, with the same identities.
        if !delivered.isEmpty {
            let store = store, now = clock.now()
            // Not cancelled with the task: what was delivered should be known to be.
            try await Task { [delivered] in try await store.markDelivered(delivered, at: now) }.value
        }
        if let failure { throw failure }
    }
}

/// A signal that remembers one ring.
final class Bell: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func ring() { continuation.yield() }

    /// Returns at the next ring, at once if there was one since the last wait, or when the time is over.
    func wait(upTo duration: Duration) async {
        await withTaskGroup { group in
            group.addTask { [stream] in
                var iterator = stream.makeAsyncIterator()
                _ = await iterator.next()
            }
            group.addTask { try? await Task.sleep(for: duration) }
            await group.next()
            group.cancelAll()
        }
    }
}
