internal import Foundation
internal import GRDB

extension Store {
    /// Returns the real location of a store: follows a symbolic link at the end of the path, also to a file that does
    /// not exist yet.
    ///
    /// SQLite keeps its log beside the file itself, so the other files belong there too: two links to one store are
    /// one store.
    package static func realPath(of path: String) -> String {
        var path = path
        // The kernel's own limit (path_resolution(7)).
        for _ in 0..<40 {
            // A path that is not a link gives an error, and is the answer.
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { return path }
            path = target.hasPrefix("/") ? target : (path as NSString).deletingLastPathComponent + "/" + target
        }
        return path
    }

    /// Returns the paths of a store's files: the database, SQLite's files beside it, and those of the gateway.
    package static func files(at path: String) -> [String] {
        ["", "-wal", "-shm", "-journal", ".mark", ".ballast", ".lock", ".underway"].map { path + $0 }
    }

    /// Makes a store's file readable only by its owner and group, whoever starts the gateway and with any umask.
    /// SQLite gives its own files beside it the same mode. If this fails, the error comes when the store is opened.
    static func restrict(_ path: String) {
        // Closing a descriptor of a file that SQLite has open would end its locks: only a file that is new is opened.
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        if descriptor >= 0 { Glibc.close(descriptor) }
        var status = stat()
        guard stat(path, &status) == 0, descriptor >= 0 || status.st_mode & 0o7777 & ~mode != 0 else { return }
        chmod(path, mode)
    }

    private static var mode: mode_t { 0o640 }

    /// Refuses the database of another program before changing anything in it.
    ///
    /// A file that cannot be read at all passes, because opening it then reports the error.
    /// - Throws: ``StoreError/foreign(_:)``
    static func refuseForeign(_ path: String) throws(StoreError) {
        // A file whose tables cannot be read passes, as said above.
        guard FileManager.default.fileExists(atPath: path), let tables = try? tables(of: path) else { return }
        // GRDB creates its own table before the first migration.
        let isUnbegun = tables.subtracting(["grdb_migrations"]).isEmpty
        // Another program may use one of these names; and a damaged store may have lost some of them.
        let known = tables.intersection(["series", "reading", "batch", "alarm", "transition", "escalation"])
        guard isUnbegun || known.count >= 4 else { throw .foreign(path) }
    }

    private static func tables(of path: String) throws -> Set<String> {
        let file = try openToLook(path)
        // Closing a connection that only reads cannot lose anything.
        defer { try? file.close() }
        return try file.read { db in
            Set(
                try String.fetchAll(
                    db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"))
        }
    }
}
