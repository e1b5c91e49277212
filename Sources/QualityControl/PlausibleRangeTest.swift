internal import Devices
internal import Telemetry

/// Flags values that a sensor cannot have: outside its profile's plausible range, or not finite (QARTOD gross range
/// test).
struct PlausibleRangeTest: QualityTest {
    /// The plausible range of each series, if its profile has one.
    private var ranges: [ClosedRange<Double>?] = []

    init(_ site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID) {
        for device in site.devices {
            for field in device.fields {
                guard let range = field.plausible, case let index = Int(series(device.id, field.quantity).index),
                    index >= 0
                else { continue }
                while ranges.count <= index { ranges.append(nil) }
                ranges[index] = range
            }
        }
    }

    mutating func test(_ readings: inout [Reading], of message: inout DecodedMessage) {
        for index in message.firstReading..<max(readings.count, message.firstReading) {
            let (value, series) = (readings[index].value, Int(readings[index].series.index))
            // A number near the largest double may become infinite in another unit.
            if !value.isFinite { readings[index].quality.insert(.notFinite) }
            guard ranges.indices.contains(series), let range = ranges[series], !range.contains(value) else { continue }
            readings[index].quality.insert(.implausible)
        }
    }
}
