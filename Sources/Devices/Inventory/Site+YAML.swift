package import Diagnostics
internal import Telemetry

extension Site {
    package typealias FileLoader = (_ path: String) throws(DiagnosticList) -> SourceFile

    /// For inventories that name no other file.
    package static func noFile(_ path: String) throws(DiagnosticList) -> SourceFile {
        throw DiagnosticList([
            Diagnostic(id: "missing-file", "there is no file \(path)")
        ])
    }

    /// Reads an inventory and the profiles that it names.
    /// - Parameter load: returns a file that the inventory names, by its path as it is written there.
    /// - Throws: ``DiagnosticList`` with all mistakes in all of the files.
    package static func read(
        inventory file: SourceFile, profiles files: [SourceFile], load: FileLoader = noFile
    ) throws(DiagnosticList) -> Site {
        let (site, problems) = try parse(inventory: file, profiles: files, load: load)
        guard problems.isEmpty, let site else { throw DiagnosticList(problems) }
        return site
    }

    /// Reads as much of an inventory as possible: returns the devices without mistakes, and the mistakes of the others.
    /// - Throws: ``DiagnosticList`` if the inventory is not YAML.
    package static func parse(
        inventory file: SourceFile, profiles files: [SourceFile], load: FileLoader = noFile
    ) throws(DiagnosticList) -> (site: Site?, problems: [Diagnostic]) {
        var problems: [Diagnostic] = []
        var profiles: [String: Profile] = [:]
        for file in files {
            do {
                let profile = try Profile.read(file)
                let place = profile.location ?? file.location(line: 1, column: 1)
                if let first = profiles.updateValue(profile, forKey: profile.name) {
                    problems.append(
                        .duplicate(
                            id: "duplicate-profile", "profiles", named: profile.name, at: place, first: first.location))
                }
            } catch {
                problems += error.diagnostics
            }
        }
        var reader = YAMLReader(try YAMLNode.parse(file), InventoryKey.self)
        let name = reader.required(InventoryKey.site)
        let zone = reader.scalar(InventoryKey.timeZone)
        let common = reader.strings(InventoryKey.labels)
        let parameters = Parameters(&reader, load: load)
        var devices: [Device] = []
        var seen: [String: SourceLocation] = [:]
        var topics = SharedTopics()
        for node in reader.items(InventoryKey.devices) {
            let parsed = Device.read(
                node, profiles: profiles, common: common, site: name?.string ?? "", problems: &problems)
            guard let (device, place) = parsed else { continue }
            if let first = seen[device.id] {
                problems.append(
                    .duplicate(id: "duplicate-device", "devices", named: device.id, at: place, first: first))
            } else {
                for problem in topics.add(device, seen) { problems.append(problem) }
            }
            guard seen[device.id] == nil else { continue }
            seen[device.id] = place
            devices.append(device)
            devices[devices.count - 1].parameters = parameters.of(device, own: device.parameters)
        }
        let neighbours = reader.items(InventoryKey.neighbours).compactMap {
            NeighbourGroup.read($0, devices, problems: &problems)
        }
        problems += Self.sharedNeighbours(neighbours, at: reader.node(InventoryKey.neighbours)?.location)
        problems += parameters.strangers(among: devices.map(\.id))
        problems += Self.parameterDisagreements(devices, at: reader.node.location)
        problems += Self.disagreements(devices, at: reader.node.location)
        problems = (reader.finish() + problems).inSourceOrder()
        guard let name else { return (nil, problems) }
        let choice = Self.filters(devices)
        var site = Site(
            name: name.string, timeZone: zone?.string ?? "UTC", devices: devices, filters: choice.filters,
            leftOutFilters: choice.leftOut)
        site.timeZoneLocation = zone?.location
        site.neighbours = neighbours
        return (site, problems)
    }

