internal import Logging
internal import ServiceLifecycle

/// A service of the gateway, with a name that operators understand: `the delivery of escalations`.
///
/// It is meant to run as long as the gateway does. When it throws, or returns before it is asked to, the gateway's group
/// shuts down at once, and the error says which service it was.
package struct NamedService: Service {
    /// What it does, for the log.
    package let name: String
    private let body: @Sendable () async throws -> Void

    package init(_ name: String, _ body: @escaping @Sendable () async throws -> Void) {
        (self.name, self.body) = (name, body)
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
        throw ServiceFailure(service: name, error: cause)
    }
}

/// The end of a service while the gateway runs.
package struct ServiceFailure: Error, CustomStringConvertible {
    package var service: String
    /// `nil` if it returned without an error.
    package var error: (any Error)?

    package var description: String { "\(service) has ended" + (error.map { ": \($0)" } ?? " by itself") }
}
