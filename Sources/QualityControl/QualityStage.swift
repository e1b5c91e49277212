package import Devices
package import Telemetry

/// Tests readings between decoding and the engine: decoded readings in, flagged readings out.
///
/// Every message passes through the stage once, and nothing else sets flags. The tests run in a fixed order, because
/// some use the results of others:
///
/// 1. ``DeviceClockTest``: decides which times count. All later tests use those times.
/// 2. ``RepeatFilter``: removes readings that a device sends again. It flags nothing.
/// 3. ``RetainedTest``: flags a retained message without a recent time of its own as late.
/// 4. ``MaintenanceTest``: flags the readings of sensors in maintenance. The tests of values leave them out.
/// 5. ``LocationTest``: flags the readings of a device that is not where it should be.
/// 6. ``SeriesQualityTest``: the tests of each series, such as its range, its spikes and its rate of change. From here
///    on, a reading that waited stands among the readings of a later message.
/// 7. ``CounterRateTest``: flags a counter that rose too fast. It skips readings that have failed before.
/// 8. ``NeighbourTest``: flags the readings that most devices of the same place contradict.
/// 9. ``ImplausibleCount``: reports how many readings failed a test of their value.
///
/// Only the engine can decide that a reading comes too late for its series: see ``Telemetry/Reading/markTooLate()``. A
/// message's number is not quality: it decides which messages give readings at all, so the decoder checks it.
///
/// A test is a ``QualityTest``, in a file of its own. In the steady state the stage allocates nothing, and it hashes no
/// strings: state is kept in arrays, by device or by series.
package struct QualityStage {
    private var clock: DeviceClockTest
    private var maintenance: MaintenanceTest
    private var series: SeriesQualityTest
    private var counterRate: CounterRateTest
    private var location: LocationTest
    private var neighbours: NeighbourTest
    private var implausibleCount: ImplausibleCount
    private var retained: RetainedTest
    private var repeats: RepeatFilter

    /// - Parameters:
    ///   - series: the series of each device and quantity.
    ///   - zone: the site's time zone, for tests by season.
    package init(
        _ site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID, zone: ZoneTable = ZoneTable()
    ) {
        clock = DeviceClockTest(site, series: series)
        maintenance = MaintenanceTest(site, series: series, zone: zone)
        self.series = SeriesQualityTest(site, series: series, zone: zone)
        counterRate = CounterRateTest(site, series: series)
        location = LocationTest(site, series: series)
        neighbours = NeighbourTest(site, series: series, zone: zone)
        implausibleCount = ImplausibleCount(site, series: series)
        retained = RetainedTest(site)
        repeats = RepeatFilter(site, series: series)
    }

    /// Tests the readings of one message. It flags them, moves those whose time is not believed, appends the reports
    /// about the device, and removes the device's repeats. A reading that may be a spike is removed, and comes back
    /// before the next reading of its series.
    ///
    /// Constant time for each reading, plus 64 comparisons if the device's repeats are ignored.
    /// - Parameters:
    ///   - readings: the message's readings, from ``DecodedMessage/firstReading`` on.
    ///   - message: the decoder's description of it. Gets the times that count.
    ///   - isRetained: set if the broker kept the message for subscribers, so that it may be of any time.
    /// - Returns: the number of repeats that were removed.
    package mutating func judge(_ readings: inout [Reading], of message: inout DecodedMessage, isRetained: Bool) -> Int
    {
        clock.test(&readings, of: &message)
        let repeated = repeats.isEmpty ? 0 : repeats.removeRepeats(from: &readings, first: message.firstReading)
        if isRetained { retained.test(&readings, of: &message) }
        SeriesQualityTest.begin(&readings, of: message)
        maintenance.test(&readings, of: &message)
        location.test(&readings, of: &message)
        series.test(&readings, of: &message)
        counterRate.test(&readings, of: &message)
        neighbours.test(&readings, of: &message)
        implausibleCount.test(&readings, of: &message)
        return repeated
    }

    // MARK: readings that wait

    /// The time from which ``release(at:into:)`` has something to do; `.distantFuture` if no reading waits.
    package var nextRelease: Instant { series.nextRelease }

    /// Appends the readings that have waited for the next one of their series for too long.
    package mutating func release(at now: Instant, into readings: inout [Reading]) {
        let first = readings.count
        series.release(at: now, into: &readings)
        neighbours.test(&readings, from: first)
        implausibleCount.test(&readings, from: first)
    }

    /// True if a reading has begun to wait, or has ended it, since ``noteStored()``. It must be stored before its
    /// message is acknowledged, also if the message has no other reading.
    package var hasUnstoredReadings: Bool { series.hasChanged }

    // MARK: maintenance

    /// Passes the series that are in maintenance now by their device's word or by a schedule.
    package func forEachInMaintenance(at now: Instant, _ body: (SeriesID) -> Void) {
        maintenance.forEachInMaintenance(at: now, body)
    }

    // MARK: what survives a restart

    /// Appends the states that have changed since they were last stored.
    package func appendChangedStates(to states: inout [DeviceState]) {
        clock.appendChanged(to: &states)
        maintenance.appendChanged(to: &states)
        neighbours.appendChanged(to: &states)
        series.appendChanged(to: &states)
        counterRate.appendChanged(to: &states)
    }

    /// Call this after the states have been stored.
    package mutating func noteStored() {
        clock.noteStored()
        maintenance.noteStored()
        neighbours.noteStored()
        series.noteStored()
        counterRate.noteStored()
    }

    /// Restores the stored states. Call it after the stored readings were noted.
    /// - Parameter present: no later time is believed, such as those from before the clock was set back.
    package mutating func restore(_ states: [DeviceState], present: Instant = .distantFuture) {
        clock.restore(states)
        maintenance.restore(states, present: present)
        neighbours.restore(states)
        series.restore(states, present: present)
        // A reading that waits is not stored yet, and may be sent again.
        for state in states {
            for reading in WaitingReading(state)?.all ?? [] { _ = repeats.isRepeat(reading) }
        }
        counterRate.restore(states)
    }

    /// Notes the newest time of a device's stored readings, so that its clock is compared with it.
    package mutating func noteNewest(_ time: Instant, of device: Int) { clock.noteNewest(time, of: device) }

    /// The number of stored readings of each series that its tests need to continue, by series.
    package var readingsNeeded: [Int] {
        var needed = series.readingsNeeded
        func require(_ number: Int, of all: [Int]) {
            for series in all {
                while needed.count <= series { needed.append(0) }
                needed[series] = max(needed[series], number)
            }
        }
        require(2, of: neighbours.series)
        require(1, of: maintenance.series)
        return needed
    }

    /// Notes a stored reading, in the order in which they were stored: so its repeats are recognised, and the readings
    /// to come are compared with it.
    package mutating func noteStored(_ reading: Reading) {
        _ = repeats.isRepeat(reading)
        maintenance.noteStored(reading)
        series.noteStored(reading)
        neighbours.noteStored(reading)
    }

    // MARK: texts

    /// Makes the text of each device's newest conflict with its neighbours, unless it has been made already.
    /// - Parameter remarks: gets the texts, by rule and device.
    package mutating func writeConflicts(to remarks: inout [String: String], rule: String) {
        neighbours.takeConflicts { remarks["\(rule)/\($0.device)"] = $0.text }
    }
}
