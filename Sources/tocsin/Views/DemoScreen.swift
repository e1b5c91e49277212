internal import AlarmModel
import Alarms
import Demo
import Diagnostics
internal import Escalation
import Foundation
import Gateway
internal import Pipeline
import RuleEngine
import Synchronization
import Telemetry

/// Shows a demonstration: on a terminal as a picture that is redrawn, elsewhere as lines.
final class DemoScreen: Sendable {
    private struct State {
        var drawnLines = 0
        var printedArrivals = 0
        var printedAct = 0
        var lastPlain = -10.0
        /// The readings and times of the last moments, for the rate.
        var samples: [(time: Double, readings: Int)] = []
    }

    private let paint: TextPaint
    private let isTerminal: Bool
    private let state = Mutex(State())

    init(paint: TextPaint, isTerminal: Bool) {
        self.paint = paint
        self.isTerminal = isTerminal
    }

    func begin() {
        if isTerminal { write("\u{1b}[?25l") }
    }

    func show(_ snapshot: Demonstration.Snapshot) {
        state.withLock { state in
            let rate = Self.rate(snapshot, &state)
            if isTerminal {
                draw(picture(snapshot, rate), &state)
            } else {
                printPlain(snapshot, rate, &state)
            }
        }
    }

    func end(_ snapshot: Demonstration.Snapshot, _ result: DemonstrationResult, folder: String) {
        show(snapshot)
        if isTerminal { write("\u{1b}[?25h") }
        var lines = ["", paint(.bold, "Summary")]
        lines += result.lines.map { line in
            let isBad = line.contains("NOT ESCALATED") || line.hasPrefix("LOST")
            return "  " + (isBad ? paint(.boldRed, line) : line)
        }
        lines += [
            "  left in \(folder): tocsin.db, escalations.jsonl, gateway.log, tocsin.yaml",
            "  look again with:",
            "    tocsin tail --store \(folder)/tocsin.db --no-follow --since 2018-01-01T00:00:00Z",
            "",
            result.isSuccess
                ? paint(.boldGreen, "The flood and the earthquake were escalated, and nothing was lost.")
                : paint(.boldRed, "Something was not escalated, or was lost: see the summary."),
        ]
        write(lines.joined(separator: "\n") + "\n")
    }

    // MARK: -

