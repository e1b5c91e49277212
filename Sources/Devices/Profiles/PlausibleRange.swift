internal import Diagnostics
internal import Telemetry

/// A range as people write it, with the unit of the payload or its own: `0 .. 12`, `0 m .. 12 m`.
enum PlausibleRange {
    static func read(_ reader: inout YAMLReader, key: String, unit: Unit, quantity: Quantity) -> ClosedRange<Double>? {
        guard let text = reader.scalar(key) else { return nil }
        let ends = text.string.split(separator: "..", maxSplits: 1).map { end -> Double? in
            let words = end.split(separator: " ")
            guard let number = words.first.flatMap({ Double($0) }), words.count <= 2 else { return nil }
            let own = words.count == 2 ? Unit(symbol: words[1]) : unit
            guard let own, own.dimension == quantity.unit.dimension else { return nil }
            let (factor, summand) = own.conversion(to: quantity.unit)
            return number * factor + summand
        }
        if ends.count == 2, let low = ends[0], let high = ends[1], low <= high { return low...high }
        reader.report(
            "bad-range", "'\(key)' is a range from low to high, such as 0 .. 12 or -40 degC .. 85 degC",
            at: text.location)
        return nil
    }
}
