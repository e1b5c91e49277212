internal import Foundation
package import Telemetry

extension ZoneTable {
    /// Returns whether the time zone database has a zone of that name.
    static func isKnown(_ name: String) -> Bool { TimeZone(identifier: name) != nil }

    /// Makes a table of a zone's offsets from 1970 to 2100, from the time zone database. An unknown name gives UTC.
    package init(timeZone name: String) {
        guard let zone = TimeZone(identifier: name) else {
            self.init()
            return
        }
        var entries: [Entry] = []
        var date: Date? = Date(timeIntervalSince1970: 0)
        let end = Date(timeIntervalSince1970: 4_102_444_800)
        while let at = date, at < end {
            entries.append(
                Entry(
                    from: Instant(nanoseconds: Int64(at.timeIntervalSince1970) * 1_000_000_000),
                    offset: .seconds(Int64(zone.secondsFromGMT(for: at)))))
            date = zone.nextDaylightSavingTimeTransition(after: at)
        }
        self.init(entries)
    }
}
