import ArgumentParser
import Foundation
import Gateway
internal import Pipeline
internal import SiteConfiguration
import Store
import Telemetry

/// What every command to a running gateway takes.
struct CommandOptions: ParsableArguments {
    @Option(name: [.customShort("m"), .long], help: "What others should know.")
    var message = ""

    @Option(help: "Who you are, if not who the system says.")
    var name = ""

    @OptionGroup var config: ConfigOption

    /// Sends an order through the control socket, and prints what came of it.
    func send(_ verb: ControlRequest.Verb, _ alarm: String, seconds: Double? = nil) throws {
        let place = try config.place()
        var identity = alarm
        // The gateway knows no numbers: the store does.
        if Int(alarm) != nil {
            do {
                identity = try AlarmTargets(StoreReader(path: place.store)).one(alarm)
            } catch let error as StoreError {
                throw Failure.report(error, about: place.store)
            }
        }
        try request(verb, identity, seconds: seconds).send(to: place.control, number: Int(alarm) == nil ? nil : alarm)
    }

    func request(_ verb: ControlRequest.Verb, _ alarm: String, seconds: Double? = nil) -> ControlRequest {
        ControlRequest(verb: verb, alarm: alarm, person: name, note: message, seconds: seconds)
    }
}

/// An alarm, or a place where there may be one.
struct AlarmArgument: ParsableArguments {
    @Argument(help: "The alarm: its number, rule/group, its identity, or a beginning of one up to the end of a part.")
    var alarm: String
}

extension ControlRequest {
    /// Sends it to the gateway that answers at a socket, and waits for what it says.
    /// - Returns: `nil` where no answer comes in time.
    /// - Throws: ``GatewayError`` where no gateway is there.
    func ask(_ path: String, within milliseconds: Int32) throws -> ControlAnswer? {
        let socket = try ControlSocket.connect(to: path)
        socket.write(line: try JSONEncoder().encode(self))
        return try socket.readLine(within: milliseconds).map { try JSONDecoder().decode(ControlAnswer.self, from: $0) }
    }

    /// Sends it to the gateway that answers at a socket, and prints what came of it.
    /// - Parameter number: the alarm's number, to stand before the answer.
    func send(to path: String, number: String? = nil) throws {
        let answer: ControlAnswer
        do {
            guard let said = try ask(path, within: 10_000) else {
                Terminal.complain("the gateway gave no answer; see tocsin alarms")
                throw ExitCode.failure
            }
            answer = said
        } catch let error as GatewayError {
            throw Failure.report(error, about: path)
        }
        let text = number.map { "\($0) \(answer.text)" } ?? answer.text
        guard answer.isDone else {
            Terminal.complain(text)
            throw ExitCode.failure
        }
        Terminal.line(text)
    }
}

struct AcknowledgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Acknowledge alarms: others see who has them, and what they wrote.",
        discussion: """
            Reaches the running gateway through its control socket; who asks is who the system says you are. \
            A rise to a higher level has to be acknowledged again. rule/group is the active alarm there, with those before it that \
            ended unacknowledged; in a pattern * stands for a part of a name.

              tocsin ack 17 -m "crew on the way"
              tocsin ack river-rising/franklintown 18 19
              tocsin ack 'river-rising/*'
              tocsin ack --ended -m "seen in the morning"
            """)

    @Argument(help: "Alarms: numbers, rule/group, identities, or patterns such as 'river-rising/*'.")
    var alarms: [String] = []

    @Flag(help: "Every alarm that waits to be acknowledged.")
    var all = false

    @Flag(help: "Every alarm that has ended and still waits to be acknowledged.")
    var ended = false

    @OptionGroup var order: CommandOptions

    func validate() throws {
        if alarms.isEmpty, !all, !ended { throw ValidationError("Name the alarms, or say --ended or --all.") }
        if !alarms.isEmpty, all || ended {
            throw ValidationError("Name alarms, or say --ended or --all, and not both.")
        }
    }

    func run() throws {
        let place = try order.config.place()
        let reader: StoreReader
        do {
            reader = try StoreReader(path: place.store)
        } catch {
            throw Failure.report(error, about: place.store)
        }
        let waiting = try reader.alarms().map(AlarmView.init).filter { ["unacknowledged", "returned"].contains($0.state) }
        var wanted = waiting.filter { all || ended && $0.cleared != nil }
        for name in alarms {
            for alarm in try AlarmTargets(reader).unacknowledged(name, among: waiting)
            where !wanted.contains(where: { $0.id == alarm.id }) {
                wanted.append(alarm)
            }
        }
        if wanted.isEmpty { return Terminal.line("no alarm waits to be acknowledged") }
        var hasFailed = false
        // The oldest first: what came before is acknowledged before what stands now.
        for alarm in wanted.sorted(by: { ($0.raised, $0.id) < ($1.raised, $1.id) }) {
            do {
                try order.request(.acknowledge, alarm.id).send(to: place.control, number: AlarmSheet.name(alarm))
            } catch {
                hasFailed = true
            }
        }
        if hasFailed { throw ExitCode.failure }
    }
}

