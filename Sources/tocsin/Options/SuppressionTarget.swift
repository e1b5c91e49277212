import ArgumentParser
import Gateway
internal import SiteConfiguration

/// The target that is taken out of service or put back: an alarm, a rule and a group where one may be raised, or a
/// sensor.
struct SuppressionTarget: ParsableArguments {
    @Argument(help: AlarmReference.help)
    var alarm: AlarmReference?

    @Option(help: ArgumentHelp("A device, instead of an alarm. No rule sees its readings.", valueName: "id"))
    var device: Name?

    @Option(help: ArgumentHelp("Only this quantity of the device.", valueName: "name"))
    var quantity: Name?

    func validate() throws {
        if (alarm == nil) == (device == nil) { throw ValidationError("Name an alarm, or a device with --device.") }
        if quantity != nil, device == nil { throw ValidationError("Name the device of --quantity with --device.") }
    }

    /// Sends a command about the target to the gateway, and prints the answer.
    /// - Throws: the exit code, after printing what is wrong.
    func send(_ verb: ControlRequest.Verb, _ options: OperatorOptions) throws {
        if let alarm { return try options.send(verb, alarm) }
        var request = options.request(verb, "")
        (request.device, request.quantity) = (device?.text, quantity?.text)
        try GatewayClient(path: options.config.place().control).send(request)
    }
}
