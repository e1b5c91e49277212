import Foundation
import GRDB
import Store
import Telemetry
import TestSupport
import Testing

/// What shares a folder with the store: another gateway, another program's database, a link.
@Suite struct NeighbourTests {
    @Test("a store is one gateway's: the second is told whose it is, and the lock ends with its holder")
    func lock() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        var first: StoreLock? = try StoreLock(of: path)
        let error = #expect(throws: StoreError.self) { _ = try StoreLock(of: path) }
        #expect(error.map { "\($0)" }?.contains("(process \(getpid()))") == true, "\(error.map { "\($0)" } ?? "")")
        #expect(first != nil)
        first = nil
        _ = try StoreLock(of: path)
    }

    @Test("no store is repaired while a gateway has it")
    func repair() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        try Store(path: path).close()
        let lock = try StoreLock(of: path)
        #expect(throws: StoreError.self) {
            _ = try Store.repair(path: path, because: "asked for", at: Instant(nanoseconds: 0))
        }
        #expect(!(try FileManager.default.contentsOfDirectory(atPath: folder.path)).contains { $0.contains("damaged") })
        withExtendedLifetime(lock) {}
    }

    @Test("a lock that cannot be made says why, and a link in its place is not followed")
    func noLock() throws {
        let folder = try TemporaryFolder()
        #expect(throws: StoreError.self) { _ = try StoreLock(of: folder.file("none/t.db")) }
        try folder.write("victim", "of another program")
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("t.db.lock"), withDestinationPath: folder.file("victim"))
        #expect(throws: StoreError.self) { _ = try StoreLock(of: folder.file("t.db")) }
        #expect(try String(contentsOfFile: folder.file("victim"), encoding: .utf8) == "of another program")
    }

    private static let foreign = [
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)",
        "CREATE TABLE grdb_migrations (identifier TEXT PRIMARY KEY); CREATE TABLE person (id INTEGER)",
        // Names that many programs use.
        "CREATE TABLE reading (id INTEGER); CREATE TABLE series (id INTEGER); CREATE TABLE alarm (id INTEGER)",
    ]

    @Test(
        "a database of another program is refused, and not a byte of it is changed", arguments: foreign, [false, true])
    func anotherProgram(schema: String, isDamaged: Bool) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("photos.db")
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            try db.execute(sql: schema)
            try db.execute(sql: "CREATE TABLE pages (text TEXT)")
            for _ in 0..<100 {
                try db.execute(sql: "INSERT INTO pages VALUES (?)", arguments: [String(repeating: "x", count: 3000)])
            }
        }
        try queue.close()
        if isDamaged {
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            for index in bytes.count / 2..<bytes.count { bytes[index] = 0x5a }
            try bytes.write(to: URL(fileURLWithPath: path))
        }
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        func refused(_ body: () throws -> Void) {
            let error = #expect(throws: StoreError.self, performing: body)
            #expect(error.map { "\($0)" }?.contains("of another program") == true, "\(error.map { "\($0)" } ?? "")")
        }
        refused { _ = try Store(path: path) }
        refused { _ = try StoreReader(path: path) }
        refused { _ = try Store.openOrRescue(path: path, at: Instant(nanoseconds: 0)) }
        refused { _ = try Store.repair(path: path, because: "asked for", at: Instant(nanoseconds: 0)) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["photos.db"])
    }

    @Test(
        "a file of no tables, as a crash at the very first start leaves it, becomes a store",
        arguments: [nil, "grdb_migrations"])
    func unbegun(table: String?) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            if let table { try db.execute(sql: "CREATE TABLE \(table) (identifier TEXT NOT NULL PRIMARY KEY)") }
        }
        try queue.close()
        try Store(path: path).close()
        #expect(try StoreReader(path: path).count(.reading) == 0)
    }

    @Test(
        "a link to a store is the store: also a link to a link, one that is relative, and one to a file yet to be made")
    func links() throws {
        let folder = try TemporaryFolder()
        let files = FileManager.default
        try files.createDirectory(atPath: folder.file("disk"), withIntermediateDirectories: true)
        try files.createSymbolicLink(atPath: folder.file("disk/link.db"), withDestinationPath: "real.db")
        try files.createSymbolicLink(atPath: folder.file("t.db"), withDestinationPath: "disk/link.db")
        #expect(Store.realPath(of: folder.file("t.db")) == folder.file("disk/real.db"))
        #expect(Store.realPath(of: folder.file("disk/real.db")) == folder.file("disk/real.db"))
        try files.createSymbolicLink(atPath: folder.file("round"), withDestinationPath: "round")
        #expect(Store.realPath(of: folder.file("round")).hasSuffix("round"))
    }

    @Test(
        "the store is for its owner and their group, whatever the umask is, and one that was open to all is closed",
        arguments: [0o022, 0o077, 0])
    func mode(mask: mode_t) throws {
        let folder = try TemporaryFolder()
        func mode(_ name: String) throws -> Int? {
            (try FileManager.default.attributesOfItem(atPath: folder.file(name))[.posixPermissions] as? NSNumber)?
                .intValue
        }
        let before = umask(mask)
        defer { umask(before) }
        let store = try Store(path: folder.file("t.db"))
        #expect(try mode("t.db") == 0o640)
        #expect(try mode("t.db-wal") == 0o640)
        try store.close()
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: folder.file("t.db"))
        try Store(path: folder.file("t.db")).close()
        #expect(try mode("t.db") == 0o640)
    }
}
