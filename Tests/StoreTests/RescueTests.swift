import Alarms
import Escalation
import Foundation
import GRDB
import Store
import Telemetry
import TestSupport
import Testing
import Wire

@Suite struct RescueTests {
    /// A store that was not closed cleanly: readings, an alarm that is active, an escalation that waits.
    private func store(_ folder: borrowing TemporaryFolder) throws -> String {
        let path = folder.file("t.db")
        let store = try Store(path: path)
        _ = try store.series([SeriesName(device: "d1", quantity: "water_level", unit: "m")])
        var bench = try AlarmBench()
        var planner = EscalationPlanner(
            site: "s", destinations: [.init(name: "up", minimumLevel: .init(rank: 1))], policies: PolicySet())
        var batch = StoreBatch()
        batch.arrived = AlarmBench.start
        batch.readings = (0..<20_000).map { number in
            // SQLite keeps no NaN, and one zero.
            let value: Double = number == 0 ? -0.0 : number == 1 ? .nan : Double(number)
            return Reading(series: SeriesID(index: 1), time: AlarmBench.start + .seconds(Int64(number)), value: value)
        }
        batch.notes = [AuditNote("started", at: AlarmBench.start, text: "x")]
        try store.commit(batch)
        batch.removeAll()
        batch.transitions = bench.feed([(0, 2.5)])
        batch.escalations = batch.transitions.flatMap { planner.note($0) }.map(OutboxItem.init)
        batch.escalationStates = planner.takeChanges()
        try store.commit(batch)
        try store.close()
        return path
    }

    @Test("a store that is whole is opened as it is, after a clean stop and after another", arguments: [false, true])
    func whole(isClean: Bool) throws {
        let folder = try TemporaryFolder()
        let path = try store(folder)
        if isClean {
            let store = try Store(path: path)
            try store.note(AuditNote("stopped", at: AlarmBench.start, text: "x"))
            try store.close()
        }
        let (opened, rescue) = try Store.openOrRescue(path: path, at: AlarmBench.start)
        #expect(rescue == nil)
        #expect(try opened.activeAlarms().count == 1)
        try opened.close()
    }

