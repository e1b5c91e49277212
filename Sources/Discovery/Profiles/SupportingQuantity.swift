/// Quantities that many models report beside what they measure, so that they do not show which model it is.
enum SupportingQuantity {
    private static let names: Set<String> = [
        "battery", "battery_voltage", "battery_low", "battery_status", "link_rssi", "link_snr", "link_quality",
        "online",
        "tamper", "test", "trouble", "uptime", "missing_messages",
    ]

    static func contains(_ name: String) -> Bool { names.contains(name) }
}
