internal import Devices
internal import Telemetry

/// Decides whether the times that a device gives its messages are believed (``ClockJudge``).
///
/// Readings whose time is not believed, or could not be read, get the arrival time and the flag `clockReplaced`.
/// Samples and the records of a pack keep their distances. If the device has a series for its clock, the test reports
/// by how much the clock is off.
struct DeviceClockTest: QualityTest {
    private struct Device {
        let tolerance: ClockTolerance
        let interval: TimeSpan
        /// Set for SenML: the times of all records of a message are judged together.
        let isPack: Bool
        /// Set if the profile gives the location of the time in JSON objects.
        let hasTime: Bool
        /// The series that reports the clock's error, if it is wanted.
        let offset: SeriesID?
    }

    private let devices: [Device]
    private var clocks: [ClockJudge]
    /// The changed clocks, by device.
    private var changed: UnstoredChanges

    init(_ site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID) {
        devices = site.devices.map { device in
            Device(
                tolerance: device.clock, interval: device.interval, isPack: device.profile.isPack,
                hasTime: device.profile.hasTime && !device.profile.isPack,
                offset: device.fields.first { $0.source.isClock }.map { series(device.id, $0.quantity) })
        }
        clocks = Array(repeating: ClockJudge(), count: devices.count)
        changed = UnstoredChanges(count: devices.count)
    }

    mutating func test(_ readings: inout [Reading], of message: inout DecodedMessage) {
        let device = devices[message.device]
        // Both states are stored together, so that they are from the same moment.
        if message.hasNumber { changed.note(message.device) }
        let shown = device.isPack ? judgePack(&readings, message, device) : judgeStamps(&readings, &message, device)
        guard message.firstReading < readings.count else { return }
        guard let shown else {
            if device.hasTime { clocks[message.device].note(message.arrival) }
            return
        }
        let wasNoteworthy = clocks[message.device].isNoteworthy
        let report = clocks[message.device].report(shown, arrival: message.arrival)
        if let report, let series = device.offset {
            readings.append(Reading(series: series, time: message.arrival, value: report))
        }
        if wasNoteworthy || clocks[message.device].isNoteworthy { changed.note(message.device) }
    }

    private mutating func judge(_ own: Instant, _ message: DecodedMessage, _ device: Device) -> Bool {
        let time = clocks[message.device].judge(
            own, arrival: message.arrival, tolerance: device.tolerance, interval: device.interval)
        return !time.quality.contains(.clockReplaced)
    }

    // MARK: objects

    /// Judges the time of each object, in the order in which the message has them.
    /// - Returns: the time of the device's clock in the last object that has a time.
    private mutating func judgeStamps(
        _ readings: inout [Reading], _ message: inout DecodedMessage, _ device: Device
    ) -> Instant? {
        var shown: Instant?
        for index in message.stamps.indices {
            switch message.stamps[index].origin {
            case .arrival: break
            case .unreadable: message.stamps[index].isReplaced = true
            case .device:
                let own = message.stamps[index].time
                shown = own
                guard !judge(own, message, device) else { continue }
                message.stamps[index].time = message.arrival
                message.stamps[index].isReplaced = true
            }
        }
        for part in message.parts { apply(message.stamps[part.stamp], to: part, message.arrival, device, &readings) }
        return shown
    }

    private func apply(
        _ stamp: DecodedMessage.Stamp, to part: DecodedMessage.Part, _ arrival: Instant, _ device: Device,
        _ readings: inout [Reading]
    ) {
        if stamp.isAmbiguous, !stamp.isReplaced {
            for index in part.readings { readings[index].quality.insert(.ambiguousTime) }
        }
        switch part.kind {
        case .moment:
            guard stamp.isReplaced else { return }
            for index in part.readings {
                readings[index].time = stamp.time
                readings[index].quality.insert(.clockReplaced)
            }
        case .samples(let newest, let isPlaced):
            // Nothing is measured in the future: the newest sample cannot be newer than the message.
            let isAhead = stamp.origin == .device && (!isPlaced || newest > arrival + device.tolerance.ahead)
            guard stamp.isReplaced || isAhead else { return }
            let shift = arrival - newest
            for index in part.readings {
                readings[index].time = readings[index].time + shift
                readings[index].quality.insert(.clockReplaced)
            }
        case .correction:
            for index in part.readings { readings[index].time = stamp.time }
        }
    }

    // MARK: packs

    /// Judges a pack by its newest record, which shows the clock's time. If the clock is wrong, the records keep their
    /// distances from that record. Otherwise each record is checked against the tolerance by itself.
    /// - Returns: the time that the clock showed.
    private mutating func judgePack(
        _ readings: inout [Reading], _ message: DecodedMessage, _ device: Device
    ) -> Instant? {
        let arrival = message.arrival
        for part in message.parts where message.stamps[part.stamp].origin == .unreadable {
            for index in part.readings { readings[index].quality.insert(.clockReplaced) }
        }
        let indices = message.firstReading..<readings.count
        var newest: Instant?
        var newestPossible: Instant?
        for index in indices where !readings[index].quality.contains(.clockReplaced) {
            let time = readings[index].time
            newest = max(newest ?? time, time)
            guard time <= arrival + device.tolerance.ahead else { continue }
            newestPossible = max(newestPossible ?? time, time)
        }
        guard var shown = newest else { return nil }
        // One absurd record says nothing about the others.
        if let newestPossible, Self.age(newestPossible, before: shown) == nil { shown = newestPossible }
        let isWrong = !judge(shown, message, device)
        for index in indices where !readings[index].quality.contains(.clockReplaced) {
            let own = readings[index].time
            var judged = EventTime(own, arrival: arrival, tolerance: device.tolerance)
            if isWrong { judged = EventTime(replacedBy: Self.age(own, before: shown).map { arrival - $0 } ?? arrival) }
            readings[index].time = judged.instant
            readings[index].quality.formUnion(judged.quality)
        }
        return shown
    }

    /// Returns the age of a record relative to another of its pack; `nil` if one of the two times is absurd. A pack
    /// holds the readings since the pack before, and does not span years.
    private static func age(_ time: Instant, before newest: Instant) -> TimeSpan? {
        let age = newest - time
        return age >= .zero && age < .days(1) ? age : nil
    }

    // MARK: what survives a restart

    /// Notes the newest time of a device's series.
    mutating func noteNewest(_ time: Instant, of device: Int) { clocks[device].note(time) }

    func appendChanged(to states: inout [DeviceState]) {
        for device in changed.positions {
            guard let series = devices[device].offset else { continue }
            states.append(DeviceState(series: series, words: clocks[device].words))
        }
    }

    mutating func noteStored() { changed.removeAll() }

    mutating func restore(_ states: [DeviceState]) {
        let bySeries = Dictionary(states.map { ($0.series, $0) }) { _, last in last }
        for (index, device) in devices.enumerated() {
            guard let state = device.offset.flatMap({ bySeries[$0] }), let known = ClockJudge(state.words) else {
                continue
            }
            clocks[index] = known
        }
    }
}
