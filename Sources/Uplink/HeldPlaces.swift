internal import AlarmModel
internal import Escalation
internal import Foundation
internal import Telemetry

/// The places, a rule and a group each, whose next escalation a destination did not take. Each waits for itself, so
/// that nothing there overtakes (a siren must not hear of the end of one alarm after the beginning of the next), and
/// none holds up another.
struct HeldPlaces {
    private var entries: [String: (failures: Int, until: Uptime)] = [:]

    /// Holds a place back for a time that grows with each failure in a row, up to a minute.
    /// - Parameters:
    ///   - wish: how many seconds the destination wants to be left alone with it; ten minutes at most.
    ///   - now: by a clock that nobody sets.
    /// - Returns: whether it was not held back before.
    mutating func hold(_ place: String, wish: Double?, at now: Uptime) -> Bool {
        let failures = (entries[place]?.failures ?? 0) + 1
        let seconds = max(min(60, pow(2, Double(min(failures, 10)))), min(wish ?? 0, 600))
        entries[place] = (failures, now + .milliseconds(Int64(seconds * 1000)))
        return failures == 1
    }

    mutating func release(_ place: String) {
        if !entries.isEmpty { entries[place] = nil }
    }

    mutating func releaseAll() { entries.removeAll() }

    /// The places of which nothing was taken when they were tried last.
    var all: [String] { entries.keys.sorted() }

    /// The places whose time has not come yet.
    func held(at now: Uptime) -> [String] {
        entries.isEmpty ? [] : entries.filter { $0.value.until > now }.keys.sorted()
    }

    /// How long until the next may be tried; `nil` where none is held.
    func rest(at now: Uptime) -> TimeSpan? { entries.values.lazy.map { $0.until - now }.filter { $0 > .zero }.min() }
}

extension Escalation {
    /// The rule and the group, as the alarm's identity begins: `river-rising/s1@2018-…`.
    var place: String { AlarmName.place(ofIdentity: alarm) }
}
