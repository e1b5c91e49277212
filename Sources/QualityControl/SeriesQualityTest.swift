internal import Devices
internal import Telemetry

/// Applies the tests of each series to its readings (``SeriesTests``).
///
/// A reading that may be a spike waits for the next one: it leaves the message, and comes back, with its flag, before
/// the reading that decided about it. It waits for two intervals of its device, or for twice as long as it came after
/// the one before it, but not for longer than the device's silence. So what a sensor sent last is never lost. While it
/// waits, it is stored as a state of its series, so it survives a crash.
struct SeriesQualityTest: QualityTest {
    private struct Series {
        let id: SeriesID
        let interval: TimeSpan
        let silence: TimeSpan
        var tests: SeriesTests
        /// When the waiting reading has waited long enough.
        var due = Instant.distantPast
        /// The message that was looked at last, and the newest time of the series in it.
        var message = 0
        var newestInMessage = Instant.distantPast
    }

    /// The position of each series in `tested`, or −1.
    private var places: [Int32] = []
    private var tested: [Series] = []
    /// The positions in `tested` of the series with a waiting reading.
    private var waiting: [Int] = []
    /// No reading has waited long enough before this.
    private(set) var nextRelease = Instant.distantFuture
    /// The readings that wait no more. The array is reused for every message.
    private var released: [Reading] = []
    /// The readings that have waited in series that have no spike test any more.
    private var left: [Reading] = []
    private var leftSeries: [SeriesID] = []
    private var order: [Int] = []
    /// The number of messages so far.
    private var messages = 0
    private var changed: UnstoredChanges

    init(_ site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID, zone: ZoneTable) {
        for device in site.devices {
            for field in device.fields where SeriesTests.isNeeded(for: field) {
                let id = series(device.id, field.quantity)
                guard case let index = Int(id.index), index >= 0 else { continue }
                while places.count <= index { places.append(-1) }
                places[index] = Int32(tested.count)
                tested.append(
                    Series(
                        id: id, interval: device.interval,
                        silence: device.silence(of: field),
                        tests: SeriesTests(
                            field, interval: device.interval, hasTimes: device.profile.hasTime, zone: zone)))
            }
        }
        changed = UnstoredChanges(count: tested.count)
    }

    private func place(of series: SeriesID) -> Int {
        let index = Int(series.index)
        return places.indices.contains(index) ? Int(places[index]) : -1
    }

    /// Says of a message's readings that nothing is known of them, and flags those that are not finite. Comes before
    /// all tests of values.
    static func begin(_ readings: inout [Reading], of message: DecodedMessage) {
        for index in message.firstReading..<max(readings.count, message.firstReading) {
            readings[index].quality.insert(.notEvaluated)
            // A number near the largest double may become infinite in another unit.
            if !readings[index].value.isFinite { readings[index].quality.insert(.notFinite) }
        }
    }

    mutating func test(_ readings: inout [Reading], of message: inout DecodedMessage) {
        let first = message.firstReading
        guard first < readings.count else { return }
        var isOrdered = true
        for index in (first + 1)..<max(readings.count, first + 1) where readings[index].time < readings[index - 1].time
        {
            isOrdered = false
        }
        var hasWaiting = false
        if isOrdered || isOrderedInEachSeries(readings, from: first) {
            for index in first..<readings.count where judge(&readings[index], message.arrival) { hasWaiting = true }
        } else {
            order.removeAll(keepingCapacity: true)
            order.append(contentsOf: first..<readings.count)
            order.sort { (readings[$0].time, $0) < (readings[$1].time, $1) }
            for index in order where judge(&readings[index], message.arrival) { hasWaiting = true }
        }
        if hasWaiting { removeWaiting(from: &readings, first: first) }
        guard !released.isEmpty else { return }
        readings.insert(contentsOf: released, at: first)
        released.removeAll(keepingCapacity: true)
    }

    /// Returns whether the readings of each series are in the order of their times, although those of different series
    /// may not be: a message may hold an array of one quantity before that of another.
    private mutating func isOrderedInEachSeries(_ readings: [Reading], from first: Int) -> Bool {
        messages += 1
        for index in first..<readings.count {
            let place = place(of: readings[index].series)
            guard place >= 0 else { continue }
            let time = readings[index].time
            if tested[place].message == messages, time < tested[place].newestInMessage { return false }
            tested[place].message = messages
            tested[place].newestInMessage = time
        }
        return true
    }

    /// Marks a reading that waits, until it is removed from its message. It is not a flag of a reading.
    private static let waits = Quality(rawValue: 1 << 31)

