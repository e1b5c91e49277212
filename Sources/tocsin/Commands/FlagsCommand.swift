import ArgumentParser
import Devices
import Store
import Telemetry

struct FlagsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flags",
        abstract: "Show which readings persons have flagged, and why.",
        discussion: """
            The newest flag comes first. Where two overlap, the newer one counts.

              tocsin flags
              tocsin flags --device gauge-07 --all
              tocsin flags --json | jq .reason
            """)

    @OptionGroup var options: StoreOptions
    @OptionGroup var times: TimeOptions

    @Option(help: ArgumentHelp("Show only flags of this device.", valueName: "id"))
    var device: Name?

    @Flag(help: "Show also the flags that were withdrawn.")
    var all = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        let store = try options.open()
        let clock = times.clock(store)
        let spans = try store.reader.flaggedSpans().reversed().filter {
            (all || $0.withdrawn == nil) && (device == nil || $0.device == device?.text)
        }
        if output.json {
            for span in spans { Terminal.line(JSONText.line(FlagLine(span))) }
            return
        }
        if spans.isEmpty { return Terminal.line("no readings are flagged by persons") }
        let width = spans.map { "\($0.number)".count }.max() ?? 1
        for span in spans {
            let number = String(repeating: " ", count: width - "\(span.number)".count) + "\(span.number)"
            let sensor = "\(span.device)/\(span.quantity ?? "all")"
            let time = "\(clock.local(span.start)) to \(clock.local(span.end))"
            Terminal.line("\(number)  \(sensor)  \(time)  \(span.flag.name)")
            let indent = String(repeating: " ", count: width + 2)
            Terminal.line("\(indent)\(clock.local(span.note.time)) \(span.note.person): \(span.note.reason)")
            if let withdrawn = span.withdrawn {
                Terminal.line(
                    "\(indent)withdrawn \(clock.local(withdrawn.time)) \(withdrawn.person): \(withdrawn.reason)")
            }
        }
    }
}

/// A span that a person has flagged, as `tocsin flags --json` shows it. Times are RFC 3339 in UTC.
private struct FlagLine: Encodable {
    var number: Int64
    var device: String
    /// Missing for all quantities of the device.
    var quantity: String?
    var from: String
    var to: String
    var flag: String
    var person: String
    var time: String
    var reason: String
    var withdrawn: String?
    var withdrawnBy: String?
    var withdrawnReason: String?

    init(_ span: FlaggedSpan) {
        (number, device, quantity) = (span.number, span.device, span.quantity)
        (from, to, flag) = (span.start.description, span.end.description, span.flag.name)
        (person, time, reason) = (span.note.person, span.note.time.description, span.note.reason)
        withdrawn = span.withdrawn?.time.description
        (withdrawnBy, withdrawnReason) = (span.withdrawn?.person, span.withdrawn?.reason)
    }
}
