internal import AlarmModel
import ArgumentParser
import Diagnostics
import Gateway
internal import SiteConfiguration

struct HealthRulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health-rules",
        abstract: "Print the built-in rules that watch the gateway and its devices.",
        discussion: """
            A rule in your rule files replaces the built-in one of the same name; the others stay in force. \
            `health: { rules: none }` in the configuration turns all of them off.

              tocsin health-rules > rules/gateway.yaml
            """)

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The configuration file that has the names of the levels.", valueName: "file"),
        completion: .file())
    var config: String?

    func run() throws {
        let ladder = try config.map { try Failure.readConfiguration($0).ladder } ?? Ladder.standard
        // All of them in one file: the device rules of the others follow those of the first.
        let files = [HealthRules.file(ladder: ladder)] + HealthRules.deviceFiles(ladder: ladder, for: nil)
        let heading = "hazard: gateway\nrules:\n"
        Terminal.write(
            files[0].text
                + files.dropFirst().map { $0.text.dropFirst(heading.count).dropLast() }.joined(separator: "\n"))
    }
}
