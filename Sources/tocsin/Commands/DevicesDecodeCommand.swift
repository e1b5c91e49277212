import ArgumentParser
import Devices
import Foundation
import POSIX
import Telemetry

struct DevicesDecodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Show the readings that a profile makes of one payload.",
        discussion: """
            Reads the payload from standard input, or takes the bytes that a device has sent to a network server with \
            --hex and --port. A payload that is not JSON is shown as the JSON that it is rewritten as: pointers of the \
            profile point into that. Exits with 1 if a part of the payload cannot be read.

              mosquitto_sub -C 1 -t towers/t3 | tocsin devices decode rain-tower towers/t3
              tocsin devices decode milesight-em500-udl --hex 01756403820106 --port 85
            """)

    @Argument(help: "The name of the profile.")
    var profile: String

    @Argument(help: "The topic of the message. Without it: the first one of the profile.")
    var topic: String?

    @Option(help: "The device's key in the payload, if several devices share the topic.")
    var key: String?

    @Option(help: ArgumentHelp("The payload's bytes, instead of standard input.", valueName: "digits"))
    var hex: String?

    @Option(help: "The port of LoRaWAN that the bytes came on.")
    var port = 1

    @OptionGroup var options: ProfileOptions
    @OptionGroup var output: OutputOptions

    private struct Line: Encodable {
        var quantity: String
        var value: Double
        var unit: String
        var time: String
    }

    func run() throws {
        let profile = try options.read(named: profile)
        let arrival = SystemClock().now()
        guard let run = VectorRun(profile, topic: topic, key: key, payload: try payload(), arrival: arrival) else {
            let topics = profile.messages.map(\.topic.text).joined(separator: ", ")
            Terminal.complain("the topic \(topic ?? "") is not one of the profile's: \(topics)")
            throw ExitCode.failure
        }
        for reading in run.readings where output.json {
            Terminal.line(
                JSONText.line(
                    Line(
                        quantity: reading.quantity.name, value: reading.shown, unit: reading.unit.symbol,
                        time: reading.time.description)))
        }
        if !output.json { show(run, profile, arrival) }
        let problems = run.findings.description
        if !problems.isEmpty {
            Terminal.complain(problems)
            throw ExitCode.failure
        }
    }

    private func payload() throws -> ProfileVector.Payload {
        guard let hex else { return .whole(Array(FileHandle.standardInput.readDataToEndOfFile())) }
        guard let payload = ProfileVector.Payload(hex: hex, port: port) else {
            throw ValidationError("--hex is an even number of hexadecimal digits.")
        }
        return payload
    }

    private func show(_ run: VectorRun, _ profile: Profile, _ arrival: Instant) {
        if let document = run.document { Terminal.line(document) }
        let width = run.readings.map(\.quantity.name.count).max() ?? 0
        for reading in run.readings {
            let name = Terminal.padded(reading.quantity.name, width)
            let time = reading.time == arrival ? "" : "  at \(reading.time)"
            Terminal.line("\(name)  \(NumberText.short(reading.shown, reading.unit))\(time)")
        }
        if run.readings.isEmpty { Terminal.line("no readings") }
        for (quantity, reason) in run.passedOver { Terminal.line("no \(quantity): \(reason)") }
    }
}
