import Diagnostics
import Gateway
import Logging
import Pipeline
import SiteConfiguration
import Store
import Telemetry
import TestSupport
import Testing

/// The gateway's daily record of the quality of its sensors' data, and how a command shows it.
@Suite struct QualityRecordTests {
    /// Stores a reading each ten minutes, but every fourth.
    private func store(_ count: Int64, from begin: Instant, of series: SeriesID, _ store: Store) throws {
        for number in 0..<count where number % 4 != 0 {
            var batch = StoreBatch()
            let time = begin + .minutes(number * 10)
            batch.arrived = time + .seconds(5)
            batch.readings = [Reading(series: series, time: time, value: 1)]
            try store.commit(batch)
        }
    }

    @Test("a day is recorded once it is over and backlogs had time to come; days without a gateway are made up for")
    func daily() async throws {
        let folder = try TemporaryFolder()
        try folder.write("profiles/test.yaml", PipelineBench.gauge(interval: "10m", silence: "1h"))
        try folder.write(
            "site.yaml",
            """
            site: bench
            time_zone: Europe/Vienna
            devices: [ { id: d1, profile: test }, { id: d2, profile: test } ]

            """)
        try folder.write(
            "rules/rules.yaml",
            """
            hazard: flood
            rules: [ { name: high, summary: high, for_each: device, levels: { watch: water_level > 3 m } } ]

            """)
        let file = try folder.write(
            "tocsin.yaml",
            """
            site: site.yaml
            profiles: profiles
            rules: rules
            broker: { host: nowhere, client_id: gateway }
            store: { path: t.db }
            destinations: [ { name: log, kind: log, file: log.jsonl } ]
            health: { rules: none }

            """)
        // 2026-06-01 22:00 in UTC is the beginning of the second of June in Vienna.
        let begin = Instant(rfc3339: "2026-06-01T22:00:00Z".utf8)!  // a literal that reads
        let clock = ManualClock(begin)
        let quiet = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let surroundings = Surroundings(clock: clock, link: { _ in QueueLink() }, destinations: { _ in [] })
        let core = try GatewayCore(
            Configuration.read(SourceFile(name: file, text: try String(contentsOfFile: file, encoding: .utf8))),
            in: surroundings, statistics: StatisticsBoard(), logger: quiet)
        try store(288, from: begin, of: core.siteModel.series.id(device: "d1", quantity: "water_level"), core.store)
        func records() throws -> [String] {
            try StoreReader(path: folder.file("t.db")).qualityDays(since: "2000-01-01").map {
                "\($0.day) \($0.device) \($0.received) of \($0.expected ?? -1), \($0.grade)"
            }
        }
        clock.set(begin + .hours(25))
        try await core.maintainStore()
        // The gateway did not exist on the first of June, and the second still may get readings.
        #expect(try records() == [])
        clock.set(begin + .hours(26) + .minutes(59))
        try await core.maintainStore()
        #expect(try records() == [])
        clock.set(begin + .hours(27) + .minutes(10))
        try await core.maintainStore()
        #expect(try records().suffix(2) == ["2026-06-02 d1 108 of 143, C", "2026-06-02 d2 0 of 143, E"])
        // Nobody ran for two days.
        clock.set(begin + .days(4) + .hours(4))
        try await core.maintainStore()
        #expect(
            try records().suffix(4) == [
                "2026-06-04 d1 0 of 144, E", "2026-06-04 d2 0 of 144, E", "2026-06-05 d1 0 of 144, E",
                "2026-06-05 d2 0 of 144, E",
            ])
        #expect(try records().count == 8)
        try await core.finish()
    }
}
