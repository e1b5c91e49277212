import ArgumentParser
import Gateway
internal import SiteConfiguration
import Store
import Telemetry

/// The options of each command to a running gateway.
struct OperatorOptions: ParsableArguments {
    @Option(
        name: [.customShort("m"), .long],
        help: ArgumentHelp("What others should know. It is recorded, and shown to them.", valueName: "text"))
    var message = ""

    @Option(help: ArgumentHelp("Your name, if it is not the name of your account.", valueName: "name"))
    var name = ""

    @OptionGroup var config: ConfigOption

    /// - Throws: `ValidationError` if the message is missing.
    func requireReason() throws {
        if message.isEmpty { throw ValidationError("Give the reason, so that others know it: -m \"…\".") }
    }

    /// Sends a command about an alarm to the gateway, and prints the answer.
    /// - Parameter span: how long a suppression lasts.
    /// - Throws: the exit code, after printing what is wrong.
    func send(_ verb: ControlRequest.Verb, _ alarm: AlarmReference, for span: TimeSpan? = nil) throws {
        let place = try config.place()
        let identity: String
        switch alarm {
        case .name(let name): identity = name
        case .number:
            // The gateway does not know the numbers; the store does.
            identity = try AlarmTargets(opening: place.store).one(alarm)
        }
        try GatewayClient(path: place.control).send(
            request(verb, identity, for: span), about: alarm.number.map { "\($0)" })
    }

    func request(_ verb: ControlRequest.Verb, _ alarm: String, for span: TimeSpan? = nil) -> ControlRequest {
        ControlRequest(verb: verb, alarm: alarm, person: name, note: message, seconds: span?.seconds)
    }
}
