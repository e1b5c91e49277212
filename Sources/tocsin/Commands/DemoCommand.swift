import ArgumentParser
import Demo
import Foundation

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Play a demonstration: an earthquake, a fire and two floods.",
        discussion: """
            Starts a mosquitto on a free port of this machine and a gateway beside it, and sends recordings of real \
            sensors and a simulated fleet through them, faster than they happened. The gateway runs on the recordings' \
            clock. The summary says where the store and the logs are kept.

            Exits with 0 only if the flood and the earthquake were escalated and nothing was lost.

              tocsin demo
              tocsin demo --seconds 300 --output demo-files
            """)

    @Option(
        help: ArgumentHelp(
            "The folder with Demo, Devices and Rules. Without it: this folder, or the one that tocsin was built in.",
            valueName: "folder"), completion: .directory)
    var files: String?

    @Option(
        help: ArgumentHelp(
            "The folder to keep the store and the logs in. Without it: a new temporary folder.", valueName: "folder"),
        completion: .directory)
    var output: String?

    @Option(help: ArgumentHelp("The length of the demonstration, from 20 to 600 seconds.", valueName: "count"))
    var seconds: Double = 70

    func validate() throws {
        guard (20...600).contains(seconds) else { throw ValidationError("--seconds must be from 20 to 600.") }
    }

    func run() async throws {
        let folder = try makeFolder()
        let demonstration: Demonstration
        do {
            demonstration = try Demonstration(files: try findFiles(), folder: folder, seconds: seconds)
        } catch {
            throw Failure.report(error)
        }
        let screen = DemoScreen(paint: Terminal.outputPaint, isTerminal: isatty(STDOUT_FILENO) != 0)
        screen.begin()
        let drawing = Task {
            while !Task.isCancelled {
                screen.show(demonstration.snapshot)
                // A cancelled sleep ends the loop.
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
            Terminal.complain(
                "\(path) has the store of an earlier run, which is kept: name another folder with --output")
            throw ExitCode.failure
        }
        return path
    }

    private func findFiles() throws -> String {
        // Without /proc, use the name with which the command was started.
        let executable =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        var candidates =
            files.map { [URL(fileURLWithPath: $0).standardizedFileURL.path] } ?? [
                FileManager.default.currentDirectoryPath
            ]
        if files == nil {
            // Search upwards from the build folder to the checkout.
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
            "The files of the demonstration are not here: run it in the checkout, or name their folder with --files.")
    }
}
