internal import AlarmModel
internal import Escalation
internal import Gateway
internal import Pipeline
internal import Telemetry

/// The result of a demonstration: its success, and its summary.
package struct DemonstrationResult: Sendable {
    /// The crests of the recording (USGS 01589330).
    private static let crests = [
        ("first flood", "2018-06-03T22:05:00Z", "1.88 m"), ("second flood", "2018-06-11T10:15:00Z", "1.84 m"),
    ]
    private static let floodLead = TimeSpan.hours(6)

    package let floodEscalated: Bool
    package let earthquakeEscalated: Bool
    package let nothingLost: Bool
    /// The summary, line by line.
    package let lines: [String]

    package var isSuccess: Bool { floodEscalated && earthquakeEscalated && nothingLost }

    init(
        acts: [Act], progress: Player.Progress, statistics: Statistics, arrivals: [Observer.Arrival], repeats: Int,
        due: Int, stored: Int,
        sensors: Int, seconds: Double
    ) {
        let floods = Self.crests.map { crest in (crest, Self.warnings(before: crest.1, arrivals)) }
        floodEscalated = floods.allSatisfy { !$0.1.isEmpty }
        let quake = arrivals.filter {
            $0.message.alarm.hazard == "earthquake" && !$0.message.alarm.hasNoData
                && $0.message.transition.kind != .cleared
        }
        let strongest = quake.max { Self.rank($0) < Self.rank($1) }
        earthquakeEscalated = strongest.map { Self.rank($0) >= 2 } ?? false
        nothingLost = stored == progress.readings && arrivals.count == due
        var lines: [String] = []
        for (crest, warnings) in floods {
            let said = warnings.map { "\($0.level) \($0.minutes)" }.joined(separator: ", ")
            lines.append("\(crest.0), crest \(crest.2) at \(Self.clock(crest.1))")
            lines.append(said.isEmpty ? "  NOT ESCALATED" : "  warned, in minutes before the crest: \(said)")
        }
        let stations = Set(quake.map(\.message.alarm.group)).count
        if let strongest = strongest?.message {
            lines.append(
                "earthquake, \(strongest.transition.to) at \(Self.clock(strongest.transition.time.description)), \(stations) stations"
            )
            lines.append("  \(strongest.summary)")
        } else {
            lines.append("earthquake: NOT ESCALATED")
        }
        let others = Dictionary(grouping: arrivals.filter { $0.message.transition.kind == .raised }) {
            $0.message.alarm.rule
        }
        lines.append(
            "alarms raised: "
                + others.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.count)" }.joined(separator: ", "))
        lines.append(
            "sensors \(sensors), messages \(progress.messages), readings sent \(progress.readings), stored \(stored)"
                + (statistics.redelivered > 0 ? ", messages sent again \(statistics.redelivered)" : ""))
        lines.append(
            "kept and flagged: \(statistics.implausible) implausible, \(statistics.clockReplaced) with a wrong clock; "
                + "refused: \(statistics.refused) payloads"
                + (statistics.withoutReadings > 0 ? "; without readings: \(statistics.withoutReadings) messages" : "")
                + (statistics.unreadableTimes > 0
                    ? "; with a time that cannot be read: \(statistics.unreadableTimes)" : ""))
        lines.append("escalations: \(due) due upstream, \(arrivals.count) arrived, \(repeats) repeats")
        let latencies = arrivals.compactMap(\.latency).sorted()
        if let median = Self.quantile(0.5, latencies), let tail = Self.quantile(0.99, latencies) {
            lines.append(
                "from reading to escalation: median \(NumberText.short(median * 1000)) ms, "
                    + "p99 \(NumberText.short(tail * 1000)) ms (\(latencies.count) escalations)"
            )
        }
        lines.append(
            "\(NumberText.short(seconds)) s, \(NumberText.short(Double(stored) / seconds)) readings/s on average, "
                + "\(statistics.commits) commits"
        )
        lines.append(
            nothingLost
                ? "nothing was lost"
                : "LOST: \(progress.readings - stored) readings, \(due - arrivals.count) escalations")
        self.lines = lines
    }

    /// The levels that a flood reached before its crest, with the minutes from each to the crest.
    private static func warnings(before crest: String, _ arrivals: [Observer.Arrival]) -> [(
        level: String, minutes: Int
    )] {
        guard let crest = Instant(rfc3339: crest.utf8) else { return [] }
        var seen: Set<String> = []
        return arrivals.compactMap { arrival in
            let message = arrival.message
            guard message.alarm.hazard == "flood", [.raised, .rose].contains(message.transition.kind),
                case let time = message.transition.time, time <= crest, time > crest - floodLead,
                seen.insert(message.transition.to).inserted
            else { return nil }
            return (message.transition.to, Int((crest - time).seconds / 60))
        }
    }

    /// `2018-06-03 22:05`
    private static func clock(_ time: String) -> String { String(time.prefix(16)).replacing("T", with: " ") }

    private static func rank(_ arrival: Observer.Arrival) -> Int {
        ["normal", "advisory", "watch", "warning", "emergency"].firstIndex(of: arrival.message.transition.to) ?? 0
    }

    /// Returns a quantile by the nearest rank.
    private static func quantile(_ share: Double, _ sorted: [Double]) -> Double? {
        sorted.isEmpty ? nil : sorted[min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.up)) - 1)]
    }
}
