internal import Devices
internal import Telemetry

/// Compares a value with what is usual in its season (QARTOD climatology test).
///
/// A reading outside of all seasons is not evaluated. If it belongs to several, the last one counts.
struct ClimatologyTest {
    private let seasons: [QualitySettings.Climatology.Season]
    private let zone: ZoneTable
    /// The hour that was looked up last, and its limits: most readings are of the same hour as the one before.
    private var from = Int64.max
    private var until = Int64.min
    private var limits: RangeLimits?

    init(_ settings: QualitySettings.Climatology, zone: ZoneTable) {
        seasons = settings.seasons
        self.zone = zone
    }

    /// - Complexity: constant for an hour that was looked up before; otherwise the number of seasons.
    mutating func flag(_ value: Double, at time: Instant) -> QualityFlag {
        if time.nanoseconds < from || time.nanoseconds >= until { lookUp(time) }
        return limits?.flag(value) ?? .notEvaluated
    }

    private mutating func lookUp(_ time: Instant) {
        let hour = zone.hour(at: time)
        let day = Int64(zone.dayAndMinute(at: time).day)
        let date = CivilDate(daysSinceEpoch: day)
        limits = nil
        for season in seasons {
            let position =
                switch season.period {
                case .months: Int(date.month)
                case .days: date.dayOfYear
                case .weeks: date.week
                case .hours: hour
                }
            let isIn =
                season.first <= season.last
                ? (season.first...season.last).contains(position) : position >= season.first || position <= season.last
            if isIn { limits = RangeLimits(expected: season.expected, plausible: season.plausible) }
        }
        // An hour that began before this reading may have begun with another offset, so it counts from the reading on.
        (from, until) = (time.nanoseconds, zone.nextHour(after: time).nanoseconds)
    }
}
