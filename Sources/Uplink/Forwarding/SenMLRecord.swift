internal import Store
internal import Telemetry

/// One record of a SenML pack (RFC 8428).
struct SenMLRecord: Encodable {
    var bn: String?
    var n: String
    var u: String?
    var t: Double
    var v: Double
    /// The faults of the reading, beyond SenML: receivers that do not know this member ignore it.
    var quality: [String]?

    init(_ name: String, _ unit: String?, _ time: Instant, _ value: Double) {
        n = name
        // RFC 8428, 12.1: degrees Celsius are Cel.
        u = unit == "degC" ? "Cel" : unit
        t = Double(time.nanoseconds) / 1e9
        v = value
    }

    init?(_ reading: NamedReading) {
        guard reading.reading.value.isFinite else { return nil }
        self.init(reading.quantity, reading.unit, reading.reading.time, reading.reading.value)
        let flags = reading.reading.quality.names
        quality = flags.isEmpty ? nil : flags
    }

    /// Returns four records for each quantity and minute; readings that are not usable are left out.
    static func summaries(of readings: [NamedReading]) -> [SenMLRecord] {
        let minute = TimeSpan.minutes(1).nanoseconds
        struct Key: Hashable {
            var quantity: String
            var minute: Int64
        }
        let usable = readings.filter { $0.reading.value.isFinite && $0.reading.quality.isUsable }
        let groups = Dictionary(grouping: usable) {
            Key(quantity: $0.quantity, minute: $0.reading.time.nanoseconds / minute)
        }
        return groups.sorted { ($0.key.minute, $0.key.quantity) < ($1.key.minute, $1.key.quantity) }.flatMap {
            key, group in
            let values = group.map(\.reading.value)
            let time = Instant(nanoseconds: key.minute * minute)
            let unit = group[0].unit
            return [
                SenMLRecord("\(key.quantity)/count", nil, time, Double(values.count)),
                SenMLRecord("\(key.quantity)/mean", unit, time, values.reduce(0, +) / Double(values.count)),
                SenMLRecord("\(key.quantity)/min", unit, time, values.min() ?? .nan),
                SenMLRecord("\(key.quantity)/max", unit, time, values.max() ?? .nan),
            ]
        }
    }
}
