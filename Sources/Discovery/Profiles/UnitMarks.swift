internal import Devices
internal import Telemetry

/// Compares the units that a payload or a device names with those that a profile reads them in.
///
/// Degrees Fahrenheit that are read as Celsius are within every plausible range, so the decoder notices nothing.
enum UnitMarks {
    /// Tasmota names the units of its sensors at the end of a message.
    private static let tasmota = [("TempUnit", "degC"), ("PressureUnit", "hPa")]

    /// Returns why the readings have the wrong unit; `nil` if nothing says so.
    /// - Parameter announced: the unit that the device has announced for a plain value.
    static func objection(
        _ run: VectorRun, _ profile: Profile, node: JSONNode?, family: Family, announced: String?
    ) -> String? {
        if let announced, run.readings.count == 1, let reading = run.readings.first {
            if let objection = objection(announced, reading) { return objection }
        }
        guard family == .tasmota, let node else { return nil }
        for (member, usual) in tasmota {
            guard let written = node[member]?.text, let unit = unit(written), let usual = Unit(symbol: usual) else {
                continue
            }
            for reading in run.readings where reading.unit.dimension == usual.dimension {
                guard !isSame(reading.unit, unit), !converts(profile, reading, from: unit, node) else { continue }
                return
                    "\(member) is \(written), and the profile reads \(reading.quantity.name) in \(reading.unit.symbol)"
            }
        }
        return nil
    }

    private static func objection(_ written: String, _ reading: VectorRun.GivenReading) -> String? {
        guard let unit = unit(written) else { return nil }
        if isSame(unit, reading.unit) { return nil }
        let name = reading.quantity.name
        return "the device says that its unit is \(written), and the profile reads \(name) in \(reading.unit.symbol)"
    }

    /// Returns whether a profile has read a value in the unit that the payload names, since it looks at it.
    private static func converts(
        _ profile: Profile, _ reading: VectorRun.GivenReading, from unit: Unit, _ node: JSONNode
    ) -> Bool {
        let field = profile.fields.first { $0.quantity == reading.quantity }
        let (factor, summand) = unit.conversion(to: reading.quantity.unit)
        return (field?.places ?? []).contains { place in
            guard case .value(let pointer) = place.source, let raw = node.at(pointer.description)?.number else {
                return false
            }
            return abs(raw * factor + summand - reading.value) < 1e-6 * max(1, abs(reading.value))
        }
    }

    /// Units that devices name, and that profiles do not have.
    private static let others = [
        "mmHg": Unit(scaling: 133.322_387_415, of: .pressure, symbol: "mmHg"),
        "inHg": Unit(scaling: 3386.389, of: .pressure, symbol: "inHg"),
    ]

    private static let spellings = ["C": "degC", "F": "degF", "lx": "1"]

    private static func unit(_ text: String) -> Unit? {
        if let other = others[text] { return other }
        let plain = text.replacing("³", with: "3").replacing("²", with: "2").replacing("μ", with: "u")
            .replacing("µ", with: "u")
        let name = spellings[plain] ?? plain
        return name.isEmpty ? nil : Unit(symbol: name)
    }

    private static func isSame(_ a: Unit, _ b: Unit) -> Bool {
        a.dimension == b.dimension && a.scale == b.scale && a.offset == b.offset
    }
}
