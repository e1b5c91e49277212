import AlarmModel
import Foundation
import GRDB
import Store
import Telemetry
import TestSupport
import Testing

/// Opens a file of every version that the schema has had. `Versions` holds one dump for each: the schema as it was,
/// with a row in every table.
@Suite struct VersionTests {
    /// There was no version 9.
    static let versions = [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13]
    static let start = Instant(rfc3339: "2018-06-03T20:00:00Z".utf8)!  // a literal that reads

    private func store(_ version: Int, _ folder: borrowing TemporaryFolder) throws -> String {
        let name = "v\(version < 10 ? "0" : "")\(version).sql"
        let dump = try String(
            contentsOfFile: RepositoryRoot.path + "/Tests/StoreTests/Versions/" + name, encoding: .utf8)
        let path = folder.file("t.db")
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { try $0.execute(sql: dump) }
        try queue.close()
        return path
    }

    private func states(_ store: Store) throws -> [String: AlarmState.Kind] {
        Dictionary(
            uniqueKeysWithValues: try (store.activeAlarms() + store.returnedAlarms(limit: 9)).map {
                ($0.group, $0.state.kind)
            })
    }

    @Test("a store of an earlier version keeps readings, alarms, the outbox and suppressions", arguments: versions)
    func kept(version: Int) async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: store(version, folder))
        let names = [("d1", "water_level", "m"), ("d2", "rain", "mm")].map {
            SeriesName(device: $0, quantity: $1, unit: $2)
        }
        #expect(try names.map { try store.series(names)[$0]?.index } == [1, 2])
        var values: [Double] = []
        try store.replay(after: .distantPast) { values.append($0.value) }
        #expect(values.prefix(3) == [1.5, 0.2, 2.5] && values.count == 4 && values[3].isNaN)

        var expected: [String: AlarmState.Kind] = ["open": .unacknowledged]
        if version >= 2 { expected["dark"] = .unacknowledged }
        if version >= 3 { expected.merge(["known": .acknowledged, "shelf": .shelved]) { $1 } }
        if version >= 4 { expected["noisy"] = .unacknowledged }
        #expect(try states(store) == expected)
        let alarms = Dictionary(uniqueKeysWithValues: try store.activeAlarms().map { ($0.group, $0) })
        #expect(alarms["open"]?.area?.middle == Position(latitude: 38.5, longitude: -76.5))
        #expect(alarms["open"]?.labels == ["station": "open"])
        #expect(alarms["dark"]?.ladder.hasNoData == (version >= 2 ? true : nil))
        #expect(alarms["dark"]?.moved == (version >= 2 ? Self.start + .seconds(1) : nil), "its raise counts")
        #expect(alarms["known"]?.state.acknowledgement?.person == (version >= 3 ? "ada" : nil))
        #expect(alarms["noisy"]?.chattering?.changes == (version >= 4 ? 3 : nil))
        #expect(alarms["open"]?.origin?.devices == (version >= 10 ? ["d1"] : nil))

        let suppressed = try store.suppressions().map(\.group)
        #expect(suppressed == (version >= 4 ? ["out", "shelf"] : version == 3 ? ["shelf"] : []))
        let waiting = try await store.waiting(for: "up", limit: 9).map(\.escalation.alarm)
        #expect(
            waiting.map { $0.prefix(10) } == (version >= 2 ? ["river/open", "river/dark"] : ["river/open"]))
        #expect(try await store.outboxState(at: Self.start).parked == (version >= 4 ? 1 : 0))
        #expect(try await store.forwarded(to: "up") == (version >= 4 ? 3 : 4))
        #expect(try store.receivedMessages().map(\.last) == (version >= 6 ? [1] : []))
        #expect(try store.maintenance().map(\.device) == (version >= 13 ? ["d1"] : []))
        #expect(store.takeUnreadable() == [])
        try store.close()
    }

    @Test("a store of an earlier version is whole, and its audit chain agrees with its rows", arguments: versions)
    func whole(version: Int) async throws {
        let folder = try TemporaryFolder()
        let path = try store(version, folder)
        try Store(path: path).close()
        let reader = try StoreReader(path: path)
        let findings = try reader.check()
        #expect(findings.faults == [])
        #expect(findings.readings == 4)
        #expect(findings.uncheckedBatches == (version >= 5 ? 0 : 1))
        #expect(findings.auditRecords == [1: 1, 2: 1, 3: 1, 12: 3, 13: 4][version] ?? 3)
        #expect(try reader.refusals(limit: 9).map(\.payload) == [[0xff, UInt8(ascii: "{")]])
        #expect(try reader.site()?.name == (version >= 13 ? "river" : nil))

        // What changes in a file from then on is found.
        let queue = try DatabaseQueue(path: path)
        try await queue.write { try $0.execute(sql: "UPDATE transition SET kind = 'rose' WHERE sequence = 1") }
        try queue.close()
        #expect(try !reader.verifyAudit().faults.isEmpty)
    }

    @Test("transitions that have words of earlier versions are read as what they mean", arguments: [2, 13])
    func earlierWords(version: Int) async throws {
        let folder = try TemporaryFolder()
        let path = try store(version, folder)
        let store = try Store(path: path)
        #expect(try await store.isFlooded("up", since: Self.start, over: 2))
        #expect(try await !store.isFlooded("up", since: Self.start, over: 3))
        try store.close()
        let reader = try StoreReader(path: path)
        let kinds = Dictionary(grouping: try reader.events(after: 0, since: nil), by: \.group).mapValues {
            $0.map(\.kind)
        }
        #expect(kinds["dark"] == [.noData])
        #expect(kinds["noisy"] == (version >= 4 ? [.raised, .chattering] : nil))
        #expect(try reader.raises(since: Self.start) == (version == 2 ? 3 : 6))
    }

    @Test("alarms that begin because nothing is known of their group make a flood, under their new word as well")
    func floodWithoutData() async throws {
        let folder = try TemporaryFolder()
        let path = try store(13, folder)
        let store = try Store(path: path)
        let queue = try DatabaseQueue(path: path)
        try await queue.write {
            try $0.execute(sql: "UPDATE escalation SET payload = replace(payload, '\"blind\"', '\"no-data\"')")
        }
        try queue.close()
        #expect(try await store.isFlooded("up", since: Self.start, over: 2))
        try store.close()
    }
}
