internal import AlarmModel
internal import Escalation
internal import Foundation
internal import POSIX
package import Telemetry
internal import Wire

/// Runs a local program for each escalation, with its JSON on standard input: a siren's relay, a lamp, a script.
///
/// The program has accepted the escalation if it ends with 0 within its time; otherwise it is run again, with the same
/// identity. It has an environment of its own. When its time is over it is ended with everything that it has started.
package struct SubprocessDestination: Destination {
    package let name: String
    private let command: [String]
    /// The destination ends the program itself, and reports what the program wrote.
    package var timeout: TimeSpan { limit + .seconds(5) }
    private let limit: TimeSpan
    /// The limit of the program's output, which is in memory. Processes that it leaves running may continue to write
    /// there.
    private static let outputBytesMax = 1 << 24

    /// Creates a destination that runs a program.
    /// - Parameters:
    ///   - command: the program, by its whole path, and its arguments.
    ///   - timeout: its time limit.
    package init(name: String, command: [String], timeout: TimeSpan) {
        self.name = name
        self.command = command
        limit = timeout
    }

    package func deliver(_ message: OutgoingMessage, after earlier: [OutgoingMessage]) async throws {
        let input = try NamelessFile(Data((message.payload + "\n").utf8))
        let output = try NamelessFile()
        let child: Subprocess
        do {
            child = try Subprocess(
                command[0], Array(command.dropFirst()), input: input.descriptor, output: output.descriptor,
                environment: environment(message))
        } catch {
            throw DeliveryError("\(error)")
        }
        let end = ContinuousClock.now + .nanoseconds(limit.nanoseconds)
        while child.isRunning {
            guard ContinuousClock.now < end, !Task.isCancelled else {
                child.signalGroup(SIGKILL)
                child.wait()
                try Task.checkCancellation()
                throw DeliveryError("\(command[0]) was ended after \(TimeSpanText.short(limit))\(said(output))")
            }
            guard output.size <= Self.outputBytesMax else {
                child.signalGroup(SIGKILL)
                child.wait()
                throw DeliveryError(
                    "\(command[0]) was ended, as it had written more than \(Self.outputBytesMax) bytes\(said(output))")
            }
            // A cancelled sleep is noticed at the top of the loop.
            try? await Task.sleep(for: .milliseconds(10))
        }
        guard child.exitCode == 0 else {
            // Otherwise every try would leave further processes behind.
            child.signalGroup(SIGKILL)
            throw DeliveryError("\(command[0]) ended with \(child.exitCode ?? -1)\(said(output))", isAboutMessage: true)
        }
    }

    /// Returns the variables with which a shell script can decide without reading JSON.
    private func environment(_ message: OutgoingMessage) -> [String: String] {
        var environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TOCSIN_ID": message.identity]
        switch message.content {
        case .notice(let notice):
            environment["TOCSIN_SITE"] = notice.site
            environment["TOCSIN_RULE"] = notice.alarm.rule
            environment["TOCSIN_HAZARD"] = notice.alarm.hazard
            environment["TOCSIN_LEVEL"] = notice.transition.to
            environment["TOCSIN_KIND"] = notice.transition.kind.rawValue
            environment["TOCSIN_SUMMARY"] = notice.summary
            environment["TOCSIN_ALARM"] = notice.alarm.id
            environment["TOCSIN_STATE"] = notice.alarm.state.rawValue
            // Empty if the message only keeps the destination up to date.
            environment["TOCSIN_POLICY"] = notice.step?.policy ?? ""
            environment["TOCSIN_STEP"] = notice.step.map { "\($0.step)" } ?? ""
            environment["TOCSIN_REASON"] = notice.step?.reason ?? ""
            environment["TOCSIN_REPETITION"] = notice.step.map { "\($0.repetition)" } ?? ""
        case .flood(let flood):
            environment["TOCSIN_SITE"] = flood.data.site
            environment["TOCSIN_LEVEL"] = flood.data.alarms.first?.level ?? ""
            environment["TOCSIN_KIND"] = "flood"
            environment["TOCSIN_SUMMARY"] = flood.data.summary
        case .unreadable: break
        }
        return environment.mapValues { String($0.filter { $0 != "\0" }) }
    }

    /// Returns the end of the program's output, for an operator who looks for the reason.
    private func said(_ output: borrowing NamelessFile) -> String {
        let text = String(decoding: output.end(200), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? "" : ": \(text)"
    }
}
