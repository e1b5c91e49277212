internal import AlarmModel
internal import Alarms
internal import GRDB
internal import Telemetry

/// The facts about the site for commands beside the gateway. The gateway stores them in the table `site`, as JSON
/// under the key `site`.
package struct SiteNote: Codable, Hashable, Sendable {
    package var name: String
    /// The zone's name in the time zone database. Operators read and write the site's local time.
    package var timeZone: String
    /// The names of the levels, lowest first.
    package var ladder: [String]

    package init(name: String, timeZone: String, ladder: [String]) {
        (self.name, self.timeZone, self.ladder) = (name, timeZone, ladder)
    }

    private static let key = "site"

    static func read(_ db: Database) throws -> SiteNote? {
        let text: String? = try db.first("SELECT value FROM site WHERE key = ?", [key])
        return text.flatMap { CanonicalJSON.value(SiteNote.self, $0) }
    }

    func write(_ db: Database) throws {
        guard try Self.read(db) != self else { return }
        try db.execute(
            sql: "INSERT OR REPLACE INTO site (key, value) VALUES (?, ?)",
            arguments: [Self.key, CanonicalJSON.text(self)])
    }
}

extension Store {
    /// Stores the facts about the site for commands.
    package func note(_ site: SiteNote) throws { try write { try site.write($0) } }
}

extension StoreReader {
    /// Returns the stored facts about the site; `nil` in a store of an earlier version.
    package func site() throws -> SiteNote? { try queue.read { try SiteNote.read($0) } }
}
