internal import AlarmModel
internal import Foundation
internal import Telemetry
internal import Wire

/// The alarm keys whose next escalation a destination did not accept. Each key waits for itself: nothing overtakes
/// within a key (a siren must not get the end of one alarm after the beginning of the next), and no key holds up
/// another.
struct HeldKeys {
    private var entries: [String: (failures: Int, until: TimeSpan)] = [:]

    /// Holds a key back for a time that grows with each failure in a row, up to a minute.
    /// - Parameters:
    ///   - wish: how many seconds the destination wants to wait; ten minutes at most.
    ///   - now: by a clock that nobody sets.
    /// - Returns: whether it was not held back before.
    mutating func hold(_ key: String, wish: Double?, at now: TimeSpan) -> Bool {
        let failures = (entries[key]?.failures ?? 0) + 1
        let seconds = max(min(60, pow(2, Double(min(failures, 10)))), min(wish ?? 0, 600))
        entries[key] = (failures, now + .milliseconds(Int64(seconds * 1000)))
        return failures == 1
    }

    mutating func release(_ key: String) {
        if !entries.isEmpty { entries[key] = nil }
    }

    mutating func releaseAll() { entries.removeAll() }

    /// The keys of which nothing was accepted when they were tried last.
    var all: [String] { entries.keys.sorted() }

    /// The keys whose time has not come yet.
    func held(at now: TimeSpan) -> [String] {
        entries.isEmpty ? [] : entries.filter { $0.value.until > now }.keys.sorted()
    }

    /// How long until the next may be tried; `nil` where none is held.
    func rest(at now: TimeSpan) -> TimeSpan? { entries.values.lazy.map { $0.until - now }.filter { $0 > .zero }.min() }
}

extension OutboxItem {
    /// The alarm key, rule and group, as the alarm's identity begins: `river-rising/s1` of `river-rising/s1@2018-…`.
    var key: String { AlarmKey.text(ofIdentity: alarm) }
}
