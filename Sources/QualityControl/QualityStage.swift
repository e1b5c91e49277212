package import Devices
package import Telemetry

/// Tests readings between decoding and the engine: decoded readings in, flagged readings out.
///
/// Every message passes through the stage once, and nothing else sets flags. The tests run in a fixed order, because
/// some use the results of others:
///
/// 1. ``DeviceClockTest``: decides which times count. All later tests use those times.
/// 2. ``PlausibleRangeTest``: flags a value that the sensor cannot have.
/// 3. ``CounterRateTest``: flags a counter that rose too fast. It skips readings that have failed before.
/// 4. ``ImplausibleCount``: reports how many readings the two tests before have flagged.
/// 5. ``RetainedTest``: flags a retained message without a recent time of its own as late.
/// 6. ``RepeatFilter``: removes readings that a device sends again. It flags nothing.
///
/// Only the engine can decide that a reading comes too late for its series: see ``Telemetry/Reading/markTooLate()``. A
/// message's number is not quality: it decides which messages give readings at all, so the decoder checks it.
///
/// A test is a ``QualityTest``, in a file of its own. In the steady state the stage allocates nothing, and it hashes no
/// strings: state is kept in arrays, by device or by series.
package struct QualityStage {
    private var clock: DeviceClockTest
    private var range: PlausibleRangeTest
    private var counterRate: CounterRateTest
    private var implausibleCount: ImplausibleCount
    private var retained: RetainedTest
    private var repeats: RepeatFilter

    /// - Parameter series: the series of each device and quantity.
    package init(_ site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID) {
        clock = DeviceClockTest(site, series: series)
        range = PlausibleRangeTest(site, series: series)
        counterRate = CounterRateTest(site, series: series)
        implausibleCount = ImplausibleCount(site, series: series)
        retained = RetainedTest(site)
        repeats = RepeatFilter(site, series: series)
    }

    /// Tests the readings of one message. It flags them, moves those whose time is not believed, appends the reports
    /// about the device, and removes the device's repeats.
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
        range.test(&readings, of: &message)
        counterRate.test(&readings, of: &message)
        implausibleCount.test(&readings, of: &message)
        if isRetained { retained.test(&readings, of: &message) }
        return repeats.isEmpty ? 0 : repeats.removeRepeats(from: &readings, first: message.firstReading)
    }

    // MARK: what survives a restart

    /// Appends the states that have changed since they were last stored.
    package func appendChangedStates(to states: inout [DeviceState]) {
        clock.appendChanged(to: &states)
        counterRate.appendChanged(to: &states)
    }

    /// Call this after the states have been stored.
    package mutating func noteStored() {
        clock.noteStored()
        counterRate.noteStored()
    }

    /// Restores the stored states.
    package mutating func restore(_ states: [DeviceState]) {
        clock.restore(states)
        counterRate.restore(states)
    }

    /// Notes the newest time of a device's stored readings, so that its clock is compared with it.
    package mutating func noteNewest(_ time: Instant, of device: Int) { clock.noteNewest(time, of: device) }

    /// Notes a stored reading, so that its repeats are recognised.
    package mutating func noteStored(_ reading: Reading) { _ = repeats.isRepeat(reading) }
}
