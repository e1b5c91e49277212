import ArgumentParser
import Store

struct RefusedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refused", abstract: "Show payloads that could not be read completely, and why.",
        discussion: """
              tocsin refused --device gauge-7
              tocsin refused --limit 1 --json | jq -r .payload
            """)

    @OptionGroup var options: StoreOptions
    @OptionGroup var times: TimeOptions

    @Option(help: ArgumentHelp("Show only payloads of this device.", valueName: "id"))
    var device: Name?

    @Option(help: ArgumentHelp("Show only the newest payloads, this many.", valueName: "count"))
    var limit = 20

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be 1 or more.") }
    }

    func run() throws {
        let store = try options.open()
        let clock = times.clock(store)
        let refusals = try store.reader.refusals(of: device?.text, limit: limit).map(RefusalView.init)
        if refusals.isEmpty, !output.json { Terminal.line("no payload was refused") }
        for refusal in refusals {
            if output.json {
                Terminal.line(JSONText.line(refusal))
                continue
            }
            let source = "\(refusal.device) on \(refusal.topic), \(refusal.bytes) bytes"
            Terminal.line("\(clock.full(refusal.arrived))  \(source): \(refusal.reason)", wrapped: 4)
            Terminal.line("    \(Terminal.cut(refusal.payload, to: Terminal.width.map { $0 - 4 }))")
        }
    }
}