    @Test(
        "wherever it is damaged, the gateway has a store that works, the damaged file is kept as it was, and what can be read of alarms is there",
        arguments: 1...30)
    func damaged(seed: UInt64) async throws {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let folder = try TemporaryFolder()
        let path = try store(folder)
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        if seed.isMultiple(of: 3) {
            bytes.removeLast(Int.random(in: 1..<bytes.count - 200, using: &random))
        } else {
            // A page, or a part of one, of noise.
            let length = Int.random(in: 16...8192, using: &random)
            let at = Int.random(in: 100..<bytes.count - length, using: &random)
            for index in at..<at + length { bytes[index] = UInt8.random(in: 0...255, using: &random) }
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let (store, rescue) = try Store.openOrRescue(path: path, at: AlarmBench.start + .hours(1))
        if let rescue {
            #expect(try Data(contentsOf: URL(fileURLWithPath: rescue.setAside)) == Data(bytes))
            #expect(rescue.description.contains(rescue.setAside))
            if !rescue.incomplete.contains("alarm"), rescue.saved["alarm"] == 1 {
                #expect(try store.activeAlarms().map(\.id) == ["river-rising/s1@2018-06-03T20:00:00Z"])
            }
            if rescue.saved["escalation"] == 1 { #expect(try await store.waiting(for: "up", limit: 9).count == 1) }
        }
        // It takes readings, alarms and notes.
        var bench = try AlarmBench()
        var batch = StoreBatch()
        batch.readings = [Reading(series: SeriesID(index: 1), time: AlarmBench.start + .days(1), value: 1)]
        batch.arrived = AlarmBench.start
        batch.transitions = bench.feed([(86_400, 2.5)])
        try store.commit(batch)
        #expect(try store.newestReading() == AlarmBench.start + .days(1))
        try store.close()
        // And is whole from then on.
        if rescue != nil { #expect(try Store.openOrRescue(path: path, at: AlarmBench.start + .hours(2)).rescue == nil) }
    }

    @Test(
        "a value that was changed in a stored page, without SQLite knowing, is found by its batch's checksum",
        arguments: 1...20)
    func silentDamage(seed: UInt64) throws {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let folder = try TemporaryFolder()
        let path = try store(folder)
        #expect(try StoreReader(path: path).check().faults == [])
        #expect(try StoreReader(path: path).check().readings == 20_000)
        let id = Int.random(in: 1...20_000, using: &random)
        let queue = try DatabaseQueue(path: path)
        let column =
            ["value = value + 1", "time = time + 1", "quality = 1", "series = series + 1", "value = NULL"]
            .randomElement(using: &random)
            ?? ""
        try queue.write { try $0.execute(sql: "UPDATE reading SET \(column) WHERE id = ?", arguments: [id]) }
        #expect(
            try StoreReader(path: path).check().faults.contains { $0.contains("its checksum differs") },
            "\(column) of \(id)")
        try queue.write { try $0.execute(sql: "DELETE FROM reading WHERE id = ?", arguments: [id]) }
        #expect(
            try StoreReader(path: path).check().faults.contains { $0.contains("had 20000 readings, and has 19999") })
        try queue.close()
    }

    @Test("a file that never was a store is left alone")
    func stranger() throws {
        let folder = try TemporaryFolder()
        try folder.write("t.db", String(repeating: "not a database ", count: 1000))
        #expect(throws: StoreError.self) { _ = try Store.openOrRescue(path: folder.file("t.db"), at: AlarmBench.start) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["t.db"])
    }

    @Test(
        "a repair takes over every batch that is as it was written, and leaves the damaged store where it says",
        arguments: 1...10)
    func repair(seed: UInt64) throws {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        let store = try Store(path: path)
        var batch = StoreBatch()
        for number in 0..<100 {
            batch.removeAll()
            batch.arrived = AlarmBench.start + .seconds(Int64(number))
            batch.readings = (0..<200).map { index in
                Reading(
                    series: SeriesID(index: 1), time: AlarmBench.start + .milliseconds(Int64(number * 200 + index)),
                    value: Double(index))
            }
            try store.commit(batch)
        }
        try store.note(AuditNote("stopped", at: AlarmBench.start, text: "x"))
        try store.close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        var bytes = whole
        // A few bytes among the readings, which lie in the second half of the file.
        let at = Int.random(in: bytes.count / 2..<bytes.count - 5000, using: &random)
        for index in at..<at + 64 { bytes[index] = UInt8.random(in: 0...255, using: &random) }
        try bytes.write(to: URL(fileURLWithPath: path))
        let rescue = try Store.repair(path: path, because: "the test", at: AlarmBench.start)
        #expect(try Data(contentsOf: URL(fileURLWithPath: rescue.setAside)) == bytes)
        let reader = try StoreReader(path: path)
        let findings = try reader.check()
        // What could not be taken over shows as what it is: a gap between two batches.
        #expect(findings.faults.allSatisfy { $0.contains("are missing") }, "\(findings.faults)")
        #expect(findings.readings == (100 - (rescue.lostBatches ?? 0)) * 200)
        #expect((rescue.lostBatches ?? 0) <= 4)
        #expect(try reader.verifyAudit().faults.isEmpty)
    }

    @Test("a store that has lost its end is found by the mark beside it, though SQLite finds nothing")
    func lostEnd() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        let store = try Store(path: path)
        func append(_ count: Int) throws {
            var batch = StoreBatch()
            batch.arrived = AlarmBench.start
            batch.readings = (0..<count).map {
                Reading(series: SeriesID(index: 1), time: AlarmBench.start + .seconds(Int64($0)), value: 1)
            }
            batch.notes = [AuditNote("started", at: AlarmBench.start, text: "x")]
            try store.commit(batch)
        }
        try append(10)
        try await store.keepMark()
        #expect(try store.lossSinceMark() == nil)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        try append(10)
        try await store.keepMark()
        #expect(try StoreReader(path: path).check().faults == [])
        try store.close()
        // The log was not written when the power went, whatever the disk had said.
        try before.write(to: URL(fileURLWithPath: path))
        let (later, rescue) = try Store.openOrRescue(path: path, at: AlarmBench.start)
        #expect(rescue == nil)
        let loss = try #require(try later.lossSinceMark())
        #expect(loss.contains("readings up to number 20 had been stored, and the newest is number 10"))
        #expect(loss.contains("the audit chain had reached record 2, and ends with 1"))
        #expect(try StoreReader(path: path).check().faults == [loss])
        try await later.keepMark()
        #expect(try later.lossSinceMark() == nil)
        try later.close()
    }

