internal import Telemetry

/// Remembers which devices have said, or whose brokers have said, that they are gone. A device that sends is back.
///
/// The state is stored, so that a sensor that is gone stays silent through a restart.
struct DeviceAvailability {
    /// The series of each device's ``Profile/online``, if its profile has one.
    private let series: [SeriesID?]
    private var areGone: [Bool]
    private var changed: UnstoredChanges

    init(_ devices: [Device], series: (_ device: String, _ quantity: Quantity) -> SeriesID) {
        self.series = devices.map { device in
            device.field(Profile.online.name).map { series(device.id, $0.quantity) }
        }
        areGone = Array(repeating: false, count: devices.count)
        changed = UnstoredChanges(count: devices.count)
    }

    func isGone(_ device: Int) -> Bool { areGone[device] }

    /// The series of a device's ``Profile/online``, if it has one.
    func series(of device: Int) -> SeriesID? { series[device] }

    @inline(__always)
    mutating func note(_ device: Int, isGone: Bool) {
        guard areGone[device] != isGone, series[device] != nil else { return }
        areGone[device] = isGone
        changed.note(device)
    }

    // MARK: what has to survive

    /// "gone"
    private static let tag: UInt64 = 0x676f_6e65

    func appendChanged(to states: inout [DeviceState]) {
        for device in changed.positions {
            guard let series = series[device] else { continue }
            var writer = DeviceState.Writer(tag: Self.tag)
            writer.add(Int64(areGone[device] ? 1 : 0))
            states.append(DeviceState(series: series, words: writer.words))
        }
    }

    mutating func noteStored() { changed.removeAll() }

    mutating func restore(_ states: [DeviceState]) {
        let bySeries = Dictionary(states.map { ($0.series, $0) }) { _, last in last }
        for (device, series) in series.enumerated() {
            guard let state = series.flatMap({ bySeries[$0] }),
                var reader = DeviceState.Reader(state.words, tag: Self.tag)
            else { continue }
            areGone[device] = reader.next() == 1
        }
    }
}

extension PayloadDecoder {
    /// Returns whether a device has said that it is gone, and has not sent since.
    package func isGone(_ device: Int) -> Bool { availability.isGone(device) }
}
