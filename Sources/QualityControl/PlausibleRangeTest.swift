internal import Devices
internal import Telemetry

/// Flags values that a sensor cannot have: outside its profile's plausible range, or not finite (QARTOD gross range
/// test).
struct PlausibleRangeTest: QualityTest {
    private struct Limits: BitwiseCopyable {
        // Without a range, every finite number is within.
        var low = -Double.greatestFiniteMagnitude
        var high = Double.greatestFiniteMagnitude
        var isStated = false
    }

    /// The limits of each series.
    private var limits: [Limits] = []

    init(_ site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID) {
        for device in site.devices {
            for field in device.fields {
                guard let range = field.plausible, case let index = Int(series(device.id, field.quantity).index),
                    index >= 0
                else { continue }
                while limits.count <= index { limits.append(Limits()) }
                limits[index] = Limits(low: range.lowerBound, high: range.upperBound, isStated: true)
            }
        }
    }

    mutating func test(_ readings: inout [Reading], of message: inout DecodedMessage) {
        for index in message.firstReading..<max(readings.count, message.firstReading) {
            let (value, series) = (readings[index].value, Int(readings[index].series.index))
            let limits = limits.indices.contains(series) ? limits[series] : Limits()
            guard !(value >= limits.low && value <= limits.high) || !value.isFinite else { continue }
            // A number near the largest double may become infinite in another unit.
            if !value.isFinite { readings[index].quality.insert(.notFinite) }
            if limits.isStated, !(limits.low...limits.high).contains(value) {
                readings[index].quality.insert(.implausible)
            }
        }
    }
}