    private func picture(_ snapshot: Demonstration.Snapshot, _ rate: Double) -> [String] {
        let statistics = snapshot.statistics
        let filled = Int(snapshot.share * 40)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 40 - filled)
        let name = snapshot.act == 0 ? "starting" : "act \(snapshot.act) of \(snapshot.acts): \(snapshot.title)"
        var lines = [
            paint(.bold, "tocsin demo") + "   " + name,
            "\(bar) \(Int(snapshot.share * 100)) %   " + Self.time(snapshot.time),
            "readings/s \(Self.padded("\(Int(rate))", 7))   readings \(Self.padded("\(statistics.readings)", 8))   "
                + "sensors \(snapshot.sensors)   "
                + "flagged \(statistics.implausible + statistics.clockReplaced)   refused \(statistics.refused)   "
                + "without readings \(statistics.withoutReadings)   unreadable times \(statistics.unreadableTimes)",
            "",
            paint(.bold, "Active alarms"),
        ]
        let active = statistics.active.prefix(8)
        lines += active.map { alarm in
            let word = alarm.levelName.uppercased() + (alarm.ladder.isUncertain ? "?" : "")
            return "  \(paint(Self.style(alarm.levelName), Terminal.padded(word, 11)))\(alarm.summary)"
        }
        if statistics.active.count > 8 { lines.append("  … and \(statistics.active.count - 8) more") }
        if active.isEmpty { lines.append(paint(.faint, "  none")) }
        lines += ["", paint(.bold, "Arriving upstream") + "   \(snapshot.arrivals.count) escalations"]
        lines += snapshot.arrivals.suffix(6).map(arrival)
        return lines
    }

    private func draw(_ lines: [String], _ state: inout State) {
        let width = Self.width() - 1
        var text = state.drawnLines > 0 ? "\u{1b}[\(state.drawnLines)A" : ""
        for line in lines { text += "\r" + Self.cut(line, to: width) + "\u{1b}[0m\u{1b}[K\n" }
        text += "\u{1b}[J"
        state.drawnLines = lines.count
        write(text)
    }

    private func printPlain(_ snapshot: Demonstration.Snapshot, _ rate: Double, _ state: inout State) {
        if snapshot.act != state.printedAct {
            state.printedAct = snapshot.act
            write("act \(snapshot.act) of \(snapshot.acts): \(snapshot.title)\n")
        }
        for arrival in snapshot.arrivals.dropFirst(state.printedArrivals) { write(self.arrival(arrival) + "\n") }
        state.printedArrivals = snapshot.arrivals.count
        let now = Self.seconds()
        guard now - state.lastPlain >= 5 else { return }
        state.lastPlain = now
        write(
            "\(Int(snapshot.share * 100)) %  \(Self.time(snapshot.time))  "
                + "readings \(snapshot.statistics.readings), \(Int(rate))/s, "
                + "active alarms \(snapshot.statistics.active.count), escalations \(snapshot.arrivals.count)\n")
    }

    private func arrival(_ arrival: Observer.Arrival) -> String {
        let notice = arrival.message
        let level = Self.word(notice.transition)
        let word = paint(Self.style(level), Terminal.padded(level.uppercased(), 11))
        let again = (notice.step?.repetition ?? 0) > 0 ? "  (again: nobody has acknowledged it)" : ""
        let latency = arrival.latency.map { "  (\(NumberText.short($0 * 1000)) ms)" } ?? ""
        let time = Self.time(notice.transition.time)
        return "  \(paint(.faint, time))  \(word)\(notice.summary)\(paint(.faint, latency + again))"
    }

    /// Returns the alarm's present level, or what else happened to it.
    private static func word(_ transition: AlarmNotice.TransitionFacts) -> String {
        switch transition.kind {
        case .cleared, .retired, .uncertain, .noData: transition.kind.rawValue
        case .raised, .rose, .fell, .certain, .sensors, .chattering, .calm, .acknowledged, .shelved, .unshelved,
            .suppressed, .released, .outOfService, .inService:
            transition.to
        }
    }

    private static func rate(_ snapshot: Demonstration.Snapshot, _ state: inout State) -> Double {
        let now = seconds()
        state.samples.append((now, snapshot.statistics.readings))
        state.samples.removeAll { $0.time < now - 2 }
        guard let first = state.samples.first, now - first.time > 0.1 else { return 0 }
        return Double(snapshot.statistics.readings - first.readings) / (now - first.time)
    }

    private static func style(_ level: String) -> TextPaint.Style {
        switch level {
        case _ where Ladder.standard.level(named: level) != nil: LevelColour.style(level, Ladder.standard)
        case Transition.Kind.cleared.rawValue, Ladder.normalName: .green
        default: .magenta
        }
    }

    private func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }

    private static func time(_ instant: Instant) -> String {
        let time = LocalTime(instant, in: ZoneTable())
        return "\(time.day) \(time.clock)"
    }
    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
    private static func seconds() -> Double { ProcessUptime.now().sinceStart.seconds }

    private static func width() -> Int {
        var size = winsize()
        return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20 ? Int(size.ws_col) : 100
    }

    /// Cuts a line to a number of visible characters, leaving escape sequences whole.
    private static func cut(_ line: String, to width: Int) -> String {
        var visible = 0
        var result = ""
        var isEscape = false
        for character in line {
            if character == "\u{1b}" { isEscape = true }
            if !isEscape {
                visible += 1
                if visible > width { break }
            }
            result.append(character)
            if isEscape, character == "m" { isEscape = false }
        }
        return result
    }
}
