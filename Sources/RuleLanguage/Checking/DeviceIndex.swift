internal import Devices
internal import Telemetry

/// Finds the devices of a site by their labels, so that ten thousand rules need not each search ten thousand devices.
struct DeviceIndex {
    let site: Site
    let labels: Set<String>
    /// Every quantity that the site's devices report.
    let quantities: [String: Quantity]
    let quantityNames: Set<String>
    /// The names of the devices' parameters.
    let parameterNames: Set<String>
    /// For each label and value, the indices of the devices with it, in order.
    private var byValue: [String: [String: [Int]]] = [:]
    private var byPattern: [String: [Int]] = [:]

    init(_ site: Site) {
        self.site = site
        var quantities: [String: Quantity] = [:]
        for (index, device) in site.devices.enumerated() {
            for (label, value) in device.labels { byValue[label, default: [:]][value, default: []].append(index) }
            for field in device.fields { quantities[field.quantity.name] = field.quantity }
        }
        labels = Set(byValue.keys)
        self.quantities = quantities
        quantityNames = Set(quantities.keys)
        parameterNames = Set(site.devices.flatMap(\.parameters.keys))
    }

    /// Returns the values of a label among the site's devices.
    func values(of label: String) -> [String] { (byValue[label] ?? [:]).keys.sorted() }

    /// Returns the devices whose labels match all patterns. The gateway itself is selected only by its kind.
    mutating func select(_ matchers: [(label: String, pattern: String)]) -> [Device] {
        let isAboutGateway = matchers.contains { $0.label == "kind" && $0.pattern == Device.gatewayID }
        return selectAny(matchers).filter { isAboutGateway || !$0.isGateway }
    }

    private mutating func selectAny(_ matchers: [(label: String, pattern: String)]) -> [Device] {
        var found: [Int]?
        for (label, pattern) in matchers {
            let devices = devices(label, pattern)
            if let before = found {
                let kept = Set(devices)
                found = before.filter(kept.contains)
            } else {
                found = devices
            }
        }
        guard let found else { return site.devices }
        return found.map { site.devices[$0] }
    }

    private mutating func devices(_ label: String, _ pattern: String) -> [Int] {
        guard let values = byValue[label] else { return [] }
        guard pattern.contains("*") else { return values[pattern] ?? [] }
        let key = label + "\u{0}" + pattern
        if let known = byPattern[key] { return known }
        let found = values.filter { PathGlob.matches($0.key, pattern) }.flatMap(\.value).sorted()
        byPattern[key] = found
        return found
    }
}
