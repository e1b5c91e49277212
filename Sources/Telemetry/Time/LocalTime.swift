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
}