    /// - Returns: whether the reading has to wait. It is marked then.
    private mutating func judge(_ reading: inout Reading, _ arrival: Instant) -> Bool {
        let place = place(of: reading.series)
        guard place >= 0, !reading.quality.contains(.maintenance) else { return false }
        let verdict = tested[place].tests.judge(&reading, arrival: arrival)
        if verdict.hasDecided {
            released += tested[place].tests.decided
            changed.note(place)
            if !verdict.mustWait { stopWaiting(place) }
        }
        guard verdict.mustWait else { return false }
        if !verdict.isCopy {
            // The engine does not know of it, and must not take the sensor for silent.
            let untilSilent = max(tested[place].silence - verdict.pause, .zero)
            let wait = min(max(tested[place].interval, verdict.pause) * 2, untilSilent)
            startWaiting(place, until: arrival + wait, isListed: verdict.hasDecided)
        }
        changed.note(place)
        reading.quality.insert(Self.waits)
        return true
    }

    private mutating func startWaiting(_ place: Int, until due: Instant, isListed: Bool) {
        if !isListed { waiting.append(place) }
        tested[place].due = due
        nextRelease = min(nextRelease, due)
    }

    private mutating func stopWaiting(_ place: Int) {
        waiting.removeAll { $0 == place }
        if waiting.isEmpty { nextRelease = left.isEmpty ? .distantFuture : .distantPast }
    }

    private func removeWaiting(from readings: inout [Reading], first: Int) {
        var end = first
        for index in first..<readings.count where !readings[index].quality.contains(Self.waits) {
            readings[end] = readings[index]
            end += 1
        }
        readings.removeLast(readings.count - end)
    }

    /// Appends the readings that have waited long enough. Their spike test is not evaluated.
    mutating func release(at now: Instant, into readings: inout [Reading]) {
        for reading in left { readings.append(reading) }
        left.removeAll()
        nextRelease = .distantFuture
        for place in waiting {
            // A clock that was set back must not make a reading wait for longer.
            let due = min(tested[place].due, now + tested[place].silence)
            tested[place].due = due
            if due <= now {
                tested[place].tests.takeWaiting(into: &readings)
                changed.note(place)
            } else {
                nextRelease = min(nextRelease, due)
            }
        }
        waiting.removeAll { tested[$0].tests.waiting == nil }
    }

    // MARK: what survives a restart

    /// The number of stored readings of each series that its tests need to continue, by series.
    var readingsNeeded: [Int] {
        places.map { $0 < 0 ? 0 : tested[Int($0)].tests.readingsNeeded }
    }

    /// Takes a stored reading, in the order in which they were stored.
    mutating func noteStored(_ reading: Reading) {
        let place = place(of: reading.series)
        if place >= 0, !reading.quality.contains(.maintenance) { tested[place].tests.noteStored(reading) }
    }

    func appendChanged(to states: inout [DeviceState]) {
        // Until they are released, the states stay.
        if left.isEmpty {
            for series in leftSeries {
                states.append(WaitingReading.state(nil, copies: [], until: .distantPast, of: series))
            }
        }
        for place in changed.positions {
            let series = tested[place]
            states.append(
                WaitingReading.state(
                    series.tests.waiting, copies: series.tests.copies, until: series.due, of: series.id))
        }
    }

    mutating func noteStored() {
        changed.removeAll()
        if left.isEmpty { leftSeries.removeAll() }
    }

    /// True if a reading waits, or waits no more, since ``noteStored()``: then there is something to store.
    var hasChanged: Bool { !changed.positions.isEmpty || !leftSeries.isEmpty }

    mutating func restore(_ states: [DeviceState]) { restore(states, present: .distantFuture) }

    /// Restores the waiting readings. Call it after the stored readings were noted.
    /// - Parameter present: no later time is believed. After the clock was set back, what came before with later times
    ///   is stored, and not evaluated.
    mutating func restore(_ states: [DeviceState], present: Instant) {
        for state in states {
            guard let stored = WaitingReading(state) else { continue }
            var readings = stored.all
            let place = place(of: state.series)
            if place >= 0, tested[place].tests.hasSpikeTest, stored.reading.time <= present {
                var reading = stored.reading
                if tested[place].tests.judge(&reading, arrival: nil).mustWait {
                    tested[place].tests.restore(copies: readings.dropFirst())
                    let latest = present == .distantFuture ? stored.due : present + tested[place].silence
                    startWaiting(place, until: min(stored.due, latest), isListed: false)
                    continue
                }
            }
            if stored.reading.time > present {
                for index in readings.indices { readings[index].quality.insert(.late) }
            }
            // There is no spike test any more, or it need not wait.
            left += readings
            leftSeries.append(state.series)
            nextRelease = .distantPast
        }
    }
}
