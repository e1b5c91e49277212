internal import Devices
internal import Telemetry

/// Removes readings that a device has sent before, for the devices whose profile says `repeats: ignored`.
///
/// Such a reading has the device's own time, and the same time and value as one of the newest readings of its series.
/// By default every message is new: equal readings are common, and only the profile's author knows that a device
/// repeats itself.
struct RepeatFilter {
    /// The number of readings of a series that are remembered.
    private static let depth = 64

    private struct Known: BitwiseCopyable {
        var time: Instant
        var value: Double
    }
    /// The position of each series among the filtered ones, or −1.
    private var places: [Int32]
    private var known: [Known]
    private var cursors: [Int]

    init(_ site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID) {
        let series = site.devices.filter(\.profile.ignoresRepeats).flatMap { device in
            device.fields.map { series(device.id, $0.quantity) }
        }
        places = Array(repeating: -1, count: (series.map { Int($0.index) }.max() ?? -1) + 1)
        for (place, series) in series.enumerated() { places[Int(series.index)] = Int32(place) }
        known = Array(repeating: Known(time: .distantPast, value: .nan), count: series.count * Self.depth)
        cursors = Array(repeating: 0, count: series.count)
    }

    var isEmpty: Bool { cursors.isEmpty }

    /// Removes the repeats from `first` on, and remembers the other readings.
    /// - Returns: the number of readings that were removed.
    mutating func removeRepeats(from readings: inout [Reading], first: Int) -> Int {
        var end = first
        for index in first..<max(readings.count, first) where !isRepeat(readings[index]) {
            readings[end] = readings[index]
            end += 1
        }
        let count = readings.count - end
        if count > 0 { readings.removeLast(count) }
        return max(count, 0)
    }

    /// Returns whether a reading has come before; if it has not, remembers it. O(64) for a filtered series.
    mutating func isRepeat(_ reading: Reading) -> Bool {
        let index = Int(reading.series.index)
        // A reading with its arrival time is never a repeat.
        guard places.indices.contains(index), places[index] >= 0, !reading.quality.contains(.clockReplaced) else {
            return false
        }
        let first = Int(places[index]) * Self.depth
        for at in first..<first + Self.depth
        where known[at].time == reading.time && known[at].value.bitPattern == reading.value.bitPattern { return true }
        let cursor = cursors[Int(places[index])]
        known[first + cursor] = Known(time: reading.time, value: reading.value)
        cursors[Int(places[index])] = (cursor + 1) % Self.depth
        return false
    }
}
