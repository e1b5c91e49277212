internal import CLinux
internal import Foundation
internal import Synchronization

/// Starts a process, sends signals to it, and waits for its end.
///
/// Foundation's `Process` hands the signal mask of the calling thread to its child; on the threads of Swift's
/// concurrency that blocks SIGTERM, and such a child cannot be asked to end. Here the mask is empty.
package final class Subprocess: Sendable {
    package let identifier: Int32
    private let status = Mutex<Int32?>(nil)

    /// - Parameters:
    ///   - input: a file for its standard input; `nil` for an empty one.
    ///   - output: a file that its standard output is appended to; `nil` to discard it.
    ///   - errors: the same for its standard error.
    ///   - environment: its whole environment; `nil` for that of this process.
    ///   - isGroup: true if it leads its own process group, so that its children can be ended with it.
    /// - Throws: ``ProgramError`` if it cannot be started.
    package convenience init(
        _ executable: String, _ arguments: [String], input: String? = nil, output: String? = nil, errors: String? = nil,
        environment: [String: String]? = nil, isGroup: Bool = false
    ) throws {
        try self.init(executable, arguments, environment: environment, isGroup: isGroup) { actions in
            posix_spawn_file_actions_addopen(&actions, 0, input ?? "/dev/null", O_RDONLY, 0)
            for (descriptor, path) in [(Int32(1), output), (2, errors)] {
                posix_spawn_file_actions_addopen(
                    &actions, descriptor, path ?? "/dev/null", O_WRONLY | O_APPEND | O_CREAT, 0o644)
            }
        }
    }

    /// Starts a process that leads its own process group, so that its children can be ended with it. It only has the
    /// given files open.
    /// - Throws: ``ProgramError`` if it cannot be started.
    package convenience init(
        _ executable: String, _ arguments: [String], input: Int32, output: Int32, environment: [String: String]
    ) throws {
        try self.init(executable, arguments, environment: environment, isGroup: true) { actions in
            for (descriptor, file) in [(Int32(0), input), (1, output), (2, output)] {
                posix_spawn_file_actions_adddup2(&actions, file, descriptor)
            }
        }
    }

    private init(
        _ executable: String, _ arguments: [String], environment: [String: String]?, isGroup: Bool,
        files: (inout posix_spawn_file_actions_t) -> Void
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        files(&actions)
        // Not every library closes its sockets in a child (glibc 2.34).
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var mask = sigset_t()
        sigemptyset(&mask)
        posix_spawnattr_setsigmask(&attributes, &mask)
        // A signal that this process ignores must have its usual effect in the new one.
        var standard = sigset_t()
        sigemptyset(&standard)
        sigaddset(&standard, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &standard)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (isGroup ? POSIX_SPAWN_SETPGROUP : 0)))
        var texts: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) } + [nil]
        defer { for text in texts { free(text) } }
        var variables: [UnsafeMutablePointer<CChar>?] =
            (environment ?? [:]).map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in variables { free(text) } }
        var number: pid_t = 0
        let code =
            environment == nil
            ? posix_spawn(&number, executable, &actions, &attributes, &texts, environ)
            : posix_spawn(&number, executable, &actions, &attributes, &texts, &variables)
        guard code == 0 else {
            throw ProgramError("\(executable) cannot be started: \(String(cString: strerror(code)))")
        }
        identifier = number
    }

    package var isRunning: Bool {
        status.withLock { status in
            if status == nil { status = Self.reap(identifier, WNOHANG) }
            return status == nil
        }
    }

    package func signal(_ number: Int32) {
        if isRunning { kill(identifier, number) }
    }

    /// Sends a signal to the process and its children. Use it only for a process that leads a group.
    package func signalGroup(_ number: Int32) { kill(-identifier, number) }

    /// The exit code, or 128 plus the signal that ended it; `nil` while it runs.
    package var exitCode: Int32? { isRunning ? nil : status.withLock { $0 } }

    /// Waits for the process to end.
    /// - Returns: the exit code, or 128 plus the signal that ended it, as in a shell.
    @discardableResult
    package func wait() -> Int32 {
        status.withLock { status in
            let code = status ?? Self.reap(identifier, 0) ?? -1
            status = code
            return code
        }
    }

    private static func reap(_ identifier: Int32, _ options: Int32) -> Int32? {
        var raw: Int32 = 0
        var result: pid_t
        repeat { result = waitpid(identifier, &raw, options) } while result < 0 && errno == EINTR
        guard result == identifier else { return result == 0 ? nil : -1 }
        let signal = raw & 0x7f
        return signal == 0 ? (raw >> 8) & 0xff : 128 + signal
    }
}

/// The reason why a process could not be started.
package struct ProgramError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
