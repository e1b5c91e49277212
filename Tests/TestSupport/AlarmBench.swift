import AlarmModel
import Alarms
package import RuleEngine
import RuleLanguage
import Telemetry

/// Engine and book together, as the gateway drives them; the gateway's clock is the time of the readings.
package struct AlarmBench: ~Copyable {
    package static let start = Instant(rfc3339: "2018-06-03T20:00:00Z".utf8)!  // a literal that reads

    package static let rules = """
        hazard: flood
        rules:
          - name: river-rising
            summary: "{station}: river at {stage}, rising {rise}"
            for_each: station
            let: { stage: "mean(water_level, 10m)", rise: "slope(water_level, 30m)" }
            levels: { watch: stage > 2 m, emergency: stage > 4 m or rise > 6 m/h }
            clear: stage < 1 m
            escalate: duty
        """

    package var engine: Engine
    package var book: AlarmBook
    package let rules: CompiledRules

    /// Creates a bench.
    /// - Parameter stations: one device each.
    package init(
        _ text: String = rules, chattering: ChatteringLimit = ChatteringLimit(),
        stations: [String] = ["s1", "s2", "s3"]
    ) throws {
        let rules = try SmallSite.compile(text, stations: stations)
        let site = try SmallSite.site(stations)
        self.rules = rules
        engine = Engine(rules.plan)
        book = AlarmBook(
            rules: rules, ladder: SmallSite.ladder, site: site,
            seriesDevices: (0..<stations.count * 4).map { "d\($0 / 4 + 1)" },
            chattering: chattering)
    }

    /// Feeds readings of one series by seconds from the start: series 0 is the first device's water level, 1 its
    /// temperature, ….
    package mutating func feed(_ readings: [(Int64, Double)], series: Int32 = 0) -> [Transition] {
        var changes: [LevelChange] = []
        var transitions: [Transition] = []
        for (seconds, value) in readings {
            changes.removeAll()
            let time = Self.start + .seconds(seconds)
            _ = engine.ingest(Reading(series: SeriesID(index: series), time: time, value: value), into: &changes)
            for change in changes {
                transitions += book.apply(change, ladder: engine.ladderState(of: change.instance), recorded: time)
            }
        }
        return transitions
    }

    /// Executes an operator command, in seconds from the start.
    package mutating func execute(
        _ action: OperatorCommand.Action, _ note: String = "", alarm: String = "river-rising/s1", at seconds: Int64
    ) throws -> Transition {
        let outcome = try book.execute(
            OperatorCommand(action, alarm: alarm, person: "ada", note: note), at: Self.start + .seconds(seconds))
        guard let transition = outcome.transition else { throw TestFailure("nothing was active at \(outcome.name)") }
        return transition
    }
}