struct ShelveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shelve", abstract: "Shelve an alarm for a time, with a reason: nobody is told of it until then.",
        discussion: """
            It is recorded all the same, and comes back by itself. A week is the longest.

              tocsin shelve river-rising/franklintown 2h -m "the gauge is being cleaned"
            """)

    @OptionGroup var place: AlarmArgument

    @Argument(help: "For how long: 30m, 2h, 1d.")
    var time: String

    @OptionGroup var order: CommandOptions

    func validate() throws {
        if TimeSpan(text: time) == nil {
            throw ValidationError("'\(time)' is no length of time such as 30m, 2h or 1d.")
        }
        if order.message.isEmpty { throw ValidationError("Say why, with -m: others must know.") }
    }

    func run() throws { try order.send(.shelve, place.alarm, seconds: TimeSpan(text: time)?.seconds) }
}

struct UnshelveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unshelve", abstract: "Put an alarm back that was shelved.")

    @OptionGroup var place: AlarmArgument
    @OptionGroup var order: CommandOptions

    func run() throws { try order.send(.unshelve, place.alarm) }
}

/// An alarm, a place where there may be one, or a sensor.
struct PlaceOptions: ParsableArguments {
    @Argument(help: "The alarm: its number, rule/group, its identity, or a beginning of one up to the end of a part.")
    var alarm: String?

    @Option(help: ArgumentHelp("A device in the place of an alarm: no rule sees its readings.", valueName: "id"))
    var device: String?

    @Option(help: ArgumentHelp("Only this quantity of the device.", valueName: "name"))
    var quantity: String?

    func validate() throws {
        if (alarm == nil) == (device == nil) { throw ValidationError("Name an alarm, or a --device.") }
        if quantity != nil, device == nil { throw ValidationError("--quantity is one of a --device.") }
    }

    func send(_ verb: ControlRequest.Verb, _ order: CommandOptions) throws {
        if let alarm { return try order.send(verb, alarm) }
        var request = order.request(verb, "")
        (request.device, request.quantity) = (device, quantity)
        try request.send(to: try order.config.place().control)
    }
}

struct OutOfServiceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "out-of-service",
        abstract: "Take an alarm, or a sensor, out of service until someone puts it back.",
        discussion: """
            Nobody is told of the alarm until then; it is recorded all the same, and tocsin alarms shows it. An alarm that is \
            not active is named by its rule and its group. Of a sensor in maintenance the readings are kept and no rule sees them: \
            votes and averages go on with the others, and the summary says so.

              tocsin out-of-service river-rising/franklintown -m "the gauge was washed away"
              tocsin out-of-service --device co-3 -m "being calibrated"
            """)

    @OptionGroup var place: PlaceOptions
    @OptionGroup var order: CommandOptions

    func validate() throws {
        if order.message.isEmpty { throw ValidationError("Say why, with -m: others must know.") }
    }

    func run() throws { try place.send(.takeOutOfService, order) }
}

struct InServiceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "in-service", abstract: "Put an alarm, or a sensor, back that was taken out of service.",
        discussion: """
              tocsin in-service river-rising/franklintown
              tocsin in-service --device co-3
            """)

    @OptionGroup var place: PlaceOptions
    @OptionGroup var order: CommandOptions

    func run() throws { try place.send(.putBack, order) }
}
