import Demo
import Foundation
import POSIX

/// Runs `tocsin run` as its own process, over files in a temporary folder. Tests kill it, signal it and restart it.
package final class GatewayProcess: @unchecked Sendable {
    // Unchecked: driven by the one task of its test.
    package let folder: TemporaryFolder
    private let brokerPort: Int
    private var process: Subprocess?

    package static let rules = """
        hazard: flood
        rules:
          - name: high-water
            summary: "{station}: water at {level}"
            for_each: station
            let: { level: "mean(water_level, 10m)" }
            levels: { watch: level > 2 m, warning: level > 3 m }
            clear: level < 1 m

        """

    /// Prepares the files.
    /// - Parameters:
    ///   - health: the interval of its reports about itself; long, if a test counts readings.
    ///   - upstreamPort: the port to which the destination `upstream` publishes; `nil` for the same broker.
    package init(
        brokerPort: Int, upstreamPort: Int? = nil, devices: Int = 3, rules: String = rules, broker: String = "",
        store: String = "",
        destinations: String = "", policies: String? = nil, health: String = "1h", more: String = ""
    ) throws {
        self.brokerPort = brokerPort
        folder = try TemporaryFolder()
        try folder.write("profiles/test.yaml", SmallSite.profile)
        try folder.write("site.yaml", SmallSite.inventory(devices))
        try folder.write("rules/rules.yaml", rules)
        try folder.write(
            "tocsin.yaml",
            """
            site: site.yaml
            profiles: profiles
            rules: rules
            log_level: debug
            health: { every: \(health) }
            broker: { host: 127.0.0.1, port: \(brokerPort), client_id: gateway\(broker) }
            store: { path: data/t.db, commit_delay: 20ms\(store) }
            destinations:
              - name: upstream
                kind: mqtt
                topic: "up/{site}/{rule}/{group}/{level}"
                broker: { host: 127.0.0.1, port: \(upstreamPort ?? brokerPort) }
              - { name: file, kind: log, file: escalations.jsonl }
            \(destinations)
            \(more)
            """)
        if let policies { try folder.write("rules/policies.yaml", policies) }
    }

    deinit { kill() }

    package var storePath: String { folder.file("data/t.db") }
    package var log: String { (try? String(contentsOfFile: folder.file("log"), encoding: .utf8)) ?? "" }
    package var isRunning: Bool { process?.isRunning ?? false }

    package func start() throws {
        // A process that dies must be gone at once, and not write about it for some seconds.
        let environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { _, new in new
        }
        process = try Subprocess(
            TocsinBinary.path, ["run", "--config", folder.file("tocsin.yaml")], output: folder.file("log"),
            errors: folder.file("log"),
            environment: environment)
    }

    /// Starts the process and waits until it is connected once more than before.
    package func startConnected() async throws {
        let before = connections
        try start()
        try await eventually("the gateway connects: \(log)") { self.connections > before }
    }

    /// The process's memory, if the system reports it.
    package var residentMegabytes: Int? { megabytes("VmRSS:") }
    /// The largest memory of the process so far.
    package var peakMegabytes: Int? { megabytes("VmHWM:") }

    private func megabytes(_ name: String) -> Int? {
        guard let process,
            let text = try? String(contentsOfFile: "/proc/\(process.identifier)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) })
        else { return nil }
        return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 / 1024 }
    }

    package var connections: Int { log.components(separatedBy: "connected to the broker").count - 1 }

    package func signal(_ number: Int32) { process?.signal(number) }

    package func kill() {
        signal(SIGKILL)
        process?.wait()
    }

    /// Sends SIGTERM, and returns the exit code.
    package func stop() -> Int32 {
        signal(SIGTERM)
        return process?.wait() ?? -1
    }
}

/// The command that was built with the tests.
package enum TocsinBinary {
    /// The path of the command that was built with the tests, or the one that `TOCSIN` names.
    package static let path = ProcessInfo.processInfo.environment["TOCSIN"] ?? built("tocsin")

    /// Returns the path of a program that was built with the tests.
    package static func built(_ name: String) -> String {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path
    }

    /// Runs a command to its end. Returns its standard output, standard error and exit code.
    /// - Parameters:
    ///   - environment: its variables beside this process's own.
    ///   - folder: its working folder.
    package static func run(
        _ arguments: [String], environment: [String: String] = [:],
        folder: String = FileManager.default.currentDirectoryPath
    ) throws -> (output: String, errors: String, code: Int32) {
        let scratch = try TemporaryFolder()
        let process = try Subprocess(
            "/usr/bin/env", ["-C", folder] + environment.map { "\($0)=\($1)" } + [path] + arguments,
            output: scratch.file("out"),
            errors: scratch.file("err"))
        let code = process.wait()
        return (
            try String(contentsOfFile: scratch.file("out"), encoding: .utf8),
            try String(contentsOfFile: scratch.file("err"), encoding: .utf8), code
        )
    }
}
