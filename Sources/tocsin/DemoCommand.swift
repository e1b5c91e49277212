import ArgumentParser
import Demo
import Foundation

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Plays an earthquake, a works on fire and two floods through a gateway and a broker of its own.",
        discussion: """
            Starts a mosquitto on a free loopback port in a temporary folder, and a gateway against it, and sends \
            recordings of real sensors and a simulated fleet through MQTT, speeded up. The gateway runs on the \
            scenario's clock. Database and logs stay where the summary says.

            Exits with 0 only if the flood and the earthquake were escalated and nothing was lost.
            """)

    @Option(
        help: ArgumentHelp(
            "The folder with Demo, Devices and Rules; default: here, or where tocsin was built.", valueName: "folder"))
    var files: String?

    @Option(
        help: ArgumentHelp(
            "Where the database and the logs are left; default: a new temporary folder.", valueName: "folder"))
    var output: String?

    @Option(help: "How many seconds the scenario takes, from 20 to 600.")
    var seconds: Double = 70

    func validate() throws {
        guard (20...600).contains(seconds) else { throw ValidationError("--seconds is from 20 to 600.") }
    }

    func run() async throws {
        let folder = try makeFolder()
        let demonstration: Demonstration
        do {
            demonstration = try Demonstration(files: try findFiles(), folder: folder, seconds: seconds)
        } catch {
            throw Failure.report(error)
        }
        let screen = DemoScreen(colour: Terminal.hasColour(STDOUT_FILENO), isTerminal: isatty(STDOUT_FILENO) != 0)
        screen.begin()
        let drawing = Task {
            while !Task.isCancelled {
                screen.show(demonstration.snapshot)
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
        let result: DemonstrationResult
        do {
            result = try await demonstration.run()
        } catch {
            drawing.cancel()
            await drawing.value
            throw Failure.report(error)
        }
        drawing.cancel()
        await drawing.value
        screen.end(demonstration.snapshot, result, folder: folder)
        if !result.isSuccess { throw ExitCode.failure }
    }

    private func makeFolder() throws -> String {
        let path =
            output.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
            ?? FileManager.default.temporaryDirectory.appendingPathComponent(
                "tocsin-demo-\(ProcessInfo.processInfo.processIdentifier)"
            )
            .path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        if FileManager.default.fileExists(atPath: path + "/tocsin.db") {
            Terminal.complain("\(path) holds the store of an earlier run: name another folder")
            throw ExitCode.failure
        }
        return path
    }

    private func findFiles() throws -> String {
        let executable =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        var candidates =
            files.map { [URL(fileURLWithPath: $0).standardizedFileURL.path] } ?? [
                FileManager.default.currentDirectoryPath
            ]
        if files == nil {
            // Upwards from the build folder to the checkout.
            var folder = URL(fileURLWithPath: executable).deletingLastPathComponent()
            for _ in 0..<5 {
                candidates.append(folder.path)
                folder = folder.deletingLastPathComponent()
            }
            candidates.append("/usr/share/tocsin")
        }
        if let found = candidates.first(where: { FileManager.default.fileExists(atPath: $0 + "/Demo/site.yaml") }) {
            return found
        }
        throw ValidationError(
            "The demo's files are not here: run it in the checkout, or name their folder with --files.")
    }
}
