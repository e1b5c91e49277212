import ArgumentParser
import Devices
import Telemetry

struct DevicesListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the device profiles with what they measure.")

    @OptionGroup var options: ProfileOptions
    @OptionGroup var output: OutputOptions

    private struct Line: Encodable {
        var profile: String
        var summary: String
        var topics: [String]
        var quantities: [String]
        var vectors: Int
        var sources: [String]
    }

    func run() throws {
        let profiles = try options.read()
        if output.json {
            for profile in profiles {
                Terminal.line(
                    JSONText.line(
                        Line(
                            profile: profile.name, summary: profile.summary,
                            topics: profile.messages.map(\.topic.text),
                            quantities: profile.fields.filter(\.source.isInPayload).map(\.quantity.name),
                            vectors: profile.vectors.count, sources: profile.sources)))
            }
            return
        }
        let width = profiles.map(\.name.count).max() ?? 0
        for profile in profiles {
            let name = Terminal.padded(profile.name, width)
            Terminal.line(Terminal.cut("\(name)  \(profile.summary)", to: Terminal.width))
        }
    }
}
