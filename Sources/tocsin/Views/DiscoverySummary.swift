import Discovery
import Telemetry

/// The counts at the end of a discovery, and what it has left out.
struct DiscoverySummary {
    let lines: [String]
    /// How long it has listened: `60 s`.
    let time: String

    init(_ heard: ListeningResult, _ discovery: Discovery, _ filters: [DiscoveryFilter]) {
        time = Self.time(heard)
        let census = heard.census
        let devices = discovery.devices
        let unsure = devices.count { $0.profile.certainty == .unsure }
        let known = Set(discovery.groups.flatMap(\.known)).count
        let retained = census.records.map(\.retained).reduce(0, +)
        let kept = retained == 0 ? "" : " (\(retained) retained)"
        var parts = [
            "\(Self.count(census.messages, "message"))\(kept) "
                + "on \(Self.count(census.records.count, "topic")) in \(time)",
            "\(Self.count(devices.count, "device")) with a profile" + (unsure > 0 ? ", \(unsure) of them unsure" : ""),
        ]
        if known > 0 { parts.append("\(known) more in the inventory already") }
        var lines = [parts.joined(separator: "; ")]
        let more = census.moreTopicsCount
        if more.count > 0 {
            let number = more.isExact ? "\(more.count)" : "more than \(more.count)"
            lines.append(
                "\(number) more topics with \(census.messagesOfMoreTopics) messages are not shown: "
                    + "listen with a filter to see them"
            )
        }
        if heard.keys.hasMore { lines.append("some topics are shared by more devices than are shown") }
        if let (first, second) = DiscoveryFilter.overlap(in: filters) {
            lines.append(
                "the filters \(first.text) and \(second.text) overlap, so the broker may have sent some messages twice")
        }
        self.lines = lines
    }

    static func time(_ heard: ListeningResult) -> String {
        let seconds = heard.connectedFor.seconds.rounded()
        return TimeSpanText.spoken(TimeSpan(seconds: seconds) ?? heard.connectedFor)
    }

    private static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
