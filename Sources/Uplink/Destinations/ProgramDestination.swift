package import Escalation
internal import Foundation
internal import POSIX
package import Telemetry

/// Runs a local program for each escalation, with its JSON on standard input: a siren's relay, a lamp, a script.
///
/// It has taken the escalation over if it ends with 0 within its time; otherwise it is run again, with the same
/// identity. It sees an environment of its own, and when its time is over it is ended with all that it has started.
package struct ProgramDestination: Destination {
    package let name: String
    private let command: [String]
    /// It ends the program itself, and says what that has said.
    package var timeout: TimeSpan { limit + .seconds(5) }
    private let limit: TimeSpan
    /// What it writes lies in memory. What it leaves running when it ends well may go on writing there.
    private static let outputBytesMax = 1 << 24

    /// - Parameters:
    ///   - command: the program, by its whole path, and its arguments.
    ///   - timeout: how long it may take.
    package init(name: String, command: [String], timeout: TimeSpan) {
        self.name = name
        self.command = command
        limit = timeout
    }

    package func deliver(_ escalation: Escalation, after earlier: [Escalation]) async throws {
        let input = try NamelessFile(Data((escalation.payload + "\n").utf8))
        let output = try NamelessFile()
        let child: Subprocess
        do {
            child = try Subprocess(
                command[0], Array(command.dropFirst()), input: input.descriptor, output: output.descriptor,
                environment: environment(escalation))
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
            try? await Task.sleep(for: .milliseconds(10))
        }
        guard child.exitCode == 0 else {
            // What it has left behind would be there as often as it is tried again.
            child.signalGroup(SIGKILL)
            throw DeliveryError("\(command[0]) ended with \(child.exitCode ?? -1)\(said(output))", isAboutMessage: true)
        }
    }

    /// What a shell script needs to decide without reading JSON.
    private func environment(_ escalation: Escalation) -> [String: String] {
        var environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TOCSIN_ID": escalation.identity]
        if let message = CloudEvent.read(escalation.payload)?.data {
            environment["TOCSIN_SITE"] = message.site
            environment["TOCSIN_RULE"] = message.alarm.rule
            environment["TOCSIN_HAZARD"] = message.alarm.hazard
            environment["TOCSIN_LEVEL"] = message.transition.to
            environment["TOCSIN_KIND"] = message.transition.kind
            environment["TOCSIN_SUMMARY"] = message.summary
            environment["TOCSIN_ALARM"] = message.alarm.id
            environment["TOCSIN_STATE"] = message.alarm.state
            // Empty where it is kept up to date, and no step has come.
            environment["TOCSIN_POLICY"] = message.escalation?.policy ?? ""
            environment["TOCSIN_STEP"] = message.escalation.map { "\($0.step)" } ?? ""
            environment["TOCSIN_REASON"] = message.escalation?.reason ?? ""
            environment["TOCSIN_REPETITION"] = message.escalation.map { "\($0.repetition)" } ?? ""
        } else if let flood = FloodMessage.read(escalation.payload) {
            environment["TOCSIN_SITE"] = flood.data.site
            environment["TOCSIN_LEVEL"] = flood.data.alarms.first?.level ?? ""
            environment["TOCSIN_KIND"] = "flood"
            environment["TOCSIN_SUMMARY"] = flood.data.summary
        }
        return environment.mapValues { String($0.filter { $0 != "\0" }) }
    }

    /// The end of what it wrote, for the operator who looks why.
    private func said(_ output: borrowing NamelessFile) -> String {
        let text = String(decoding: output.end(200), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? "" : ": \(text)"
    }
}
