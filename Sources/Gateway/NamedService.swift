internal import Logging
internal import ServiceLifecycle

/// A service of the gateway, with a name that operators understand: `the delivery of escalations`.
///
/// It must run as long as the gateway. If it throws, or returns before it is asked to, the gateway's group shuts down
/// at once, and the error names the service.
package struct NamedService: Service {
    /// The service's task, for the log.
    package let name: String
    private let body: @Sendable () async throws -> Void
    private let onFailure: @Sendable (ServiceFailure) -> Void

    package init(_ name: String, _ body: @escaping @Sendable () async throws -> Void) {
        (self.name, self.body, onFailure) = (name, body, { _ in })
    }

    /// Copies a service.
    /// - Parameter onFailure: called as soon as the service fails, before others stop because of it.
    init(_ service: NamedService, onFailure: @escaping @Sendable (ServiceFailure) -> Void) {
        (name, body, self.onFailure) = (service.name, service.body, onFailure)
    }

    /// Runs the service until its group shuts down.
    /// - Throws: ``ServiceFailure`` if it throws, or returns without being asked to.
    package func run() async throws {
        var cause: (any Error)?
        do {
            try await cancelWhenGracefulShutdown(body)
        } catch {
            cause = error
        }
        let isAskedToEnd = Task.isCancelled || Task.isShuttingDownGracefully
        if isAskedToEnd, cause == nil || cause is CancellationError { return }
        let failure = ServiceFailure(service: name, error: cause)
        onFailure(failure)
        throw failure
    }
}

/// An early end of a service, while the gateway runs.
package struct ServiceFailure: Error, CustomStringConvertible {
    package var service: String
    /// The service's error; `nil` if it returned without one.
    package var error: (any Error)?

    package var description: String { "\(service) has ended" + (error.map { ": \($0)" } ?? " by itself") }
}
