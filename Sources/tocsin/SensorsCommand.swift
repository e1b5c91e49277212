import ArgumentParser
import Devices
import Diagnostics
import Foundation
import Gateway
internal import SiteConfiguration
import Store
import Telemetry

struct SensorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sensors",
        abstract: "Show each sensor: its newest reading, when it was heard, and how good its readings are.",
        discussion: """
            With a configuration the devices of the inventory are shown, also those that were never heard, in the units that they send. \
            'refused' counts the payloads of the last hour of which a part could not be read (tocsin refused), 'flagged' the readings of \
            the last hour whose value or time was doubted.

              tocsin sensors
              tocsin sensors --silent
              tocsin sensors --json | jq .device
            """)

    @OptionGroup var options: StoreOptions
    @OptionGroup var times: TimeOptions

    @Flag(help: "Only the sensors that are silent.")
    var silent = false

    @Flag(help: "One JSON object a line, with times in UTC.")
    var json = false

    /// A sensor as it is shown.
    private struct Line: Encodable {
        var device: String
        var quantity: String
        var value: Double?
        var unit: String
        /// When it was measured, RFC 3339 in UTC.
        var time: String?
        /// The newest reading's quality: `good`, `suspect`, `bad`; and the tests that it failed.
        var quality: String?
        var flags: [String]
        var isSilent: Bool
        /// Why it is in maintenance, if it is.
        var maintenance: String?
        /// After how many seconds without a reading it is silent.
        var silentAfter: Double?
        /// Within the last hour.
        var readings: Int
        var flagged: Int
        /// Payloads of its device within the last hour of which a part could not be read.
        var refused: Int
    }

    func run() throws {
        let store = try options.open()
        let clock = times.clock(store)
        let lines = try self.lines(store, clock).filter { !silent || $0.isSilent }
        if json {
            for line in lines { Terminal.line(JSONText.line(line)) }
            return
        }
        if lines.isEmpty { return Terminal.line(silent ? "no sensor is silent" : "no sensors") }
        let colour = Terminal.hasColour(STDOUT_FILENO)
        let columns = (device: column(lines.map(\.device), 16), quantity: column(lines.map(\.quantity), 18))
        for line in lines {
            let value = line.value.map { "\(NumberText.short($0))\(line.unit.isEmpty ? "" : " \(line.unit)")" } ?? "-"
            let heard = line.time.map { "\(clock.age($0)) ago" } ?? "not lately"
            var state = line.maintenance.map { "in maintenance: \($0); " } ?? ""
            state += line.isSilent ? "SILENT" : line.quality ?? ""
            if !line.flags.isEmpty { state += " (\(line.flags.joined(separator: ", ")))" }
            if line.flagged > 0 { state += ", \(line.flagged) of \(line.readings) flagged" }
            if line.refused > 0 { state += ", \(line.refused) refused" }
            let text =
                Terminal.padded(Terminal.cut(line.device, to: columns.device), columns.device) + "  "
                + Terminal.padded(Terminal.cut(line.quantity, to: columns.quantity), columns.quantity) + "  "
                + Terminal.padded(value, 10) + "  " + Terminal.padded(heard, 10)
            let rest = Terminal.cut(state, to: Terminal.width.map { $0 - text.count - 2 })
            let isBad = line.isSilent || line.quality == "bad"
            Terminal.write(
                ControlCharacters.escaped(text) + "  "
                    + (colour && isBad ? Terminal.paint("1;31", rest) : ControlCharacters.escaped(rest)))
        }
    }

    private func column(_ texts: [String], _ most: Int) -> Int { min(most, texts.map(\.count).max() ?? 0) }

    private func lines(_ store: OpenStore, _ clock: SiteClock) throws -> [Line] {
        let start = clock.now - .hours(1)
        let refused = try store.reader.refusalCounts(since: start)
        let rows = try store.reader.sensors(since: start)
        let maintained = try store.reader.maintenance()
        func line(
            _ row: StoreReader.SensorRow, _ unit: Telemetry.Unit?, silentAfter: TimeSpan?, maintenance: String? = nil
        ) -> Line {
            let entry = maintained.first { $0.device == row.device && ($0.quantity ?? row.quantity) == row.quantity }
            let stored = Telemetry.Unit(symbol: row.unit) ?? .one
            let shown = unit.map { $0.dimension == stored.dimension ? $0 : stored } ?? stored
            let (factor, summand) = stored.conversion(to: shown)
            let isSilent = silentAfter.map { span in row.newest.map { clock.now - $0.time > span } ?? true } ?? false
            return Line(
                device: row.device, quantity: row.quantity,
                value: row.newest.flatMap { $0.value.isFinite ? $0.value * factor + summand : nil },
                unit: shown == .one || shown.symbol == "1" ? "" : shown.symbol,
                time: row.newest?.time.description, quality: row.newest?.quality.grade,
                flags: row.newest?.quality.names ?? [],
                isSilent: isSilent, maintenance: entry.map { "\($0.reason) (\($0.person))" } ?? maintenance,
                silentAfter: silentAfter?.seconds, readings: row.count, flagged: row.flagged,
                refused: refused[row.device] ?? 0)
        }
        guard let site = try site() else {
            return rows.filter { $0.device != Device.gatewayID }.map { line($0, nil, silentAfter: nil) }
        }
        let known = Dictionary(rows.map { ("\($0.device)\u{0}\($0.quantity)", $0) }) { first, _ in first }
        return site.sensors.flatMap { device in
            device.fields.filter(\.source.isInPayload).map { field in
                let name = field.quantity.name
                let row =
                    known["\(device.id)\u{0}\(name)"]
                    ?? StoreReader.SensorRow(device: device.id, quantity: name, unit: field.quantity.unit.symbol)
                return line(row, field.unit, silentAfter: device.silence(of: field), maintenance: field.maintenance)
            }
        }
    }

    /// The devices of the inventory; `nil` without a configuration.
    private func site() throws -> Site? {
        guard options.store == nil else { return nil }
        let file = try SourceFolder.file(
            URL(fileURLWithPath: try options.config.path(isSaid: true)).standardizedFileURL.path)
        guard let files = try Configuration.parse(file).files else { return nil }
        do {
            return try SiteModel.read(files, numbering: SiteModel.numberInOrder).site
        } catch let list as DiagnosticList {
            Terminal.complain(
                "the devices cannot be read, and what is stored is shown (\(list.diagnostics.count) mistakes: tocsin check)"
            )
            return nil
        }
    }
}

