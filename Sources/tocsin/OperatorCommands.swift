import ArgumentParser
import Foundation
import Gateway
import Telemetry

/// What every command to a running gateway takes.
struct OrderOptions: ParsableArguments {
    @Argument(
        help:
            "The alarm as rule/group, or by its identity (see tocsin alarms), or by a beginning of it, up to the end of a part, that no other alarm has."
    )
    var alarm: String

    @Option(name: [.customShort("m"), .long], help: "What others should know.")
    var message = ""

    @Option(help: "Who you are, if not who the system says.")
    var name = ""

    @Option(name: .shortAndLong, help: ArgumentHelp("The configuration file of the gateway.", valueName: "file"))
    var config: String

    /// Sends an order through the control socket, and prints what came of it.
    func send(_ verb: ControlRequest.Verb, seconds: Double? = nil) throws {
        try ControlRequest(verb: verb, alarm: alarm, person: name, note: message, seconds: seconds).send(config: config)
    }
}

extension ControlRequest {
    /// Sends it to the gateway of a configuration, and prints what came of it.
    func send(config: String) throws {
        let configuration = try Failure.readConfiguration(config)
        let answer: ControlAnswer
        do {
            let socket = try ControlSocket.connect(to: configuration.controlSocket)
            socket.write(line: try JSONEncoder().encode(self))
            guard let line = socket.readLine(within: 10_000) else {
                Terminal.complain("the gateway gave no answer; see tocsin alarms")
                throw ExitCode.failure
            }
            answer = try JSONDecoder().decode(ControlAnswer.self, from: line)
        } catch let error as GatewayError {
            throw Failure.report(error)
        }
        guard answer.isDone else {
            Terminal.complain(answer.text)
            throw ExitCode.failure
        }
        Terminal.line(answer.text)
    }
}

struct AcknowledgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Takes an alarm on: others see who has it, and what they wrote.",
        discussion: """
            Reaches the running gateway through its control socket; who asks is who the system says you are. \
            A rise to a higher level asks for it anew.

              tocsin ack river-rising/franklintown -m "crew on the way" -c tocsin.yaml
            """)

    @OptionGroup var order: OrderOptions

    func run() throws { try order.send(.acknowledge) }
}

struct ShelveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shelve", abstract: "Puts an alarm aside for a time, with a reason: nobody is told of it until then.",
        discussion: """
            It is recorded all the same, and comes back by itself. A week is the longest.

              tocsin shelve river-rising/franklintown 2h -m "the gauge is being cleaned" -c tocsin.yaml
            """)

    @OptionGroup var order: OrderOptions

    @Argument(help: "For how long: 30m, 2h, 1d.")
    var time: String

    func validate() throws {
        if TimeSpan(text: time) == nil { throw ValidationError("'\(time)' is no length of time such as 30m, 2h or 1d.") }
        if order.message.isEmpty { throw ValidationError("Say why, with -m: others must know.") }
    }

    func run() throws { try order.send(.shelve, seconds: TimeSpan(text: time)?.seconds) }
}

struct UnshelveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "unshelve", abstract: "Takes an alarm back that was shelved.")

    @OptionGroup var order: OrderOptions

    func run() throws { try order.send(.unshelve) }
}

struct OutOfServiceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "out-of-service", abstract: "Takes an alarm out of service until someone puts it back: a sensor that is broken.",
        discussion: """
            Nobody is told of it until then; it is recorded all the same, and tocsin alarms shows it. An alarm that is \
            not active is named by its rule and its group.

              tocsin out-of-service river-rising/franklintown -m "the gauge was washed away" -c tocsin.yaml
            """)

    @OptionGroup var order: OrderOptions

    func validate() throws {
        if order.message.isEmpty { throw ValidationError("Say why, with -m: others must know.") }
    }

    func run() throws { try order.send(.takeOutOfService) }
}

struct InServiceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "in-service", abstract: "Puts an alarm back that was taken out of service.")

    @OptionGroup var order: OrderOptions

    func run() throws { try order.send(.putBack) }
}
