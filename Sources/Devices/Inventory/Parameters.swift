internal import Diagnostics
internal import Telemetry

/// The parameters of devices: numbers of the inventory that rules use, such as the level at which a river floods at one
/// gauge. In rules: `water_level > param(flood_stage)`.
///
/// A device's own value comes before that of the table, that before the one of the whole site, and that before the
/// profile's.
struct Parameters {
    private var ofSite: [String: Amount]
    private var table: ParameterTable?

    /// Reads `parameters` and `parameters_file` of an inventory.
    /// - Parameter load: returns the file of a path, which is relative to the inventory.
    init(_ reader: inout YAMLReader, load: (String) throws(DiagnosticList) -> SourceFile) {
        ofSite = reader.parameters(InventoryKey.parameters)
        guard let path = reader.scalar(InventoryKey.parametersFile) else { return }
        do {
            table = try ParameterTable(load(path.string))
        } catch {
            reader.problems += error.diagnostics.map { problem in
                guard problem.location == nil else { return problem }
                var problem = problem
                problem.location = path.location
                return problem
            }
        }
    }

    /// Returns the parameters of a device.
    /// - Parameter own: those that stand with the device.
    func of(_ device: Device, own: [String: Amount]) -> [String: Amount] {
        [ofSite, table?.values[device.id] ?? [:], own].reduce(device.profile.parameters) { $0.merging($1) { $1 } }
    }

    /// The rows of the table that belong to no device.
    func strangers(among devices: [String]) -> [Diagnostic] {
        let known = Set(devices)
        return (table?.locations ?? [:]).filter { !known.contains($0.key) }.map { id, location in
            Diagnostic(
                id: "unknown-device", "there is no device '\(id)' in the inventory", at: location,
                hint: NearMiss.hint(for: id, among: devices))
        }
    }
}

extension YAMLReader {
    /// Reads `parameters: { flood_stage: 3.2 m }`.
    mutating func parameters(_ key: some RawRepresentable<String>) -> [String: Amount] {
        var parameters: [String: Amount] = [:]
        for (name, text) in strings(key) {
            if let problem = ParameterTable.problem(withName: name.string) {
                report("bad-parameter", problem, at: name.location)
            } else if let amount = Amount(text.string) {
                parameters[name.string] = Amount(amount.number, amount.unit ?? .one)
            } else {
                report(
                    "bad-parameter",
                    "'\(name.string)' is a number with its unit, such as 3.2 m; got '\(text.string)'",
                    at: text.location)
            }
        }
        return parameters
    }
}
