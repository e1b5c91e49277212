internal import AlarmModel
internal import Foundation
internal import Telemetry
internal import Wire

/// The alarm keys whose next escalation a destination did not accept. Each key waits for itself. Nothing overtakes
/// within a key: a siren must not get the end of one alarm after the beginning of the next. No key delays another.
struct HeldKeys {
    private var entries: [String: (failures: Int, until: Uptime)] = [:]

    /// Holds a key back for a time that grows with each failure in a row, up to a minute.
    /// - Parameters:
    ///   - wish: how many seconds the destination wants to wait; ten minutes at most.
    ///   - now: by a clock that nobody sets.
    /// - Returns: `true` if the key was not held back before.
    mutating func hold(_ key: String, wish: Double?, at now: Uptime) -> Bool {
        let failures = (entries[key]?.failures ?? 0) + 1
        let seconds = max(min(60, pow(2, Double(min(failures, 10)))), min(wish ?? 0, 600))
        entries[key] = (failures, now + .milliseconds(Int64(seconds * 1000)))
        return failures == 1
    }

    mutating func release(_ key: String) {
        if !entries.isEmpty { entries[key] = nil }
    }

    mutating func releaseAll() { entries.removeAll() }

    /// The keys whose last try was not accepted.
    var all: [String] { entries.keys.sorted() }

    /// The keys whose time has not come yet.
    func held(at now: Uptime) -> [String] {
        entries.isEmpty ? [] : entries.filter { $0.value.until > now }.keys.sorted()
    }

    /// Returns how long until the next key may be tried; `nil` if none is held.
    func rest(at now: Uptime) -> TimeSpan? { entries.values.lazy.map { $0.until - now }.filter { $0 > .zero }.min() }
}

extension OutboxItem {
    /// The alarm key, rule and group: the beginning of the alarm's identity. For `river-rising/s1@2018-…` it is
    /// `river-rising/s1`.
    var key: String { AlarmKey.text(ofIdentity: alarm) }
}
