internal import Foundation
internal import GRDB

extension Store {
    /// Where a store really lies: a symbolic link at the end of the path is followed, also one to a file that is yet to
    /// be made.
    ///
    /// SQLite keeps its log beside the file itself, so that all companions belong there: two links to one store are one
    /// store.
    package static func realPath(of path: String) -> String {
        var path = path
        // As many as the kernel follows (path_resolution(7)).
        for _ in 0..<40 {
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { return path }
            path = target.hasPrefix("/") ? target : (path as NSString).deletingLastPathComponent + "/" + target
        }
        return path
    }

    /// The store's files: the database, SQLite's two beside it, and what the gateway keeps there.
    package static func files(at path: String) -> [String] {
        ["", "-wal", "-shm", "-journal", ".mark", ".ballast", ".lock", ".underway"].map { path + $0 }
    }

    /// Makes a new file readable by the owner and their group alone, and an older one no more than that, whoever starts
    /// the gateway and with whatever umask: SQLite gives its companions the same mode. Where it cannot, opening says
    /// what is wrong.
    static func restrict(_ path: String) {
        // Closing a descriptor of a file that SQLite has open would end its locks: only a file that is new is opened.
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        if descriptor >= 0 { Glibc.close(descriptor) }
        var status = stat()
        guard stat(path, &status) == 0, descriptor >= 0 || status.st_mode & 0o7777 & ~mode != 0 else { return }
        chmod(path, mode)
    }

    private static var mode: mode_t { 0o640 }

    /// A database of another program is not touched: not its journal mode, not its tables, not its name.
    ///
    /// A file that cannot be read at all passes: what is wrong with it, opening says.
    /// - Throws: ``StoreError/foreign(_:)``
    static func refuseForeign(_ path: String) throws(StoreError) {
        guard FileManager.default.fileExists(atPath: path), let tables = try? tables(of: path) else { return }
        // GRDB makes its own table before the first migration.
        let isUnbegun = tables.subtracting(["grdb_migrations"]).isEmpty
        // One of these names may be anybody's; and of a damaged store not every name is what it was.
        let known = tables.intersection(["series", "reading", "batch", "alarm", "transition", "escalation"])
        guard isUnbegun || known.count >= 4 else { throw .foreign(path) }
    }

    private static func tables(of path: String) throws -> Set<String> {
        let file = try openToLook(path)
        defer { try? file.close() }
        return try file.read { db in
            Set(
                try String.fetchAll(
                    db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"))
        }
    }
}