struct RefusedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refused", abstract: "Show the payloads of which a part could not be read, as they came, and why.",
        discussion: """
              tocsin refused --device gauge-7
              tocsin refused --limit 1 --json | jq -r .payload
            """)

    @OptionGroup var options: StoreOptions
    @OptionGroup var times: TimeOptions

    @Option(help: ArgumentHelp("Only of this device.", valueName: "id"))
    var device: String?

    @Option(help: ArgumentHelp("The newest so many.", valueName: "count"))
    var limit = 20

    @Flag(help: "One JSON object a line, with times in UTC.")
    var json = false

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit is 1 or more.") }
    }

    func run() throws {
        let store = try options.open()
        let clock = times.clock(store)
        let refusals = try store.reader.refusals(of: device, limit: limit).map(RefusalView.init)
        if refusals.isEmpty, !json { Terminal.line("no payload was refused") }
        for refusal in refusals {
            if json {
                Terminal.line(JSONText.line(refusal))
                continue
            }
            Terminal.line(
                "\(clock.full(refusal.arrived))  \(refusal.device) on \(refusal.topic), \(refusal.bytes) bytes: \(refusal.reason)",
                wrapped: 4)
            Terminal.line("    \(Terminal.cut(refusal.payload, to: Terminal.width.map { $0 - 4 }))")
        }
    }
}
