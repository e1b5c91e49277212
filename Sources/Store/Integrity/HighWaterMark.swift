internal import Foundation
internal import GRDB

/// The newest known state of a store, kept in a file beside it. SQLite opens a log that has lost its end as if it had
/// always been shorter, and silently drops committed rows. Only a file outside the database can reveal that.
struct HighWaterMark: Codable, Equatable {
    /// The number of the newest reading; 0 for none.
    var reading: Int64
    /// The newest record of the audit chain, and its hash.
    var audit: Int64
    var hash: String

    static func path(of store: String) -> String { store + ".mark" }

    static func read(besides store: String) -> HighWaterMark? {
        FileManager.default.contents(atPath: path(of: store)).flatMap {
            // A mark that cannot be read is not evidence of a loss.
            try? JSONDecoder().decode(HighWaterMark.self, from: $0)
        }
    }

    static func current(_ db: Database) throws -> HighWaterMark {
        let head = try StoredAuditRecord.head(db)
        return HighWaterMark(
            reading: try Int64.fetchOne(db, sql: "SELECT max(id) FROM reading") ?? 0, audit: head?.number ?? 0,
            hash: head?.hash ?? "")
    }

    /// Describes the part of the mark that a store no longer has; `nil` if it has everything.
    func loss(_ db: Database) throws -> String? {
        let now = try HighWaterMark.current(db)
        var losses: [String] = []
        // Retention always keeps the newest reading.
        if now.reading < reading {
            let rest = now.reading > 0 ? "the newest is number \(now.reading)" : "none is left"
            losses.append("readings up to number \(reading) had been stored, and \(rest)")
        }
        if now.audit < audit {
            losses.append("the audit chain had reached record \(audit), and ends with \(now.audit)")
        } else if let hash: String = try db.first("SELECT hash FROM audit WHERE id = ?", [audit]), hash != self.hash {
            losses.append("record \(audit) of the audit chain is another one than it was")
        }
        return losses.isEmpty ? nil : losses.joined(separator: "; ")
    }
}

extension Store {
    /// Writes the mark of the store beside it. Everything up to the mark is on the disk by then.
    package func keepMark() async throws {
        let mark = try await queue.writeWithoutTransaction { [log] db in
            // A sync that fails here makes the log as doubtful as one that fails in a commit.
            try log.guarding(db) {
                let mark = try HighWaterMark.current(db)
                // Marks of delivery are committed without a sync, so sync here.
                try db.checkpoint(.passive)
                return mark
            }
        }
        try JSONEncoder().encode(mark).write(to: URL(fileURLWithPath: HighWaterMark.path(of: path)), options: .atomic)
    }

    /// Describes the data that the store had when its mark was last written, and no longer has; `nil` if it has
    /// everything.
    package func lossSinceMark() throws -> String? {
        guard let mark = HighWaterMark.read(besides: path) else { return nil }
        return try queue.read { try mark.loss($0) }
    }
}