    /// Reports quantities that have one name and several units. A quantity has one unit, whichever profile it comes
    /// from.
    private static func disagreements(_ devices: [Device], at place: SourceLocation) -> [Diagnostic] {
        var units: [String: Unit] = [:]
        var reported: Set<String> = []
        var problems: [Diagnostic] = []
        for field in devices.flatMap(\.fields) {
            let unit = units[field.quantity.name, default: field.quantity.unit]
            units[field.quantity.name] = unit
            if unit.dimension != field.quantity.unit.dimension, reported.insert(field.quantity.name).inserted {
                problems.append(
                    Diagnostic(
                        id: "quantity-units",
                        "'\(field.quantity.name)' is \(unit.dimension.name) in one profile and \(field.quantity.unit.dimension.name) in another",
                        at: place))
            }
        }
        return problems
    }

    /// Reports sensors that stand in two lists of neighbours.
    private static func sharedNeighbours(_ groups: [NeighbourGroup], at place: SourceLocation?) -> [Diagnostic] {
        var seen: Set<String> = []
        return groups.flatMap { group in group.devices.map { (device: $0, quantity: group.quantity.name) } }
            .filter { !seen.insert("\($0.device)/\($0.quantity)").inserted }
            .map { sensor in
                Diagnostic(
                    id: "shared-neighbour",
                    "the \(sensor.quantity) of '\(sensor.device)' stands in two lists of neighbours", at: place,
                    hint: "put all devices that must agree into one list")
            }
    }

    /// Reports parameters that have one name and several units.
    private static func parameterDisagreements(_ devices: [Device], at place: SourceLocation) -> [Diagnostic] {
        var first: [String: (dimension: Dimension, device: String)] = [:]
        var reported: Set<String> = []
        var problems: [Diagnostic] = []
        for device in devices {
            for (name, amount) in device.parameters.sorted(by: { $0.key < $1.key }) {
                let dimension = amount.unit?.dimension ?? .one
                let known = first[name] ?? (dimension, device.id)
                first[name] = known
                if known.dimension != dimension, reported.insert(name).inserted {
                    problems.append(
                        Diagnostic(
                            id: "parameter-units",
                            "the parameter '\(name)' is \(known.dimension.name) for '\(known.device)' and \(dimension.name) for '\(device.id)'",
                            at: device.location ?? place))
                }
            }
        }
        return problems
    }

    private static func filters(_ devices: [Device]) -> FilterChoice {
        FilterChoice(
            devices.flatMap { device in
                zip(device.topics, device.profile.messages).flatMap {
                    topic, message -> [(topic: String, pattern: String?)] in
                    let pattern = message.topic.topic(device.labels) == topic ? message.topic.filter : nil
                    if message.format.isSparkplug, let topic = SparkplugTopic(topic) {
                        return topic.filters(pattern: pattern)
                    }
                    return [(topic, pattern)]
                }
            })
    }
}

/// The topics of the devices so far, to find those that two devices share without a way to tell them apart.
private struct SharedTopics {
    private var owners: [String: (device: String, layout: MessageLayout)] = [:]
    private var keys: [String: String] = [:]

    /// Adds the topics of a device.
    mutating func add(_ device: Device, _ seen: [String: SourceLocation]) -> [Diagnostic] {
        var problems: [Diagnostic] = []
        for (topic, message) in zip(device.topics, device.profile.messages) {
            let owner = owners.updateValue((device.id, message), forKey: topic)
            if let selector = message.selector {
                let name = "\(topic)\u{0}\(selector)\u{0}\(device.key)"
                if let other = keys.updateValue(device.id, forKey: name), other != device.id {
                    problems.append(
                        Diagnostic(
                            id: "shared-key",
                            """
                            '\(device.id)' and '\(other)'\(place(of: other, seen)) have the same key, \(device.key), on \
                            the topic \(topic)
                            """,
                            at: device.location, hint: "give each a 'key' of its own"))
                }
            }
            guard let owner, owner.device != device.id, owner.layout.selector == nil || message.selector == nil,
                // Parts of one device may be devices here, and go together.
                !(owner.layout.isAvailability && message.isAvailability)
            else {
                continue
            }
            problems.append(
                Diagnostic(
                    id: "shared-topic",
                    """
                    '\(device.id)' and '\(owner.device)'\(place(of: owner.device, seen)) have the same topic, \(topic)
                    """,
                    at: device.location))
            break
        }
        return problems
    }

    private func place(of device: String, _ seen: [String: SourceLocation]) -> String {
        seen[device].map { " (\($0.fileAndLine))" } ?? ""
    }
}
