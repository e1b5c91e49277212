internal import Devices
internal import Telemetry

/// Flags the readings of sensors in maintenance: by an operator's command, by the inventory and its schedule, or by the
/// device's own reading ``Devices/Profile/maintenance``. Rules do not see them.
///
/// The device's own word counts from its message on, until it says otherwise, and survives a restart.
struct MaintenanceTest: QualityTest {
    private struct Device {
        var schedules: [MaintenanceSchedule]
        /// The series of its own word.
        var word: SeriesID?
        /// The series that its own word is about: all others of its payloads.
        var series: [SeriesID]
        /// Its newest word, and when it said so.
        var isInMaintenance = false
        var since = Instant.distantPast
    }

    private struct Series {
        /// Set by an operator or by the inventory, without a time.
        var isMaintained: Bool
        /// The schedules that may hold for it.
        var schedules: [MaintenanceSchedule]
    }

    /// A word of the current message.
    private struct Word {
        var time: Instant
        var isInMaintenance: Bool
    }

    /// By number.
    private var sensors: [Series?] = []
    private var devices: [Device]
    /// The devices that may be in maintenance by their word or by a schedule.
    private var watched: [Int] = []
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
            var own = Device(schedules: device.schedules, series: [])
            for field in device.fields where field.source.isInPayload {
                let id = number(device.id, field.quantity)
                guard case let index = Int(id.index), index >= 0 else { continue }
                if field.quantity.name == Profile.maintenance.name {
                    own.word = id
                    speakers[id] = devices.count
                    continue
                }
                while sensors.count <= index { sensors.append(nil) }
                let schedules = device.schedules.filter {
                    $0.quantities.isEmpty || $0.quantities.contains(field.quantity.name)
                }
                sensors[index] = Series(isMaintained: field.maintenance != nil, schedules: schedules)
                own.series.append(id)
                if field.maintenance != nil { isNeeded = true }
            }
            if own.word != nil || !own.schedules.isEmpty {
                watched.append(devices.count)
                isNeeded = true
            }
            devices.append(own)
        }
        changed = UnstoredChanges(count: devices.count)
    }

    mutating func test(_ readings: inout [Reading], of message: inout DecodedMessage) {
        guard isNeeded else { return }
        takeWords(in: readings, of: message)
        for index in message.firstReading..<max(readings.count, message.firstReading)
        where isInMaintenance(readings[index], of: message.device) {
            readings[index].quality.insert(.maintenance)
        }
    }

    /// Notes what the device says of itself in a message.
    private mutating func takeWords(in readings: [Reading], of message: DecodedMessage) {
        words.removeAll(keepingCapacity: true)
        guard let series = devices[message.device].word else { return }
        for index in message.firstReading..<max(readings.count, message.firstReading)
        where readings[index].series == series && readings[index].value.isFinite {
            words.append(Word(time: readings[index].time, isInMaintenance: readings[index].value > 0))
            if note(readings[index], of: message.device) { changed.note(message.device) }
        }
    }

    /// Notes a device's word.
    /// - Returns: whether it changes anything.
    private mutating func note(_ word: Reading, of device: Int) -> Bool {
        guard word.time >= devices[device].since else { return false }
        devices[device].since = word.time
        defer { devices[device].isInMaintenance = word.value > 0 }
        return devices[device].isInMaintenance != (word.value > 0)
    }

    private func isInMaintenance(_ reading: Reading, of device: Int) -> Bool {
        let index = Int(reading.series.index)
        guard sensors.indices.contains(index), let series = sensors[index] else { return false }
        if series.isMaintained { return true }
        if series.schedules.contains(where: { $0.includes(reading.time, zone) }) { return true }
        guard devices[device].word != nil else { return false }
        // A message of several moments has several words: the newest one up to the reading's moment counts.
        if let word = words.last(where: { $0.time <= reading.time }) ?? words.first { return word.isInMaintenance }
        return devices[device].isInMaintenance && reading.time >= devices[device].since
    }

    /// Passes the series that are in maintenance now by their device's word or by a schedule. The rules go on counting
    /// them, and must not take them for silent.
    func forEachInMaintenance(at now: Instant, _ body: (SeriesID) -> Void) {
        for index in watched {
            if devices[index].isInMaintenance {
                for id in devices[index].series { body(id) }
                continue
            }
            for schedule in devices[index].schedules where schedule.includes(now, zone) {
                for id in devices[index].series where sensors[Int(id.index)]?.schedules.contains(schedule) ?? false {
                    body(id)
                }
            }
        }
    }

    // MARK: what survives a restart

    /// The numbers of the series that are a device's word.
    var series: [Int] { speakers.keys.map { Int($0.index) } }

    /// Takes a stored reading, in the order in which they were stored.
    mutating func noteStored(_ reading: Reading) {
        guard let device = speakers[reading.series], reading.value.isFinite else { return }
        _ = note(reading, of: device)
    }

    /// Marks a stored state as one of these, in this form.
    private static let tag: UInt64 = 0x5b1c_0002

    func appendChanged(to states: inout [DeviceState]) {
        for index in changed.positions {
            guard let series = devices[index].word else { continue }
            var writer = DeviceState.Writer(tag: Self.tag)
            writer.add(Int64(devices[index].isInMaintenance ? 1 : 0))
            writer.add(devices[index].since.nanoseconds)
            states.append(DeviceState(series: series, words: writer.words))
        }
    }

    mutating func noteStored() { changed.removeAll() }

    mutating func restore(_ states: [DeviceState]) {
        let bySeries = Dictionary(states.map { ($0.series, $0) }) { _, last in last }
        for index in devices.indices {
            guard let state = devices[index].word.flatMap({ bySeries[$0] }),
                var reader = DeviceState.Reader(state.words, tag: Self.tag)
            else { continue }
            devices[index].isInMaintenance = reader.next() > 0
            devices[index].since = Instant(nanoseconds: reader.next())
        }
    }
}
