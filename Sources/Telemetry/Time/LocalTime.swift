/// A moment as people at a site read and write it: by their local clock, with its offset from UTC.
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

    /// Returns a day of a site's calendar, which may have 23 or 25 hours.
    /// - Parameter number: how many days before that of `now`: 0 for the day itself.
    package static func day(before now: Instant, by number: Int, in zones: ZoneTable) -> (
        name: String, start: Instant, end: Instant
    ) {
        func start(_ number: Int) -> (name: String, start: Instant) {
            let day = zones.dayAndMinute(at: now).day
            let date = CivilDate(daysSinceEpoch: Int64(day - number)).description
            let local = Instant(nanoseconds: Int64(day - number) * TimeSpan.days(1).nanoseconds)
            // The offset depends on the moment, which depends on the offset, so look it up twice.
            return (date, local - zones.offset(at: local - zones.offset(at: local)))
        }
        let day = start(number)
        return (day.name, day.start, start(number - 1).start)
    }
}
