import Telemetry

/// Shows times as operators read them: by the site's clock, and as ages.
struct SiteClock {
    let zone: ZoneTable
    let now: Instant

    /// `2018-06-03 17:05:00 UTC-4`, from RFC 3339.
    func full(_ text: String) -> String {
        Instant(rfc3339: text.utf8).map { LocalTime($0, in: zone).description } ?? text
    }

    /// `2018-06-03 17:05:00`, by the site's clock.
    func local(_ instant: Instant) -> String {
        let time = LocalTime(instant, in: zone)
        return "\(time.day) \(time.clock)"
    }

    /// `17:05` for today, `06-03 17:05` for another day, `2017-06-03 17:05` for another year.
    func short(_ text: String) -> String {
        guard let instant = Instant(rfc3339: text.utf8) else { return text }
        let (time, today) = (LocalTime(instant, in: zone), LocalTime(now, in: zone))
        if time.day == today.day { return time.minute }
        return time.day.prefix(4) == today.day.prefix(4)
            ? "\(time.day.dropFirst(5)) \(time.minute)" : "\(time.day) \(time.minute)"
    }

    /// The time since a moment, or between two: `42 min`.
    func age(_ text: String, until end: String? = nil) -> String {
        guard let instant = Instant(rfc3339: text.utf8) else { return "?" }
        return Self.span((end.flatMap { Instant(rfc3339: $0.utf8) } ?? now) - instant)
    }

    /// The time until a moment: `in 4 min`; `now` for one in the past.
    func until(_ text: String) -> String {
        guard let instant = Instant(rfc3339: text.utf8), instant > now else { return "now" }
        return "in \(Self.span(instant - now))"
    }

    /// A length of time in the largest unit that leaves two digits: `42 s`, `42 min`, `5 h`, `12 days`.
    static func span(_ span: TimeSpan) -> String {
        let seconds = max(0, span.seconds)
        switch seconds {
        case ..<100: return "\(Int(seconds)) s"
        case ..<6000: return "\(Int((seconds / 60).rounded())) min"
        case ..<172_800: return "\(Int((seconds / 3600).rounded())) h"
        default: return "\(Int((seconds / 86_400).rounded())) days"
        }
    }
}
