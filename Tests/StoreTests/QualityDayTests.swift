import Store
import Telemetry
import TestSupport
import Testing

/// The counts behind `tocsin quality`, and its daily records.
@Suite struct QualityDayTests {
    static let start = Instant(rfc3339: "2018-06-03T00:00:00Z".utf8)!  // a literal that reads

    @Test("readings are counted by event time and series, with their flags and delays")
    func tallies() throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        let id = SeriesID(index: 3)
        func commit(_ minutes: [Int64], _ quality: Quality = [], delay: Int64 = 2) throws {
            for minute in minutes {
                var batch = StoreBatch()
                let time = Self.start + .minutes(minute)
                batch.arrived = time + .seconds(delay)
                batch.readings = [Reading(series: id, time: time, value: 2, quality: quality)]
                try store.commit(batch)
            }
        }
        try commit([-1, 1440])
        try commit(Array(0..<10))
        try commit([10, 11], Quality(.spike, .fail), delay: 60)
        try commit([12], Quality(.neighbours, .suspect), delay: 600)
        try commit([13], [.clockReplaced, .notEvaluated])
        try commit([14], .notEvaluated)
        let reader = try StoreReader(path: folder.file("t.db"))
        let tally = try #require(try reader.qualityTallies(from: Self.start, until: Self.start + .days(1))[id])
        #expect(tally.received == 15)
        #expect(tally.failed == 2)
        #expect(tally.suspect == 2)
        #expect(tally.notEvaluated == 1)
        #expect(tally.contradicted == 1)
        #expect(tally.clockReplaced == 1)
        #expect(tally.findings == [.spike: 2, .neighbours: 1])
        #expect(tally.delays.count == 14)
        #expect(tally.delays.delay(0.5) == 2)
        #expect(abs((tally.delays.delay(0.95) ?? 0) - 600) < 600 * 0.045)
        #expect(tally.delays.part(within: .seconds(60)) == 13.0 / 14.0)
        #expect(tally.sum == 30)
    }

    private static func record(_ change: (inout QualityTally) -> Void, expected: Int? = 100, missing: Int? = nil)
        -> QualityDay
    {
        var tally = QualityTally()
        for minute in 0..<100 as Range<Int64> {
            tally.add(Reading(series: SeriesID(index: 0), time: start + .minutes(minute), value: 1), delay: 1)
        }
        change(&tally)
        return QualityDay(
            day: "2018-06-03", device: "d", quantity: "q", expected: expected, tally: tally, limit: .minutes(1),
            hasNeighbours: true, missingMessages: missing)
    }

    @Test("the grade follows from the worst measure")
    func grades() {
        #expect(Self.record { _ in }.grade == "A")
        #expect(Self.record({ _ in }, expected: 105).grade == "B")
        #expect(Self.record({ _ in }, expected: 150).worst?.measure == .completeness)
        #expect(Self.record { $0.failed = 20 }.grade == "C")
        #expect(Self.record { $0.failed = 20 }.worst?.measure == .validity)
        #expect(Self.record { $0.contradicted = 60 }.grade == "E")
        #expect(Self.record { $0.contradicted = 60 }.worst?.measure == .accuracy)
        #expect(Self.record { $0.clockReplaced = 30 }.worst?.measure == .stability)
        #expect(Self.record({ _ in }, missing: 100).part(.stability) == 0.5)
        let slow = Self.record {
            $0.delays = DelayHistogram()
            $0.delays.add(90, times: 60)
            $0.delays.add(1, times: 40)
        }
        #expect(slow.part(.timeliness) == 0.4)
        #expect(Self.record({ _ in }, expected: nil).part(.completeness) == nil)
        let nothing = Self.record { $0 = QualityTally() }
        #expect(nothing.grade == "E")
        #expect(nothing.part(.validity) == nil)
        #expect(Self.record({ $0 = QualityTally() }, expected: nil).grade == "-")
    }

    @Test("a site is what its sensors are together: one that sends too much does not make up for a silent one")
    func total() {
        let good = Self.record({ $0.failed = 10 }, expected: 80, missing: 4)
        let silent = Self.record({ $0 = QualityTally() }, expected: 100, missing: 4)
        let events = Self.record({ _ in }, expected: nil)
        let total = QualityDay.total(of: [good, silent, events], day: "", device: "all", quantity: "")
        #expect(total.expected == 180)
        #expect(total.received == 80)
        #expect(total.missingMessages == 4, "both are sensors of one device")
        #expect(total.worst?.measure == .completeness)
        #expect(total.grade == "E")
        #expect(total.part(.validity) == 0.9)
        #expect(total.inTime == 1)
    }

    @Test("records are kept by day, replace those of the same day, and outlive the readings for ten years")
    func kept() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        #expect(try store.newestQualityDay(upTo: "2018-06-05") == nil)
        var first = Self.record({ _ in }, missing: 3)
        try await store.keep([first], daysMax: 3653)
        first.received = 7
        var later = first
        later.day = "2018-06-04"
        try await store.keep([first, later], daysMax: 3653)
        #expect(try store.newestQualityDay(upTo: "2018-06-05") == "2018-06-04")
        #expect(try store.newestQualityDay(upTo: "2018-06-03") == "2018-06-03")
        let reader = try StoreReader(path: folder.file("t.db"))
        #expect(try reader.qualityDays(since: "2018-06-03") == [first, later])
        #expect(try reader.qualityDays(since: "2018-06-04") == [later])
        try await store.keep([], daysMax: 1)
        #expect(try reader.qualityDays(since: "2000-01-01") == [later])
    }

    @Test("a day of the site's calendar has 23 hours when clocks are set forward, and 25 when they are set back")
    func days() {
        // Offsets of Central Europe in 2026.
        func instant(_ text: String) -> Instant { Instant(rfc3339: text.utf8)! }  // literals that read
        let zone = ZoneTable([
            .init(from: .distantPast, offset: .hours(1)),
            .init(from: instant("2026-03-29T01:00:00Z"), offset: .hours(2)),
            .init(from: instant("2026-10-25T01:00:00Z"), offset: .hours(1)),
        ])
        func day(_ now: String, _ number: Int) -> String {
            let day = LocalTime.day(before: instant(now), by: number, in: zone)
            return "\(day.name) \(day.start) \(Int((day.end - day.start).seconds / 3600))"
        }
        #expect(day("2026-03-30T05:00:00Z", 1) == "2026-03-29 2026-03-28T23:00:00Z 23")
        #expect(day("2026-10-26T05:00:00Z", 1) == "2026-10-25 2026-10-24T22:00:00Z 25")
        #expect(day("2026-06-01T21:59:00Z", 0) == "2026-06-01 2026-05-31T22:00:00Z 24")
        #expect(day("2026-06-01T22:00:00Z", 0) == "2026-06-02 2026-06-01T22:00:00Z 24")
        #expect(day("2026-03-01T00:00:00Z", 1) == "2026-02-28 2026-02-27T23:00:00Z 24")
    }
}
