internal import Foundation
internal import Telemetry

/// The alarms whose next escalation a destination did not take: each waits for itself, so that nothing within an alarm overtakes, and
/// none holds up another.
struct HeldAlarms {
    private var entries: [String: (failures: Int, until: TimeSpan)] = [:]

    /// Holds an alarm back for a time that grows with each failure in a row, up to a minute.
    /// - Parameters:
    ///   - wish: how many seconds the destination wants to be left alone with it; ten minutes at most.
    ///   - now: by a clock that nobody sets.
    /// - Returns: whether it was not held back before.
    mutating func hold(_ alarm: String, wish: Double?, at now: TimeSpan) -> Bool {
        let failures = (entries[alarm]?.failures ?? 0) + 1
        let seconds = max(min(60, pow(2, Double(min(failures, 10)))), min(wish ?? 0, 600))
        entries[alarm] = (failures, now + .milliseconds(Int64(seconds * 1000)))
        return failures == 1
    }

    mutating func release(_ alarm: String) {
        if !entries.isEmpty { entries[alarm] = nil }
    }

    mutating func releaseAll() { entries.removeAll() }

    /// The alarms that were not taken when they were tried last.
    var all: [String] { entries.keys.sorted() }

    /// The alarms whose time has not come yet.
    func held(at now: TimeSpan) -> [String] { entries.isEmpty ? [] : entries.filter { $0.value.until > now }.keys.sorted() }

    /// How long until the next may be tried; `nil` where none is held.
    func rest(at now: TimeSpan) -> TimeSpan? { entries.values.lazy.map { $0.until - now }.filter { $0 > .zero }.min() }
}
