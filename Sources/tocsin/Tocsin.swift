import ArgumentParser
import Foundation

@main
enum Program {
    static func main() async {
        // Swift reads the command line from /proc. Without /proc every command would look like one without arguments,
        // which succeeds.
        guard !CommandLine.arguments.isEmpty else {
            Terminal.complain(
                "/proc is not there, so the command line cannot be read: mount it (mount -t proc proc /proc)"
            )
            exit(71)
        }
        await Tocsin.main()
    }
}

struct Tocsin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tocsin",
        abstract: "Watch hazards beside their sensors: readings in over MQTT, alarms and escalations out.",
        discussion: """
            Commands print times in the site's local time, and one JSON object per line with --json. tocsin help \
            COMMAND explains a command; /usr/share/doc/tocsin and the man pages have more.

            Shell completions:

              tocsin --generate-completion-script bash > ~/.local/share/bash-completion/completions/tocsin

            Exit codes: 0 success; 1 something was found or went wrong, and was printed; 64 the command line has a \
            mistake; 66 a file that was named does not exist; 78 the configuration, the devices or the rules have \
            mistakes, and nothing runs.
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Gateway",
                subcommands: [DemoCommand.self, CheckCommand.self, ExplainCommand.self, RunCommand.self]),
            CommandGroup(
                name: "Situation",
                subcommands: [
                    AlarmsCommand.self, TailCommand.self, HistoryCommand.self, SensorsCommand.self,
                    QualityCommand.self, FlagsCommand.self,
                    RefusedCommand.self, OutboxCommand.self,
                ]),
            CommandGroup(
                name: "Operator",
                subcommands: [
                    AckCommand.self, ShelveCommand.self, UnshelveCommand.self, OutOfServiceCommand.self,
                    InServiceCommand.self, FlagCommand.self, UnflagCommand.self,
                ]),
            CommandGroup(
                name: "Store and audit", subcommands: [AuditCommand.self, StoreCommand.self]),
            CommandGroup(
                name: "Rule writing", subcommands: [HealthRulesCommand.self, SchemaCommand.self]),
            CommandGroup(name: "Devices", subcommands: [DevicesCommand.self, DiscoverCommand.self]),
        ])
}
