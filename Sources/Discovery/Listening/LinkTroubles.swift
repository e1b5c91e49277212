package import Logging
internal import Synchronization

/// Keeps the newest trouble that a link has logged, so that a command can print it at a time of its own.
package final class LinkTroubles: Sendable {
    private let newest = Mutex<String?>(nil)

    package init() {}

    /// A logger whose warnings and errors are kept here.
    package var logger: Logger { Logger(label: "discover") { _ in Handler(troubles: self) } }

    /// Returns what was logged since the last call, if anything.
    package func take() -> String? {
        newest.withLock { newest in
            defer { newest = nil }
            return newest
        }
    }

    private struct Handler: LogHandler {
        let troubles: LinkTroubles
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { troubles.newest.withLock { $0 = "\(event.message)" } }
    }
}
