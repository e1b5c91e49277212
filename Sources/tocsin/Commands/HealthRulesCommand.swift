internal import AlarmModel
import ArgumentParser
import Diagnostics
import Gateway
internal import SiteConfiguration

struct HealthRulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health-rules",
        abstract: "Print the built-in rules that watch the gateway.",
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
        Terminal.write(String(HealthRules.file(ladder: ladder).text.dropLast()))
    }
}
