internal import Devices
internal import Diagnostics
internal import Telemetry

// The devices of a rule, and what they lack.
extension RuleChecker {
    /// The devices that the rule selects and that are in one of its groups.
    mutating func select(_ source: RuleSource) -> [Device] {
        let labels = devices.labels
        for name in source.matchers.map(\.key) + source.forEach where !labels.contains(name.string) {
            report(.unknownLabel(name.string, among: labels), at: name.location)
        }
        let selected = devices.select(source.matchers.map { ($0.key.string, $0.value.string) })
        if selected.isEmpty { warnOfIdle(source) }
        return selected.filter { device in source.forEach.allSatisfy { device.labels[$0.string] != nil } }
    }

    /// Warns of a rule that selects no device, and names the first value in `where` that no device has.
    private mutating func warnOfIdle(_ source: RuleSource) {
        for (key, value) in source.matchers where devices.labels.contains(key.string) {
            let values = devices.values(of: key.string)
            if values.contains(where: { PathGlob.matches($0, value.string) }) { continue }
            report(.idleRule(source.name.string, unmet: (key.string, value.string, values)), at: value.location)
            return
        }
        report(.idleRule(source.name.string, unmet: nil), at: source.name.location)
    }

    /// Reports devices that the rule selects and measures with, but that are in none of its groups. Such a device would
    /// not be watched.
    mutating func reportUngrouped(_ source: RuleSource, _ measured: Set<String>) {
        let labels = devices.labels
        guard source.forEach.allSatisfy({ labels.contains($0.string) }) else { return }
        let selected = devices.select(source.matchers.map { ($0.key.string, $0.value.string) })
        for device in selected where device.measuresAny(of: measured) {
            guard let missing = source.forEach.first(where: { device.labels[$0.string] == nil }) else { continue }
            report(
                .deviceWithoutGroup(device, rule: source.name.string, missing: missing.string),
                at: device.location ?? source.name.location)
        }
    }

    /// Warns of groups without a sensor for a quantity that the rule uses.
    mutating func warnOfMissingSensors(_ rule: Rule, _ devices: [Device], _ checker: ExpressionChecker) {
        let groups = Dictionary(grouping: devices) { device in rule.forEach.map { device.labels[$0] ?? "" } }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        for (name, range) in checker.usedQuantities.sorted(by: { $0.key < $1.key }) {
            let without = groups.filter { !$0.value.contains { $0.field(name) != nil } }
            guard !without.isEmpty else { continue }
            let named = without.prefix(3).map { group in
                Self.description(of: group.key.joined(separator: ","), group.value.map(\.id))
            }
            report(.noSensor(name, in: named, more: without.count - named.count), at: range.location)
        }
    }

    /// Returns a group with its first devices: `s1 (d1, d2)`.
    private static func description(of group: String, _ devices: [String]) -> String {
        if devices == [group] { return group }
        return "\(group) (\(devices.prefix(4).joined(separator: ", "))\(devices.count > 4 ? ", …" : ""))"
    }
}

extension Device {
    func measuresAny(of quantities: Set<String>) -> Bool {
        fields.contains { quantities.contains($0.quantity.name) }
    }
}
