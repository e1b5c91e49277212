/// The offsets of a time zone from UTC, as a table: what computes with it needs no time zone database.
package struct ZoneTable: Hashable, Sendable {
    package struct Entry: Hashable, Sendable, BitwiseCopyable {
        package var from: Instant
        package var offset: TimeSpan

        package init(from: Instant, offset: TimeSpan) {
            self.from = from
            self.offset = offset
        }
    }

    /// By time; the first entry counts for all before it too.
    package var entries: [Entry]

    /// - Parameter entries: empty for UTC.
    package init(_ entries: [Entry] = []) { self.entries = entries.sorted { $0.from < $1.from } }

    /// O(log entries)
    package func offset(at time: Instant) -> TimeSpan {
        var low = 0, high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].from <= time { low = middle + 1 } else { high = middle }
        }
        return entries.isEmpty ? .zero : entries[max(0, low - 1)].offset
    }

    /// The hour of the day, 0 to 23.
    package func hour(at time: Instant) -> Int {
        let local = (time + offset(at: time)).nanoseconds
        return Int(local.remainder(of: TimeSpan.days(1).nanoseconds) / TimeSpan.hours(1).nanoseconds)
    }

    /// The local day, counted from 1970-01-01, and the minute of it.
    package func dayAndMinute(at time: Instant) -> (day: Int, minute: Int) {
        let local = (time + offset(at: time)).nanoseconds
        return (
            Int(local.floorQuotient(by: TimeSpan.days(1).nanoseconds)),
            Int(local.remainder(of: TimeSpan.days(1).nanoseconds) / TimeSpan.minutes(1).nanoseconds)
        )
    }

    /// The day of the week, 1 for Monday to 7 for Sunday (ISO 8601).
    package func weekday(at time: Instant) -> Int {
        let day = ((time + offset(at: time)).nanoseconds).floorQuotient(by: TimeSpan.days(1).nanoseconds)
        return Int((day + 3).remainder(of: 7)) + 1  // 1970-01-01 was a Thursday
    }

    /// The next moment at which the hour is another: a full hour of local time, or a change of the offset.
    package func nextHour(after time: Instant) -> Instant {
        let offset = offset(at: time)
        let local = time + offset
        let passed = TimeSpan(nanoseconds: local.nanoseconds.remainder(of: TimeSpan.hours(1).nanoseconds))
        let next = local - passed + .hours(1) - offset
        let change = entries.first { $0.from > time }?.from ?? .distantFuture
        return min(next, change)
    }
}

extension Int64 {
    fileprivate func floorQuotient(by divisor: Int64) -> Int64 {
        self < 0 ? -1 - (-(self + 1)) / divisor : self / divisor
    }
    /// Never negative, for a positive divisor.
    fileprivate func remainder(of divisor: Int64) -> Int64 {
        let rest = self % divisor
        return rest < 0 ? rest + divisor : rest
    }
}
