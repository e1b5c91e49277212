package import Telemetry

// Wrapping operators: indices below the count of a message's readings.

// The readings of a message together.
extension Engine {
    /// Takes the readings of a message: those of one time together, one time after the other, and those first that come
    /// too late for their windows' ends. Looks ahead for the next ones' state.
    ///
    /// - Parameters:
    ///   - readings: in the order of their times.
    ///   - exceptions: gets the readings that were not evaluated, by index, and why.
    package mutating func ingest(
        _ readings: borrowing Span<Reading>, exceptions: inout [(index: Int, outcome: ReadingOutcome)],
        into changes: inout [LevelChange]
    ) {
        let count = readings.count
        // Looking ahead for state pays only where it does not lie in the caches anyway; samples hardly ever do.
        let looksAhead = stateSize > Self.cacheSize
        var at = 0
        late.isTaken.removeAll(keepingCapacity: true)
        while at < count {
            let time = readings[at].time
            var end = at &+ 1
            while end < count, readings[end].time == time { end &+= 1 }
            guard Instant.range.contains(time) else {
                // No reading that was decoded has such a time.
                for index in at..<end { exceptions.append((index, .unusable)) }
                at = end
                continue
            }
            // What timers had to do before this moment is done for all its series before the first of its samples
            // comes.
            if end &- at > 1 {
                for index in at..<end {
                    settle(Int(readings[index].series.index), before: time.nanoseconds, into: &changes)
                }
            }
            beginMoment()
            for index in at..<end {
                if looksAhead {
                    if index &+ 16 < count { windows.prefetchState(Int(readings[index &+ 16].series.index)) }
                    if index &+ 10 < count { windows.prefetchWindows(Int(readings[index &+ 10].series.index)) }
                }
                if index &+ 5 < count { windows.prefetchSamples(Int(readings[index &+ 5].series.index)) }
                let someAreTaken = !late.isTaken.isEmpty
                if someAreTaken, late.isTaken[index] { continue }
                if let outcome = take(readings[index], mayBeLate: someAreTaken, into: &changes) {
                    if outcome != .evaluated { exceptions.append((index, outcome)) }
                } else {
                    takeLate(readings, from: index, into: &changes)
                }
            }
            endMoment(into: &changes)
            at = end
        }
    }

    /// Runs what timers had to do before a moment, of a series that gets a sample then, and of its raw twin.
    @inline(__always)
    mutating func settle(_ index: Int, before time: Int64, into changes: inout [LevelChange]) {
        guard index >= 0, index < windows.series.count else { return }
        settleOne(index, before: time, into: &changes)
        let raw = Int(windows.series[index].raw)
        if raw >= 0 { settleOne(raw, before: time, into: &changes) }
    }

    @inline(__always)
    mutating func settleOne(_ index: Int, before time: Int64, into changes: inout [LevelChange]) {
        let state = windows.series.address(index)
        if state.pointee.wake < time || state.pointee.readersWake < time {
            runTimers(of: index, before: time, into: &changes)
        }
    }

    /// A second-level cache of today's processors, in bytes, and how much of it readings go through here.
    private static var cacheSize: Int { 1 << 19 }
    private var stateSize: Int {
        windows.series.count * MemoryLayout<SeriesState>.stride + windows.lanes.count * MemoryLayout<LanePair>.stride
            + windows.cursors.count * 4
    }
}
