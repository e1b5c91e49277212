import Foundation
import GRDB
import Store
import Telemetry
import TestSupport
import Testing

/// Somebody who reads for a long time, as `tocsin store check` does, and a repair that fails on the way.
@Suite struct LongReaderTests {
    private func batch(_ value: Double) -> StoreBatch {
        var batch = StoreBatch()
        batch.arrived = AlarmBench.start
        batch.readings = [Reading(series: SeriesID(index: 1), time: AlarmBench.start, value: value)]
        return batch
    }

    @Test("a gateway that was killed starts while somebody reads its store for a long time")
    func readerAtStart() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        // It is not closed, as one that was killed.
        let killed = try Store(path: path)
        try killed.commit(batch(1))
        var configuration = GRDB.Configuration()
        configuration.allowsUnsafeTransactions = true
        let reader = try DatabaseQueue(path: path, configuration: configuration)
        try reader.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN")
            _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM reading")
        }
        let before = ContinuousClock.now
        let store = try Store(path: path)
        _ = try store.series([SeriesName(device: "d1", quantity: "water_level", unit: "m")])
        for number in 2...20 { try store.commit(batch(Double(number))) }
        #expect(ContinuousClock.now - before < .seconds(5))
        try reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        try store.commit(batch(21))
        #expect(try StoreReader(path: path).count(.reading) == 21)
        try killed.close()
    }

    private struct Stopped: Error {}

    @Test("a repair that fails on the way leaves the store where and as it was")
    func failingRepair() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        let store = try Store(path: path)
        try store.commit(batch(1))
        try store.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect {
            try Store.repair(path: path, because: "x", at: AlarmBench.start) { _ in throw Stopped() }
        } throws: { "\($0)".contains("it cannot be repaired: Stopped()") && "\($0)".contains(path) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("damaged") } == [])
    }

    @Test("a store that is rescued knows which filters the broker's session may hold")
    func subscriptions() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        let store = try Store(path: path)
        try store.noteSubscriptions(["old/+"])
        try store.close()
        let rescue = try Store.repair(path: path, because: "x", at: AlarmBench.start)
        #expect(!rescue.isIncomplete)
        #expect(try Store(path: path).noteSubscriptions(["new/+"]) == ["old/+"])
    }
}
