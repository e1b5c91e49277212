internal import Foundation
internal import Synchronization

/// A text that is never printed, such as a password.
///
/// A secret from a file is read again when the file changes, since passwords and tokens are renewed while the gateway
/// runs.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A file, and its text when it was last read.
    private final class Source: Sendable {
        let path: String
        let newest: Mutex<(file: FileState, text: String)>

        init(_ path: String, _ file: FileState, _ text: String) {
            self.path = path
            newest = Mutex((file, text))
        }
    }

    private enum Content {
        case text(String)
        case file(Source)
    }

    private let content: Content

    package init(_ value: String) { content = .text(value) }

    /// Reads a secret from a file, without line ends around it; `nil` if the file cannot be read.
    package init?(file path: String) {
        // The file's state is recorded before the file is read, so that a change in between is noticed the next time.
        let file = FileState(of: path)
        guard let text = Self.read(path) else { return nil }
        content = .file(Source(path, file, text))
    }

    /// The current secret.
    ///
    /// While the file cannot be read or is empty, as in the middle of a renewal, this is the last one that was read.
    package var value: String {
        switch content {
        case .text(let text): return text
        case .file(let source):
            return source.newest.withLock { newest in
                let state = FileState(of: source.path)
                if state != newest.file, let text = Self.read(source.path), !text.isEmpty { newest = (state, text) }
                return newest.text
            }
        }
    }

    private static func read(_ path: String) -> String? {
        // A file that cannot be read gives `nil`.
        (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .newlines)
    }

    package var description: String { "(secret)" }
    package var debugDescription: String { "(secret)" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The identity and the time of change of a file, to notice that it was replaced or written.
package struct FileState: Equatable, Sendable {
    private var number: UInt64 = 0
    private var size: Int64 = 0
    private var seconds = 0
    private var nanoseconds = 0

    /// All values are zero if there is no file.
    package init(of path: String) {
        var state = stat()
        guard stat(path, &state) == 0 else { return }
        (number, size) = (UInt64(state.st_ino), Int64(state.st_size))
        (seconds, nanoseconds) = (state.st_mtim.tv_sec, state.st_mtim.tv_nsec)
    }
}
