import ArgumentParser
import Devices
import Foundation
import SiteConfiguration
import Store
import Telemetry

struct QualityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quality",
        abstract: "Show how good the data of each sensor are, the worst first.",
        discussion: """
            Each sensor has a grade, which follows from its worst measure: A from 98 %, B from 90 %, C from 75 %, \
            D from 50 %, and E. The measures are completeness (readings that came, of those that the device's interval \
            promises), timeliness (those that came within an interval), validity (those that failed no test), accuracy \
            (those that no neighbour contradicts) and stability (those whose own time was believed, without missing \
            messages).

            With --days it shows the daily records, which are kept for ten years.

              tocsin quality
              tocsin quality --since 7d --device gauge-7
              tocsin quality --days 30 --json
            """)

    @OptionGroup var options: StoreOptions
    @OptionGroup var times: TimeOptions

    @Option(
        help: ArgumentHelp(
            "Count the readings since this time, such as 7d, yesterday or 2018-06-03. Default: 24h.", valueName: "time")
    )
    var since: PastTime?

    @Option(help: ArgumentHelp("Show only sensors of this device.", valueName: "id"))
    var device: Name?

    @Option(help: ArgumentHelp("Show the daily records of so many days.", valueName: "count"))
    var days: Int?

    @Flag(help: "Show one line for each device: that of its worst sensor.")
    var byDevice = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let days, !(1...3653).contains(days) { throw ValidationError("--days must be from 1 to 3653.") }
    }

    func run() throws {
        let store = try options.open()
        let clock = times.clock(store)
        var records = try days == nil ? live(store, clock) : recorded(store, clock)
        if let device { records = records.filter { $0.device == device.text } }
        // By the worst measure; what nothing is known of comes last.
        records.sort { a, b in
            if days != nil, a.day != b.day { return a.day < b.day }
            let (first, second) = (a.worst?.part ?? 2, b.worst?.part ?? 2)
            return first == second ? (a.device, a.quantity) < (b.device, b.quantity) : first < second
        }
        if byDevice {
            var seen: Set<String> = []
            records = records.filter { seen.insert("\($0.day)/\($0.device)").inserted }
        }
        if output.json {
            for record in records { Terminal.line(JSONText.line(QualityLine(record))) }
            return
        }
        if records.isEmpty { return Terminal.line(days == nil ? "no sensors" : "no day is recorded yet") }
        if days == nil, records.count > 1 {
            records.append(.total(of: records, day: "", device: "all", quantity: ""))
        }
        let table = QualityTable(showsDays: days != nil, paint: Terminal.outputPaint)
        for line in table.lines(records.map(QualityLine.init)) { Terminal.write(line) }
    }

    private func live(_ store: OpenStore, _ clock: SiteClock) throws -> [QualityDay] {
        let start = since?.instant(in: clock.zone, now: clock.now) ?? clock.now - .hours(24)
        guard let site = try options.site() else {
            throw ValidationError("The devices' intervals are needed: name the configuration instead of the store.")
        }
        let numbers = try store.reader.seriesNumbers()
        let tallies = try store.reader.qualityTallies(from: start, until: clock.now)
        return site.quality("", from: start, until: clock.now, tallies) { device, quantity in
            numbers["\(device)\u{0}\(quantity)"]
        }
    }

    private func recorded(_ store: OpenStore, _ clock: SiteClock) throws -> [QualityDay] {
        let first = LocalTime.day(before: clock.now, by: days ?? 1, in: clock.zone).name
        return try store.reader.qualityDays(since: first, upTo: LocalTime(clock.now, in: clock.zone).day)
    }
}
