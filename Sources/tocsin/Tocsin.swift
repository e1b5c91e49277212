import ArgumentParser
import Foundation

@main
enum Program {
    static func main() async {
        // Swift reads the command line from /proc. Without it every command would be the one without arguments, which
        // succeeds.
        guard !CommandLine.arguments.isEmpty else {
            Terminal.complain(
                "/proc is not there, and without it the command line cannot be read: mount it (mount -t proc proc /proc)"
            )
            exit(71)
        }
        await Tocsin.main()
    }
}

struct Tocsin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tocsin",
        abstract: "Watches hazards beside their sensors: MQTT in, rules over windows, escalations out.",
        discussion: """
            A first look:          tocsin demo
            Check your files:      tocsin check --config tocsin.yaml
            What a rule does:      tocsin explain river-rising
            Run the gateway:       tocsin run
            Follow the alarms:     tocsin tail, alarms, history
            Work with them:        tocsin ack, shelve, unshelve, out-of-service, in-service
            The sensors:           tocsin sensors, refused
            The deliveries:        tocsin outbox
            Show what happened:    tocsin audit verify, audit export; look at the disk: tocsin store check

            Shell completions:     tocsin --generate-completion-script bash > ~/.local/share/bash-completion/completions/tocsin

            Exit codes: 0 all is well; 1 something was found (by check) or went wrong, and was said; 64 the command line is \
            wrong; 66 a file that was named is not there; 78 nothing runs, because the configuration, the devices or the rules have mistakes.
            """,
        version: "0.1.0",
        subcommands: [
            RunCommand.self, CheckCommand.self, ExplainCommand.self, TailCommand.self, AlarmsCommand.self,
            HistoryCommand.self,
            AcknowledgeCommand.self, ShelveCommand.self, UnshelveCommand.self, OutOfServiceCommand.self,
            InServiceCommand.self,
            OutboxCommand.self, SensorsCommand.self, RefusedCommand.self, AuditCommand.self, StoreCommand.self,
            HealthRulesCommand.self,
            SchemaCommand.self, DemoCommand.self,
        ])
}
