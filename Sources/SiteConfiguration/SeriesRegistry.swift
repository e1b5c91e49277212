package import Devices
package import Store
package import Telemetry

/// The numbers of a site's series.
package struct SeriesRegistry: Sendable {
    private var ids: [String: [String: SeriesID]] = [:]
    /// The device of each series, by its number; empty if the number belongs to no device of this site.
    package private(set) var devices: [String] = []
    /// The quantity of each series, by its number; empty if the number belongs to no device of this site.
    package private(set) var quantities: [String] = []

    /// - Parameters:
    ///   - names: all series of the site.
    ///   - numbers: the number of each of them, and of any others.
    /// - Throws: if a series of the site has no number.
    package init(_ names: [SeriesName], _ numbers: [SeriesName: SeriesID]) throws(GatewayError) {
        if let name = names.first(where: { numbers[$0] == nil }) {
            throw GatewayError("the series \(name.device)/\(name.quantity) has no number in the store")
        }
        let count = Int((numbers.values.max()?.index ?? -1) + 1)
        devices = Array(repeating: "", count: count)
        quantities = devices
        for (name, id) in numbers {
            ids[name.device, default: [:]][name.quantity] = id
            devices[Int(id.index)] = name.device
            quantities[Int(id.index)] = name.quantity
        }
    }

    /// The number of a series.
    ///
    /// All callers take the device and the quantity from the site that the registry was made for. The initialiser
    /// checks that each series of this site has a number. So the precondition holds.
    /// - Precondition: the series belongs to the site that the registry was made for.
    package func id(device: String, quantity: String) -> SeriesID {
        guard let id = ids[device]?[quantity] else { preconditionFailure("no series for \(device) \(quantity)") }
        return id
    }

    /// The names of all series of a site.
    package static func names(of site: Site) -> [SeriesName] {
        site.devices.flatMap { device in
            device.fields.map {
                SeriesName(device: device.id, quantity: $0.quantity.name, unit: $0.quantity.unit.symbol)
            }
        }
    }
}
