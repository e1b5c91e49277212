internal import Diagnostics
internal import Telemetry

/// What one device's readings of a quantity are corrected by: `value · scale + offset + datum`.
///
/// The parts are kept apart because people know them apart: the scale and the offset from a calibration, and the datum
/// from a survey: the height of a gauge's zero.
package struct Correction: Sendable, Hashable {
    package var scale = 1.0
    /// In the canonical unit of the quantity.
    package var offset = 0.0
    /// In the canonical unit of the quantity.
    package var datum = 0.0

    package init() {}

    package var isNone: Bool { self == Correction() }

    /// Applies the correction to a conversion from the payload to the canonical unit.
    func applied(to conversion: (factor: Double, summand: Double)) -> (factor: Double, summand: Double) {
        (conversion.factor * scale, conversion.summand * scale + offset + datum)
    }

    /// Returns what a range becomes.
    func applied(to range: ClosedRange<Double>) -> ClosedRange<Double> {
        let ends = [range.lowerBound, range.upperBound].map { $0 * scale + offset + datum }
        return min(ends[0], ends[1])...max(ends[0], ends[1])
    }
}

extension YAMLReader {
    /// Reads `scale`, `offset` and `datum` of a device: each a mapping from quantities to numbers.
    mutating func applyCorrections(to fields: inout [Profile.Field]) {
        for (name, text) in strings(DeviceKey.scale) {
            guard let index = index(of: name, in: fields) else { continue }
            if let number = Double(text.string), number.isFinite, number != 0 {
                fields[index].correction.scale = number
            } else {
                report(
                    "bad-value", "a scale is a number other than 0, without a unit; got '\(text.string)'",
                    at: text.location)
            }
        }
        for key in [DeviceKey.offset, .datum] {
            for (name, text) in strings(key) {
                guard let index = index(of: name, in: fields) else { continue }
                let field = fields[index]
                guard let amount = Amount(text.string), amount.mayBe(of: field.quantity.unit.dimension) else {
                    report(
                        "bad-value",
                        """
                        this \(key.rawValue) is a number with a unit of \(field.quantity.unit.dimension.name), such as \
                        -0.12 \(field.unit.symbol); got '\(text.string)'
                        """,
                        at: text.location)
                    continue
                }
                let size = amount.size(in: field.quantity.unit, own: field.unit)
                if key == .offset {
                    fields[index].correction.offset = size
                } else {
                    fields[index].correction.datum = size
                }
            }
        }
        // The profile's range and tests are those of the sensor.
        for index in fields.indices where !fields[index].correction.isNone {
            let correction = fields[index].correction
            fields[index].plausible = fields[index].plausible.map { correction.applied(to: $0) }
            fields[index].quality.apply(correction)
            fields[index].accuracy = fields[index].accuracy.map { $0 * abs(correction.scale) }
        }
    }
}
