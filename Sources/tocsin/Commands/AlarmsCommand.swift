internal import AlarmModel
import ArgumentParser
import Diagnostics
import Gateway
import Store
import Telemetry

struct AlarmsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alarms",
        abstract: "Show the alarms and their present situation.",
        discussion: """
            Unacknowledged alarms are first. A line shows the alarm's number, its level, how long it has lasted, and \
            the situation now: the values, their trend (↑ ↓), and their age if it is more than 2 minutes. A ? after \
            the level means that the sensors report nothing at present. The situation comes from the running gateway; \
            without one, the command shows each alarm's last change.

            With the number or the name of an alarm, it shows everything about that alarm: what raised it, who was \
            notified, who is next, and what to do.

              tocsin alarms
              tocsin alarms 17
              tocsin alarms --full
              tocsin alarms --json | jq .summary
            """)

    @Argument(help: "Show everything about these alarms: numbers, rule/group, or identities.")
    var alarms: [AlarmReference] = []

    @OptionGroup var options: StoreOptions
    @OptionGroup var times: TimeOptions

    @Flag(help: "Show the alarms that are over and acknowledged too.")
    var all = false

    @Flag(help: "Show a line for each suppressed or ended alarm too, which a terminal only counts.")
    var full = false

    @OptionGroup var output: OutputOptions

    /// More raises than this within ``floodSpan`` are an alarm flood (ISA-18.2: 10 in 10 minutes for one operator).
    private static let floodRaises = 10
    private static let floodSpan: TimeSpan = .minutes(10)

    func run() throws {
        let store = try options.open()
        let clock = times.clock(store)
        let status = GatewayStatus(of: store.gateway)
        let rows = try rows(store.reader)
        if output.json {
            for row in rows { Terminal.line(JSONText.line(try AlarmSheet(row, status, store.reader, at: clock.now))) }
            return
        }
        if let trouble = status.trouble, rows.contains(where: { $0.cleared == nil }) {
            Terminal.complain("\(trouble); the values are those of each alarm's last change")
        }
        if alarms.isEmpty {
            try showList(rows, status, store, clock)
        } else {
            for row in rows { try showSheet(row, status, store, clock) }
        }
    }

    /// Returns the named alarms, in that order. Without names, returns those that need attention, or all.
    private func rows(_ reader: StoreReader) throws -> [AlarmView] {
        let rows = try reader.alarms(all: all || !alarms.isEmpty).map(AlarmView.init)
        if alarms.isEmpty { return rows }
        let targets = AlarmTargets(reader)
        let wanted = try alarms.map { try targets.one($0) }
        return wanted.compactMap { id in rows.first { $0.id == id } }
    }

    private func showSheet(
        _ row: AlarmView, _ status: GatewayStatus, _ store: OpenStore, _ clock: SiteClock
    ) throws {
        let history = try store.reader.history(of: row.id).map(EventView.init)
        let moves = history.dropFirst().filter { [.rose, .fell].contains($0.kind) }
        let text = AlarmSheetText(
            sheet: try AlarmSheet(row, status, store.reader, at: clock.now), first: history.first, latest: moves.last,
            clock: clock, width: Terminal.width, ladder: store.ladder, paint: Terminal.outputPaint)
        for line in text.lines { Terminal.write(line) }
    }

    private func showList(
        _ rows: [AlarmView], _ status: GatewayStatus, _ store: OpenStore, _ clock: SiteClock
    ) throws {
        let raises = try store.reader.raises(since: clock.now - Self.floodSpan)
        if raises > Self.floodRaises {
            let span = TimeSpanText.spoken(Self.floodSpan)
            Terminal.write(
                Terminal.outputPaint(.boldRed, "alarm flood: \(raises) alarms were raised in the last \(span)"))
        }
        if !rows.contains(where: { $0.cleared == nil }) { Terminal.line("no active alarms") }
        let list = AlarmList(
            ladder: store.ladder, clock: clock, status: status, width: Terminal.width, paint: Terminal.outputPaint,
            isFull: full || all || Terminal.width == nil)
        for line in list.lines(rows) { Terminal.write(line) }
        showIdleSuppressions(try store.reader.suppressions().compactMap(SuppressionView.init), beside: rows, clock)
    }

    /// Shows suppressions of rules and groups without an active alarm.
    private func showIdleSuppressions(
        _ suppressions: [SuppressionView], beside rows: [AlarmView], _ clock: SiteClock
    ) {
        let shown = Set(rows.filter { $0.cleared == nil }.map(\.key.description))
        for suppression in suppressions where !shown.contains("\(suppression.rule)/\(suppression.group)") {
            let until = suppression.until.map { " until \(clock.full($0))" } ?? ""
            let place = "\(suppression.rule)/\(suppression.group)"
            Terminal.line("\(suppression.kind)\(until)  \(place)  by \(suppression.person): \(suppression.reason)")
        }
    }
}
