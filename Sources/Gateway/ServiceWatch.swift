internal import ServiceLifecycle
internal import Synchronization

/// Something that runs as long as the gateway does.
package struct WatchedService: Sendable {
    /// What it does, for the log: `the delivery of escalations`.
    package var name: String
    package var run: @Sendable () async throws -> Void

    package init(_ name: String, _ run: @escaping @Sendable () async throws -> Void) {
        (self.name, self.run) = (name, run)
    }
}

/// A service that has ended while the gateway runs.
package struct ServiceFailure: Error, CustomStringConvertible {
    package var service: String
    /// `nil` where it just returned.
    package var error: (any Error)?

    package var description: String { "\(service) has ended" + (error.map { ": \($0)" } ?? " by itself") }
}

/// Runs services, and reports at once when one of them ends before it is asked to.
package final class ServiceWatch: Sendable {
    private let failure = Mutex<ServiceFailure?>(nil)
    private let onFailure: @Sendable (ServiceFailure) -> Void

    /// - Parameter onFailure: called once for each service that fails.
    package init(onFailure: @escaping @Sendable (ServiceFailure) -> Void) { self.onFailure = onFailure }

    /// Runs a service until it ends.
    package func run(_ service: WatchedService) async {
        var cause: (any Error)?
        do {
            try await service.run()
        } catch {
            cause = error
        }
        let isAskedToEnd = Task.isCancelled || Task.isShuttingDownGracefully
        if isAskedToEnd, cause == nil || cause is CancellationError { return }
        let failed = ServiceFailure(service: service.name, error: cause)
        failure.withLock { $0 = $0 ?? failed }
        onFailure(failed)
    }

    /// - Throws: the first ``ServiceFailure``, if there was one.
    package func check() throws { if let failure = failure.withLock({ $0 }) { throw failure } }
}
