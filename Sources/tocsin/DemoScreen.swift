internal import AlarmModel
import Alarms
internal import Escalation
import Foundation
import Gateway
internal import Pipeline
import RuleEngine
import Scenario
import Synchronization
import Telemetry

/// What a demonstration looks like: a picture that is drawn over itself on a terminal, plain lines elsewhere.
final class DemoScreen: Sendable {
    private struct State {
        var drawnLines = 0
        var printedArrivals = 0
        var printedAct = 0
        var lastPlain = -10.0
        /// For the rate: readings and time of a moment ago.
        var samples: [(time: Double, readings: Int)] = []
    }

    private let colour: Bool
    private let isTerminal: Bool
    private let state = Mutex(State())

    init(colour: Bool, isTerminal: Bool) {
        self.colour = colour
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
        var lines = ["", paint("1", "Summary")]
        lines += result.lines.map { line in
            let isBad = line.contains("NOT ESCALATED") || line.hasPrefix("LOST")
            return "  " + (isBad ? paint("1;31", line) : line)
        }
        lines += [
            "  left in \(folder): tocsin.db, escalations.jsonl, gateway.log, tocsin.yaml",
            "  look again with:",
            "    tocsin tail --store \(folder)/tocsin.db --no-follow --since 2018-01-01T00:00:00Z",
            "",
            result.isSuccess
                ? paint("1;32", "The flood and the earthquake were escalated, and nothing was lost.")
                : paint("1;31", "This is not as it should be."),
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
            paint("1", "tocsin demo") + "   " + name,
            "\(bar) \(Int(snapshot.share * 100)) %   " + Self.time(snapshot.time),
            "readings/s \(Self.padded("\(Int(rate))", 7))   readings \(Self.padded("\(statistics.readings)", 8))   sensors \(snapshot.sensors)   "
                + "flagged \(statistics.implausible + statistics.clockReplaced)   refused \(statistics.refused)   "
                + "without readings \(statistics.withoutReadings)   unreadable times \(statistics.unreadableTimes)",
            "",
            paint("1", "Active alarms"),
        ]
        let active = statistics.active.prefix(8)
        lines += active.map { alarm in
            let word = alarm.levelName.uppercased() + (alarm.ladder.isUncertain ? "?" : "")
            return
                "  \(paint(Self.code(alarm.levelName), word.padding(toLength: 11, withPad: " ", startingAt: 0)))\(alarm.summary)"
        }
        if statistics.active.count > 8 { lines.append("  … and \(statistics.active.count - 8) more") }
        if active.isEmpty { lines.append(paint("2", "  none")) }
        lines += ["", paint("1", "Arriving upstream") + "   \(snapshot.arrivals.count) escalations"]
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
            "\(Int(snapshot.share * 100)) %  \(Self.time(snapshot.time))  readings \(snapshot.statistics.readings), \(Int(rate))/s, "
                + "active alarms \(snapshot.statistics.active.count), escalations \(snapshot.arrivals.count)\n")
    }

    private func arrival(_ arrival: Observer.Arrival) -> String {
        let message = arrival.message
        let level =
            ["cleared", "retired", "uncertain", "no-data"].contains(message.transition.kind)
            ? message.transition.kind : message.transition.to
        let word = level.uppercased().padding(toLength: 11, withPad: " ", startingAt: 0)
        let again = (arrival.message.escalation?.repetition ?? 0) > 0 ? "  (again: nobody has taken it on)" : ""
        let latency = arrival.latency.map { "  (\(NumberText.short($0 * 1000)) ms)" } ?? ""
        let time = Self.clock(message.transition.time)
        return "  \(paint("2", time))  \(paint(Self.code(level), word))\(message.summary)\(paint("2", latency + again))"
    }

    private static func rate(_ snapshot: Demonstration.Snapshot, _ state: inout State) -> Double {
        let now = seconds()
        state.samples.append((now, snapshot.statistics.readings))
        state.samples.removeAll { $0.time < now - 2 }
        guard let first = state.samples.first, now - first.time > 0.1 else { return 0 }
        return Double(snapshot.statistics.readings - first.readings) / (now - first.time)
    }

    private static func code(_ level: String) -> String {
        switch level {
        case _ where Ladder.standard.level(named: level) != nil: LevelColour.code(level, Ladder.standard)
        case "cleared", "normal": "32"
        default: "35"
        }
    }

    private func paint(_ code: String, _ text: String) -> String { colour ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text }
    private func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }

    private static func time(_ instant: Instant) -> String { clock(instant.description) }
    private static func clock(_ text: String) -> String { String(text.prefix(19)).replacing("T", with: " ") }
    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
    private static func seconds() -> Double { ProcessInfo.processInfo.systemUptime }

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