    /// The pages of a table's tree: its root, and the last of those below it.
    private func pages(of table: String, in path: String) throws -> (root: Range<Int>, last: Range<Int>?) {
        let queue = try DatabaseQueue(path: path)
        let (size, root) = try queue.read { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0,
                try Int.fetchOne(db, sql: "SELECT rootpage FROM sqlite_master WHERE name = ?", arguments: [table]) ?? 0
            )
        }
        try queue.close()
        func range(_ page: Int) -> Range<Int> { (page - 1) * size..<page * size }
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let header = range(root).lowerBound
        // An inner page of a table begins with 5, and has the number of its last child from byte 8 on (SQLite's file
        // format, 1.6).
        guard bytes[header] == 5 else { return (range(root), nil) }
        return (range(root), range(bytes[header + 8..<header + 12].reduce(0) { $0 << 8 | Int($1) }))
    }

    @Test("a repair of a store whose list of batches is broken says that readings were lost", arguments: [false, true])
    func brokenBatches(isAtEnd: Bool) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        let store = try Store(path: path)
        var batch = StoreBatch()
        for number in 0..<2500 {
            batch.removeAll()
            batch.arrived = AlarmBench.start + .seconds(Int64(number))
            batch.readings = [Reading(series: SeriesID(index: 1), time: batch.arrived, value: 1)]
            try store.commit(batch)
        }
        _ = try await store.forwarded(to: "up")
        try store.close()
        let (root, last) = try pages(of: "batch", in: path)
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        for index in isAtEnd ? try #require(last) : root { bytes[index] = 0x5a }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let rescue = try Store.repair(path: path, because: "the test", at: AlarmBench.start)
        #expect(rescue.isBatchTableBroken)
        #expect(rescue.isIncomplete)
        let saved = try #require(rescue.saved["reading"])
        #expect(isAtEnd ? saved >= 1000 && saved < 2500 : saved == 0)
        #expect(
            rescue.description.contains("all readings after the \(saved) that were taken over stay there"), "\(rescue)")
        // What is stored from now on is forwarded.
        let repaired = try Store(path: path)
        _ = try repaired.series([SeriesName(device: "d1", quantity: "water_level", unit: "m")])
        let forwarded = try await repaired.forwarded(to: "up")
        #expect(forwarded <= Int64(saved))
        try repaired.commit(batch)
        #expect(try await repaired.readings(after: forwarded, arrivedBefore: .distantFuture, limit: 10_000).count == 1)
        try repaired.close()
    }

    @Test("after a damaged store was set aside, what is stored from then on is forwarded")
    func forwardedAfterRescue() async throws {
        let folder = try TemporaryFolder()
        let path = try store(folder)
        let before = try Store(path: path)
        #expect(try await before.forwarded(to: "up") == 20_000)
        try before.close()
        let damaged = try pages(of: "batch", in: path).root
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        for index in damaged { bytes[index] = 0x5a }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let (rescued, rescue) = try Store.openOrRescue(path: path, at: AlarmBench.start)
        #expect(rescue != nil)
        var batch = StoreBatch()
        batch.arrived = AlarmBench.start
        batch.readings = [Reading(series: SeriesID(index: 1), time: AlarmBench.start, value: 1)]
        let forwarded = try await rescued.forwarded(to: "up")
        try rescued.commit(batch)
        #expect(try await rescued.readings(after: forwarded, arrivedBefore: .distantFuture, limit: 10).count == 1)
        try rescued.close()
    }

    @Test("a store that has lost all of its readings is found by the mark beside it")
    func lostAll() async throws {
        let folder = try TemporaryFolder()
        let path = try store(folder)
        let store = try Store(path: path)
        try await store.keepMark()
        try store.close()
        let queue = try DatabaseQueue(path: path)
        try await queue.write { try $0.execute(sql: "DELETE FROM reading; DELETE FROM batch") }
        try queue.close()
        let later = try Store(path: path)
        #expect(
            try later.lossSinceMark()?.contains("readings up to number 20000 had been stored, and none is left") == true
        )
        try later.close()
    }
}
