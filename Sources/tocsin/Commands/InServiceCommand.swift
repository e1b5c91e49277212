import ArgumentParser
import Gateway

struct InServiceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "in-service", abstract: "Put an alarm or a sensor back into service.",
        discussion: """
              tocsin in-service river-rising/franklintown
              tocsin in-service --device co-3
            """)

    @OptionGroup var target: SuppressionTarget
    @OptionGroup var options: OperatorOptions

    func run() throws { try target.send(.putBack, options) }
}
