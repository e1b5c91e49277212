internal import Devices
internal import Telemetry

/// Reports how many readings of a message are implausible, if any are, for the devices that have a series for it.
struct ImplausibleCount: QualityTest {
    /// The series that reports the count, by device.
    private let series: [SeriesID?]

    init(_ site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID) {
        self.series = site.devices.map { device in
            device.fields.first { $0.source.isPlausibility }.map { series(device.id, $0.quantity) }
        }
    }

    mutating func test(_ readings: inout [Reading], of message: inout DecodedMessage) {
        guard let series = series[message.device], let last = readings.last else { return }
        var count = 0
        for index in message.firstReading..<readings.count where readings[index].quality.contains(.implausible) {
            count += 1
        }
        if count > 0 { readings.append(Reading(series: series, time: last.time, value: Double(count))) }
    }
}
