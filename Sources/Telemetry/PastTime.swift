/// A time in the past as people write it. It is parsed from text, and resolved by a site's clock.
///
/// The forms are `2h` (ago), `06:10` (the last time that a clock showed it), `today`, `yesterday`, `2018-06-03`,
/// `2018-06-03 22:00`, and RFC 3339 with an offset. Of a time that clocks have shown twice, the later one
/// counts that has come already.
package struct PastTime: Hashable, Sendable {
    private enum Form: Hashable, Sendable {
        case ago(TimeSpan)
        case instant(Instant)
        case now, today, yesterday
        /// `06:10`
        case clock(String)
        case day(String, clock: String)
    }

    private let form: Form

    /// - Returns: `nil` for a text that is not a time.
    package init?(_ text: String) {
        if let span = TimeSpan(text: text) {
            form = .ago(span)
        } else if let instant = Instant(rfc3339: text.utf8) {
            form = .instant(instant)
        } else if let form = Self.form(text) {
            self.form = form
        } else {
            return nil
        }
    }

    private static func form(_ text: String) -> Form? {
        switch text {
        case "now": return .now
        case "today": return .today
        case "yesterday": return .yesterday
        default: break
        }
        if isTime("2000-01-01", text) { return .clock(text) }
        let parts = text.split(maxSplits: 1) { $0 == " " || $0 == "T" }
        guard let day = parts.first.map(String.init) else { return nil }
        let clock = parts.count == 2 ? String(parts[1]) : "00:00"
        return isTime(day, clock) ? .day(day, clock: clock) : nil
    }

    /// Returns the moment, by the clock of a site. A time without a day is the last one that is not after `now`.
    package func instant(in zones: ZoneTable, now: Instant) -> Instant {
        let today = LocalTime(now, in: zones).day
        switch form {
        case .ago(let span): return now - span
        case .instant(let instant): return instant
        case .now: return now
        case .today: return Self.instant(today, "00:00", zones, now)
        case .yesterday: return Self.instant(Self.dayBefore(today), "00:00", zones, now)
        case .day(let day, let clock): return Self.instant(day, clock, zones, now)
        case .clock(let clock):
            let time = Self.instant(today, clock, zones, now)
            return time <= now ? time : Self.instant(Self.dayBefore(today), clock, zones, now)
        }
    }

    /// Returns the day before, by the calendar: a day may have 23 or 25 hours.
    private static func dayBefore(_ day: String) -> String {
        let noon = shown(day, "12:00") ?? .distantPast
        return String((noon - .days(1)).description.prefix(10))
    }

    private static func isTime(_ day: String, _ clock: String) -> Bool { shown(day, clock) != nil }

    /// Returns the instant at which a clock in UTC shows a day and a time.
    private static func shown(_ day: String, _ clock: String) -> Instant? {
        let seconds = clock.count == 5 ? clock + ":00" : clock.count == 4 ? "0" + clock + ":00" : clock
        return Instant(rfc3339: "\(day)T\(seconds)Z".utf8)
    }

    private static func instant(_ day: String, _ clock: String, _ zones: ZoneTable, _ now: Instant) -> Instant {
        // `form` has only days and times that `shown` accepts.
        let shown = shown(day, clock) ?? .distantPast
        return zones.instant(ofLocal: shown.nanoseconds, before: now)?.instant ?? shown
    }
}
