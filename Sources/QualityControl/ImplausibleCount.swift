internal import Devices
internal import Telemetry

/// Reports how many readings of a message have failed a test of their value, if any have, for the devices that have a
/// series for it.
struct ImplausibleCount: QualityTest {
    /// The series that reports the count, by device.
    private let series: [SeriesID?]
    /// The series of sensors in maintenance, whose readings raise nothing.
    private let maintained: Set<SeriesID>

    init(_ site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID) {
        maintained = Set(
            site.devices.flatMap { device in
                device.fields.filter { $0.maintenance != nil }.map { series(device.id, $0.quantity) }
            })
        self.series = site.devices.map { device in
            device.fields.first { $0.source.isPlausibility }.map { series(device.id, $0.quantity) }
        }
    }

    mutating func test(_ readings: inout [Reading], of message: inout DecodedMessage) {
        guard let series = series[message.device], let last = readings.last else { return }
        var count = 0
        for index in message.firstReading..<readings.count {
            let quality = readings[index].quality
            guard quality.isImplausible || quality.contains(.notFinite), !quality.contains(.late),
                !maintained.contains(readings[index].series)
            else { continue }
            count += 1
        }
        if count > 0 { readings.append(Reading(series: series, time: last.time, value: Double(count))) }
    }
}
