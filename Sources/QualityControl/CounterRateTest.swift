internal import Devices
internal import Telemetry

/// Flags readings of counters that have risen faster than their profile's largest rate allows (QARTOD rate of change
/// test, by ``CounterRateCheck``).
struct CounterRateTest: QualityTest {
    private struct Check {
        let series: SeriesID
        var check: CounterRateCheck
    }

    private var checks: [Check] = []
    /// The positions of each device's checks in `checks`.
    private var places: [Range<Int>] = []
    /// The changed checks, by their positions in `checks`.
    private var changed: UnstoredChanges
    /// The positions of one check's readings in the message. The array is reused for every message.
    private var order: [Int] = []

    init(_ site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID) {
        for device in site.devices {
            let first = checks.count
            for field in device.fields {
                guard let rate = field.counter?.maxRate else { continue }
                let check = CounterRateCheck(
                    maxRate: rate, resolution: field.counterResolution ?? 0, interval: device.interval)
                checks.append(Check(series: series(device.id, field.quantity), check: check))
            }
            places.append(first..<checks.count)
        }
        changed = UnstoredChanges(count: checks.count)
    }

    /// Tests a message's readings in the order of their times.
    mutating func test(_ readings: inout [Reading], of message: inout DecodedMessage) {
        for place in places[message.device] {
            order.removeAll(keepingCapacity: true)
            // The next readings are not compared with a reading that is known to be wrong.
            for index in readings.indices[min(message.firstReading, readings.count)...]
            where readings[index].series == checks[place].series && readings[index].quality.isUsable {
                order.append(index)
            }
            guard !order.isEmpty else { continue }
            for index in order.indices.dropFirst() where readings[order[index]].time < readings[order[index - 1]].time {
                order.sort { (readings[$0].time, $0) < (readings[$1].time, $1) }
                break
            }
            for index in order {
                let isCredible = checks[place].check.isCredible(readings[index].value, at: readings[index].time)
                readings[index].quality.note(.rateOfChange, isCredible ? .pass : .fail)
            }
            changed.note(place)
        }
    }

    func appendChanged(to states: inout [DeviceState]) {
        for place in changed.positions {
            states.append(DeviceState(series: checks[place].series, words: checks[place].check.words))
        }
    }

    mutating func noteStored() { changed.removeAll() }

    /// Restores the stored states.
    mutating func restore(_ states: [DeviceState]) {
        let places = Dictionary(checks.indices.map { (checks[$0].series, $0) }) { first, _ in first }
        for state in states {
            if let place = places[state.series] { checks[place].check.restore(state.words) }
        }
    }
}
