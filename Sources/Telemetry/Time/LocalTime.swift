/// A moment as people at a site read and write it: by their own clock, with how far that is from UTC.
package struct LocalTime: Hashable, Sendable, CustomStringConvertible {
    /// `2018-06-03`
    package let day: String
    /// `17:05:00`
    package let clock: String
    /// `UTC-4`, `UTC+5:30`, `UTC`
    package let zone: String

    package init(_ instant: Instant, in zones: ZoneTable) {
        let offset = zones.offset(at: instant)
        let text = (instant + offset).description
        day = String(text.prefix(10))
        clock = String(text.dropFirst(11).prefix(8))
        zone = Self.name(offset)
    }

    /// `2018-06-03 17:05:00 UTC-4`
    package var description: String { "\(day) \(clock) \(zone)" }

    /// `17:05`
    package var minute: String { String(clock.prefix(5)) }

    private static func name(_ offset: TimeSpan) -> String {
        let minutes = abs(offset.nanoseconds) / TimeSpan.minutes(1).nanoseconds
        guard minutes > 0 else { return "UTC" }
        let rest = minutes % 60
        return "UTC\(offset < .zero ? "-" : "+")\(minutes / 60)" + (rest == 0 ? "" : ":\(rest < 10 ? "0" : "")\(rest)")
    }

    /// Reads a time in the past as people write it: `2h` ago, `06:10` (the last time that it was), `today`,
    /// `yesterday`, `2018-06-03`, `2018-06-03 22:00`, by the site's clock; or RFC 3339 with an offset.
    package static func read(_ text: String, in zones: ZoneTable, now: Instant) -> Instant? {
        if let span = TimeSpan(text: text) { return now - span }
        if let instant = Instant(rfc3339: text.utf8) { return instant }
        let today = LocalTime(now, in: zones).day
        switch text {
        case "now": return now
        case "today": return instant(today, "00:00", zones)
        case "yesterday": return instant(dayBefore(today), "00:00", zones)
        default: break
        }
        if let time = instant(today, text, zones) {
            return time <= now ? time : instant(dayBefore(today), text, zones)
        }
        let parts = text.split(maxSplits: 1) { $0 == " " || $0 == "T" }
        guard let day = parts.first else { return nil }
        return instant(String(day), parts.count == 2 ? String(parts[1]) : "00:00", zones)
    }

    /// By the calendar: a day may have 23 or 25 hours.
    private static func dayBefore(_ day: String) -> String {
        let noon = Instant(rfc3339: "\(day)T12:00:00Z".utf8) ?? .distantPast
        return String((noon - .days(1)).description.prefix(10))
    }

    private static func instant(_ day: String, _ clock: String, _ zones: ZoneTable) -> Instant? {
        let seconds = clock.count == 5 ? clock + ":00" : clock.count == 4 ? "0" + clock + ":00" : clock
        guard let shown = Instant(rfc3339: "\(day)T\(seconds)Z".utf8) else { return nil }
        // The offset is that of the moment, which is known only with it.
        return shown - zones.offset(at: shown - zones.offset(at: shown))
    }
}
