import ArgumentParser
import Gateway
import Telemetry

struct ShelveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shelve", abstract: "Shelve an alarm for a time.",
        discussion: """
            Nobody is notified of a shelved alarm. It is still recorded, and comes back by itself. The longest time is \
            a week; for longer, use tocsin out-of-service.

              tocsin shelve 17 2h -m "the gauge is being cleaned"
              tocsin shelve river-rising/franklintown 1d -m "the gauge is being replaced"
            """)

    @OptionGroup var target: AlarmArgument

    @Argument(help: ArgumentHelp("How long: 30m, 2h or 1d.", valueName: "time"))
    var span: TimeSpan

    @OptionGroup var options: OperatorOptions

    func validate() throws { try options.requireReason() }

    func run() throws { try options.send(.shelve, target.alarm, for: span) }
}
