import ArgumentParser
import Gateway

struct UnshelveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unshelve", abstract: "End the shelving of an alarm before its time.",
        discussion: """
              tocsin unshelve 17
            """)

    @OptionGroup var target: AlarmArgument
    @OptionGroup var options: OperatorOptions

    func run() throws { try options.send(.unshelve, target.alarm) }
}
