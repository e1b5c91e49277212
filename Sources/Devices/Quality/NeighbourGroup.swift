internal import Diagnostics
package import Telemetry

/// Devices that measure one quantity at one place, or near each other, and must agree.
package struct NeighbourGroup: Sendable {
    package var quantity: Quantity
    package var devices: [String]
    /// How much the word of each device counts, in the order of ``devices``.
    package var trust: [Double]
    /// Readings that differ by more than `suspect` do not agree, in the canonical unit.
    package var limits: QualitySettings.Limits
    /// The longest time between two readings that are compared.
    package var within: TimeSpan

    /// The most devices of a group: each reading is compared with that of every other.
    package static let devicesMax = 32
}

extension NeighbourGroup {
    /// Reads one entry of `neighbours:`. All mistakes are reported.
    static func read(_ node: YAMLNode, _ devices: [Device], problems: inout [Diagnostic]) -> NeighbourGroup? {
        var reader = YAMLReader(node, NeighboursKey.self)
        defer { problems += reader.finish() }
        let name = reader.required(NeighboursKey.quantity)
        let entries = reader.items(NeighboursKey.devices).compactMap(\.scalar)
        let trusted = reader.strings(NeighboursKey.trust)
        let within = reader.span(NeighboursKey.within)
        guard let name else { return nil }
        var members: [(device: Device, field: Profile.Field)] = []
        for entry in entries {
            guard let device = devices.first(where: { $0.id == entry.string }) else {
                reader.report(
                    "unknown-device", "there is no device '\(entry.string)' in the inventory", at: entry.location,
                    hint: NearMiss.hint(for: entry.string, among: devices.map(\.id)))
                continue
            }
            guard let field = device.field(name.string) else {
                reader.report(
                    "unknown-quantity", "'\(device.id)' has no reading of '\(name.string)'", at: entry.location,
                    hint: NearMiss.hint(for: name.string, among: device.fields.map(\.quantity.name)))
                continue
            }
            if members.contains(where: { $0.device.id == device.id }) {
                reader.report("duplicate-device", "'\(device.id)' stands here twice", at: entry.location)
            } else {
                members.append((device, field))
            }
        }
        guard let first = members.first else {
            if reader.problems.isEmpty { reader.reportMissing(NeighboursKey.devices.rawValue) }
            return nil
        }
        let limits = reader.limits(of: members.map(\.field))
        if members.count == entries.count, !(2...devicesMax).contains(members.count) {
            reader.report("bad-value", "neighbours are two devices or more, and at most \(devicesMax)")
        }
        if first.field.kind == .counter {
            reader.report(
                "quality-of-counter", "counters began at different times, so their totals do not agree",
                at: name.location)
        }
        var trust: [String: Double] = [:]
        for (device, text) in trusted {
            guard members.contains(where: { $0.device.id == device.string }) else {
                reader.report("unknown-device", "'\(device.string)' is not among these neighbours", at: device.location)
                continue
            }
            guard let number = Double(text.string), number > 0, number.isFinite else {
                reader.report("bad-value", "trust is a number above 0; got '\(text.string)'", at: text.location)
                continue
            }
            trust[device.string] = number
        }
        guard reader.problems.isEmpty, let limits, limits.suspect != nil else { return nil }
        let longest = members.map(\.device.interval).max() ?? .zero
        return NeighbourGroup(
            quantity: first.field.quantity, devices: members.map(\.device.id),
            trust: members.map { trust[$0.device.id] ?? 1 }, limits: limits, within: within ?? longest * 2)
    }
}

extension YAMLReader {
    /// Reads the limits of neighbours, which may follow from their declared accuracies.
    fileprivate mutating func limits(of fields: [Profile.Field]) -> QualitySettings.Limits? {
        let declared = fields.compactMap(\.accuracy).sorted()
        let standard = declared.count == fields.count ? declared.suffix(2).reduce(0, +) : nil
        if standard == nil, node(NeighboursKey.suspect) == nil {
            _ = node(NeighboursKey.fail)
            report(
                "missing-key", "'suspect' says from which difference on the neighbours do not agree",
                hint: "or declare the 'accuracy' of each, from which it follows")
            return nil
        }
        let limits = limits(NeighboursKey.suspect, NeighboursKey.fail, .size, fields[0], standard: standard)
        let largest = declared.suffix(2).reduce(0, +)
        // Sums of decimal numbers are not exact in binary.
        if let suspect = limits?.suspect, declared.count > 1, suspect < largest * (1 - 1e-9) {
            let (factor, unit) = (fields[0].quantity.unit.conversion(to: fields[0].unit).factor, fields[0].unit)
            report(
                "bad-value",
                """
                by their declared accuracies two of them may differ by \(NumberText.short(largest * factor, unit)), so \
                'suspect' must be that or more
                """)
        }
        return limits
    }
}
