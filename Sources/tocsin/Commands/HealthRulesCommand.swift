internal import AlarmModel
import ArgumentParser
import Diagnostics
import Gateway
internal import SiteConfiguration

struct HealthRulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health-rules",
        abstract: "Prints the rules by which the gateway watches over itself, to be changed.",
        discussion: """
              tocsin health-rules > rules/gateway.yaml

            A rule in the rule files takes the place of the built-in one of the same name; those that are left out stay in force.
            With `health: { rules: none }` in the configuration none is.
            """)

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The configuration file, for the names of its levels.", valueName: "file"))
    var config: String?

    func run() throws {
        let ladder = try config.map { try Failure.readConfiguration($0).ladder } ?? Ladder.standard
        Terminal.write(String(HealthRules.file(ladder: ladder).text.dropLast()))
    }
}
