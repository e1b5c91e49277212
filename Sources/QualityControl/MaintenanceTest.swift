internal import Devices
internal import Telemetry

/// Flags the readings of sensors in maintenance: by an operator's command, by the inventory and its schedule, or by the
/// device's own reading ``Devices/Profile/maintenance``. Rules do not see them.
///
/// The device's own word counts from its message on, until it says otherwise, and survives a restart.
struct MaintenanceTest: QualityTest {
    private struct Device {
        /// The series of its own word.
        var word: SeriesID?
        /// The series that its own word and its schedules are about: all others of its payloads.
        var series: [Int]
        /// The maintenance by its own word, the one that began last: `end` is `.distantFuture` while it lasts.
        var begin = Instant.distantFuture
        var end = Instant.distantFuture
        /// The time of its newest word.
        var newest = Instant.distantPast

        /// Returns whether it was in maintenance at a moment by the words so far.
        func isInMaintenance(at moment: Instant) -> Bool { begin <= moment && moment < end }
    }

    private struct Series {
        let id: SeriesID
        /// Set by an operator or by the inventory, without a time.
        let isMaintained: Bool
        /// The schedules that may hold for it.
        let schedules: [MaintenanceTimes]
    }

    /// A word of the current message.
    private struct Word {
        var time: Instant
        var isInMaintenance: Bool
    }

    /// The sensors, by the numbers of their series.
    private var sensors: [Series?] = []
    private var devices: [Device]
    /// The devices that may be in maintenance by their word or by a schedule.
    private var watched: [Int] = []
    /// The words of the current message, by their times. The array is reused for every message.
    private var words: [Word] = []
    /// The device of each series that is a device's word.
    private var speakers: [SeriesID: Int] = [:]
    private let zone: ZoneTable
    private var changed: UnstoredChanges
    /// Set if any sensor can be in maintenance.
    private var isNeeded = false

    init(_ site: Site, series number: (_ device: String, _ quantity: Quantity) -> SeriesID, zone: ZoneTable) {
        self.zone = zone
        devices = []
        for device in site.devices {
            var own = Device(series: [])
            for field in device.fields where field.source.isInPayload {
                let id = number(device.id, field.quantity)
                guard case let index = Int(id.index), index >= 0 else { continue }
                if field.quantity.name == Profile.maintenance.name {
                    own.word = id
                    speakers[id] = devices.count
                    continue
                }
                while sensors.count <= index { sensors.append(nil) }
                sensors[index] = Series(
                    id: id, isMaintained: field.maintenance != nil,
                    schedules: device.schedules.filter { $0.isAbout(field.quantity.name) }.compactMap {
                        $0.times(in: zone)
                    })
                own.series.append(index)
                if field.maintenance != nil { isNeeded = true }
            }
            if own.word != nil || !device.schedules.isEmpty {
                watched.append(devices.count)
                isNeeded = true
            }
            devices.append(own)
        }
        changed = UnstoredChanges(count: devices.count)
    }

    mutating func test(_ readings: inout [Reading], of message: inout DecodedMessage) {
        guard isNeeded else { return }
        let before = devices[message.device]
        takeWords(in: readings, of: message)
        for index in message.firstReading..<max(readings.count, message.firstReading)
        where isInMaintenance(readings[index], of: before) {
            readings[index].quality.insert(.maintenance)
        }
    }

    /// Notes what the device says of itself in a message.
    private mutating func takeWords(in readings: [Reading], of message: DecodedMessage) {
        words.removeAll(keepingCapacity: true)
        guard let series = devices[message.device].word else { return }
        for index in message.firstReading..<max(readings.count, message.firstReading)
        where readings[index].series == series && readings[index].value.isFinite {
            // A retained message says nothing of the present.
            if readings[index].quality.contains(.late) { continue }
            let word = Word(time: readings[index].time, isInMaintenance: readings[index].value > 0)
            // Of two words of one time, the second one counts.
            words.insert(word, at: (words.lastIndex { $0.time <= word.time } ?? -1) + 1)
        }
        for word in words where note(word, of: message.device) { changed.note(message.device) }
    }

    /// Notes a device's word, unless it has said something newer.
    /// - Returns: whether it changes anything.
    private mutating func note(_ word: Word, of device: Int) -> Bool {
        guard word.time >= devices[device].newest else { return false }
        devices[device].newest = word.time
        let isInMaintenance = devices[device].isInMaintenance(at: word.time)
        guard isInMaintenance != word.isInMaintenance else { return false }
        if word.isInMaintenance {
            (devices[device].begin, devices[device].end) = (word.time, .distantFuture)
        } else {
            devices[device].end = word.time
        }
        return true
    }

    /// - Parameter device: its state before the message.
    private func isInMaintenance(_ reading: Reading, of device: Device) -> Bool {
        let index = Int(reading.series.index)
        guard sensors.indices.contains(index), let sensor = sensors[index] else { return false }
        if sensor.isMaintained || isAnnounced(sensor, at: reading.time) { return true }
        guard device.word != nil else { return false }
        // A message of several moments has several words: the newest one up to the reading's moment counts.
        if let word = words.last(where: { $0.time <= reading.time }) { return word.isInMaintenance }
        return device.isInMaintenance(at: reading.time)
    }

    private func isAnnounced(_ sensor: Series, at moment: Instant) -> Bool {
        sensor.schedules.contains { $0.includes(moment, zone) }
    }

    /// Passes the series that are in maintenance now by their device's word or by a schedule, each once. The rules go
    /// on counting them, and must not take them for silent.
    func forEachInMaintenance(at now: Instant, _ body: (SeriesID) -> Void) {
        for index in watched {
            let isSaid = devices[index].isInMaintenance(at: now)
            for number in devices[index].series {
                guard let sensor = sensors[number], isSaid || isAnnounced(sensor, at: now) else { continue }
                body(sensor.id)
            }
        }
    }

    // MARK: what survives a restart

    /// The numbers of the series that are a device's word.
    var series: [Int] { speakers.keys.map { Int($0.index) } }

    /// Takes a stored reading, in the order in which they were stored.
    mutating func noteStored(_ reading: Reading) {
        guard let device = speakers[reading.series], reading.value.isFinite, !reading.quality.contains(.late) else {
            return
        }
        _ = note(Word(time: reading.time, isInMaintenance: reading.value > 0), of: device)
    }

    /// Marks a stored state as one of these, in this form.
    private static let tag: UInt64 = 0x5b1c_0002

    func appendChanged(to states: inout [DeviceState]) {
        for index in changed.positions {
            guard let series = devices[index].word else { continue }
            var writer = DeviceState.Writer(tag: Self.tag)
            for time in [devices[index].begin, devices[index].end, devices[index].newest] {
                writer.add(time.nanoseconds)
            }
            states.append(DeviceState(series: series, words: writer.words))
        }
    }

    mutating func noteStored() { changed.removeAll() }

    mutating func restore(_ states: [DeviceState]) { restore(states, present: .distantFuture) }

    /// Restores what the devices have said. Call it after the stored readings were noted.
    /// - Parameter present: no later word is believed: the clock was ahead then.
    mutating func restore(_ states: [DeviceState], present: Instant) {
        for state in states {
            guard let device = speakers[state.series], var reader = DeviceState.Reader(state.words, tag: Self.tag)
            else { continue }
            let times = (0..<3).map { _ in Instant(nanoseconds: reader.next()) }
            guard times[2] <= present else { continue }
            // Words after that have changed nothing.
            devices[device].newest = max(devices[device].newest, times[2])
            (devices[device].begin, devices[device].end) = (times[0], times[1])
        }
    }
}
