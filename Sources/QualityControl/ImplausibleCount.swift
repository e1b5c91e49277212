internal import Devices
internal import Telemetry

/// Reports how many readings of a message have failed a test of their value, if any have, for the devices that have a
/// series for it.
struct ImplausibleCount: QualityTest {
    /// The series that reports the count, by device.
    private let series: [SeriesID?]
    /// The series that reports about each series' device.
    private let reports: [SeriesID: SeriesID]

    init(_ site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID) {
        reports = Dictionary(
            site.devices.flatMap { device -> [(SeriesID, SeriesID)] in
                guard let report = device.fields.first(where: { $0.source.isPlausibility }) else { return [] }
                return device.fields.map { (series(device.id, $0.quantity), series(device.id, report.quantity)) }
            }
        ) { first, _ in first }
        self.series = site.devices.map { device in
            device.fields.first { $0.source.isPlausibility }.map { series(device.id, $0.quantity) }
        }
    }

    mutating func test(_ readings: inout [Reading], of message: inout DecodedMessage) {
        guard let series = series[message.device], let last = readings.last else { return }
        var count = 0
        for index in message.firstReading..<readings.count where counts(readings[index]) { count += 1 }
        if count > 0 { readings.append(Reading(series: series, time: last.time, value: Double(count))) }
    }

    /// Reports the readings from a position on that come without their message, because they have waited.
    func test(_ readings: inout [Reading], from first: Int) {
        for index in readings.indices[min(first, readings.count)...] {
            let reading = readings[index]
            guard counts(reading), let report = reports[reading.series] else { continue }
            readings.append(Reading(series: report, time: reading.time, value: 1))
        }
    }

    private func counts(_ reading: Reading) -> Bool {
        let quality = reading.quality
        return (quality.isImplausible || quality.contains(.notFinite)) && !quality.contains(.late)
            && !quality.contains(.maintenance)
    }
}
