package import Telemetry

/// Marks a device, or one quantity of it, as in maintenance: its readings are kept, and no rule sees them.
package struct Maintenance: Codable, Hashable, Sendable {
    package var device: String
    /// `nil` for all that the device measures.
    package var quantity: String?
    package var person: String
    package var since: Instant
    package var reason: String

    package init(device: String, quantity: String?, person: String, since: Instant, reason: String) {
        self.device = device
        self.quantity = quantity
        self.person = person
        self.since = since
        self.reason = reason
    }

    /// `co-3`, `co-3/carbon_monoxide`
    package var name: String { quantity.map { "\(device)/\($0)" } ?? device }
}

extension Site {
    /// Puts the sensors that an operator has named into maintenance. Ignores names that are not in the inventory.
    package mutating func apply(_ maintenance: [Maintenance]) {
        for entry in maintenance {
            guard let index = devices.firstIndex(where: { $0.id == entry.device }) else { continue }
            for field in devices[index].fields.indices
            where entry.quantity == nil || devices[index].fields[field].quantity.name == entry.quantity {
                devices[index].fields[field].maintenance = entry.reason
            }
        }
    }
}
