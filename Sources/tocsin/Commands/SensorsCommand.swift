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
        abstract: "Show each sensor with its newest reading and its quality.",
        discussion: """
            With a configuration, all devices of the inventory are shown, in the units that they send. 'flagged' \
            counts the readings of the last hour that failed a quality test. 'refused' counts the payloads of the last \
            hour that could not be read completely; tocsin refused shows them.

              tocsin sensors
              tocsin sensors --silent
              tocsin sensors --json | jq .device
            """)

    @OptionGroup var options: StoreOptions
    @OptionGroup var times: TimeOptions

    @Flag(help: "Show only sensors that have sent nothing for too long.")
    var silent = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        let store = try options.open()
        let clock = times.clock(store)
        let sensors = try sensors(store, clock).filter { !silent || $0.isSilent }
        if output.json {
            for sensor in sensors { Terminal.line(JSONText.line(sensor)) }
            return
        }
        if sensors.isEmpty { return Terminal.line(silent ? "no sensor is silent" : "no sensors") }
        let table = SensorTable(clock: clock, width: Terminal.width, paint: Terminal.outputPaint)
        for line in table.lines(sensors) { Terminal.write(line) }
    }

    private func sensors(_ store: OpenStore, _ clock: SiteClock) throws -> [SensorLine] {
        let start = clock.now - .hours(1)
        let refused = try store.reader.refusalCounts(since: start)
        let rows = try store.reader.sensors(since: start)
        let maintained = try store.reader.maintenance()
        let gone = Dictionary(
            rows.filter { $0.quantity == Profile.online.name && $0.newest?.value == 0 }.compactMap { row in
                row.newest.map { (row.device, $0.time) }
            }
        ) { first, _ in first }
        func line(
            _ row: StoreReader.SensorRow, _ unit: Telemetry.Unit?, silentAfter: TimeSpan?, maintenance: String? = nil
        ) -> SensorLine {
            let entry = maintained.first { $0.device == row.device && ($0.quantity ?? row.quantity) == row.quantity }
            let stored = Telemetry.Unit(symbol: row.unit) ?? .one
            let shown = unit.map { $0.dimension == stored.dimension ? $0 : stored } ?? stored
            let (factor, summand) = stored.conversion(to: shown)
            let isOverdue = silentAfter.map { span in row.newest.map { clock.now - $0.time > span } ?? true } ?? false
            // A device that says that it is gone is silent until it sends again.
            let isGone =
                row.quantity != Profile.online.name && gone[row.device].map { $0 >= row.newest?.time ?? $0 } ?? false
            let isSilent = isOverdue || isGone
            return SensorLine(
                device: row.device, quantity: row.quantity,
                value: row.newest.flatMap { $0.value.isFinite ? $0.value * factor + summand : nil },
                unit: shown == .one || shown.symbol == "1" ? "" : shown.symbol,
                time: row.newest?.time.description, quality: row.newest?.quality.flag.name,
                flags: row.newest?.quality.names ?? [],
                isSilent: isSilent, maintenance: entry.map { "\($0.reason) (\($0.person))" } ?? maintenance,
                silentAfter: silentAfter?.seconds, readings: row.count, flagged: row.flagged,
                refused: refused[row.device] ?? 0)
        }
        guard let site = try options.site() else {
            return rows.filter { $0.device != Device.gatewayID }.map { line($0, nil, silentAfter: nil) }
        }
        let known = Dictionary(rows.map { ("\($0.device)\u{0}\($0.quantity)", $0) }) { first, _ in first }
        return site.sensors.flatMap { device in
            device.fields.filter(\.source.isInPayload).map { field in
                let name = field.quantity.name
                let row =
                    known["\(device.id)\u{0}\(name)"]
                    ?? StoreReader.SensorRow(device: device.id, quantity: name, unit: field.quantity.unit.symbol)
                let ownWord = known["\(device.id)\u{0}\(Profile.maintenance.name)"]?.newest?.value ?? 0
                let maintenance =
                    field.maintenance ?? device.scheduledMaintenance(of: name, at: clock.now, clock.zone)
                    ?? (ownWord > 0 && name != Profile.maintenance.name ? "it says so itself" : nil)
                return line(row, field.unit, silentAfter: device.silence(of: field), maintenance: maintenance)
            }
        }
    }
}
