/// A time zone's offsets from UTC as a table, so that no time zone database is needed to compute with it.
package struct ZoneTable: Hashable, Sendable {
    package struct Entry: Hashable, Sendable, BitwiseCopyable {
        package var from: Instant
        package var offset: TimeSpan

        package init(from: Instant, offset: TimeSpan) {
            self.from = from
            self.offset = offset
        }
    }

    /// Sorted by time. The first entry also covers all times before it.
    package var entries: [Entry]

    /// - Parameter entries: empty for UTC.
    package init(_ entries: [Entry] = []) { self.entries = entries.sorted { $0.from < $1.from } }

    /// Returns the offset at a time. O(log entries).
    package func offset(at time: Instant) -> TimeSpan {
        var low = 0, high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].from <= time { low = middle + 1 } else { high = middle }
        }
        return entries.isEmpty ? .zero : entries[max(0, low - 1)].offset
    }

    /// Returns the moment at which clocks of the zone showed a time.
    ///
    /// In the hour after clocks were set back, there are two such moments: the later one is returned, unless it is
    /// after `limit`. A time that clocks never showed, because they were set forward, is read as if they had not been.
    /// - Parameter local: nanoseconds from 1970 by clocks of the zone.
    /// - Returns: `nil` if it is outside ``Instant/range``.
    package func instant(ofLocal local: Int64, before limit: Instant) -> (instant: Instant, isAmbiguous: Bool)? {
        // An offset is less than a day, so these are the offsets before and after any change.
        let offsets = [TimeSpan.days(-1), .days(1)].map { span in
            offset(at: Instant(nanoseconds: local.saturatingAdd(span.nanoseconds)).clamped)
        }
        let candidates = offsets.compactMap { Instant(checked: local.saturatingSubtract($0.nanoseconds)) }
        let real = candidates.filter { offset(at: $0) == Instant(nanoseconds: local) - $0 }.sorted()
        let possible = real.filter { $0 <= limit }
        return (possible.last ?? real.first ?? candidates.first).map {
            ($0, possible.first != possible.last)
        }
    }

    /// Returns the hour of the day, 0 to 23.
    package func hour(at time: Instant) -> Int {
        let local = (time + offset(at: time)).nanoseconds
        return Int(local.remainderFloor(by: TimeSpan.days(1).nanoseconds) / TimeSpan.hours(1).nanoseconds)
    }

    /// Returns the local day, counted from 1970-01-01, and the minute of it.
    package func dayAndMinute(at time: Instant) -> (day: Int, minute: Int) {
        let local = (time + offset(at: time)).nanoseconds
        return (
            Int(local.dividedFloor(by: TimeSpan.days(1).nanoseconds)),
            Int(local.remainderFloor(by: TimeSpan.days(1).nanoseconds) / TimeSpan.minutes(1).nanoseconds)
        )
    }

    /// Returns the day of the week, 1 for Monday to 7 for Sunday (ISO 8601).
    package func weekday(at time: Instant) -> Int {
        CivilDate.weekday(daysSinceEpoch: Int64(dayAndMinute(at: time).day))
    }

    /// Returns the next moment at which the hour changes: a full hour of local time, or a change of the offset.
    package func nextHour(after time: Instant) -> Instant {
        let offset = offset(at: time)
        let local = time + offset
        let passed = TimeSpan(nanoseconds: local.nanoseconds.remainderFloor(by: TimeSpan.hours(1).nanoseconds))
        let next = local - passed + .hours(1) - offset
        let change = entries.first { $0.from > time }?.from ?? .distantFuture
        return min(next, change)
    }
}
