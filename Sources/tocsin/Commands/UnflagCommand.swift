import ArgumentParser
import Gateway
internal import SiteConfiguration

struct UnflagCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unflag",
        abstract: "Withdraw a flag that a person has set.",
        discussion: """
            The readings have the flags of the quality tests again, or an earlier flag of a person. tocsin flags shows \
            the numbers.

              tocsin unflag 3 -m "it was the next gauge"
            """)

    @Argument(help: "The flag's number.")
    var number: Int64

    @OptionGroup var options: OperatorOptions

    func validate() throws { try options.requireReason() }

    func run() throws {
        var request = options.request(.unflag, "")
        request.number = number
        try GatewayClient(path: options.config.place().control).send(request)
    }
}
