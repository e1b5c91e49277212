internal import Diagnostics
internal import Telemetry

/// How the values of a quantity relate to each other. It decides which functions make sense.
package enum QuantityKind: String, Sendable, CaseIterable {
    /// A value that holds until the next one: a level, a temperature, a door.
    case state
    /// A total that only rises, apart from resets: the tips of a rain gauge since it was installed.
    case counter
    /// An amount since the message before: the rain of the last ten minutes. Equal amounts are two amounts.
    case increment
    /// Something that has happened at a moment, and is over: a button, a tremor.
    case event

    /// `a state`, `an increment`
    package var inWords: String { self == .increment || self == .event ? "an \(rawValue)" : "a \(rawValue)" }

    /// The kinds of quantities that have the same one everywhere.
    static let known: [String: QuantityKind] = {
        let states = [
            "water_level", "discharge", "temperature", "humidity", "pressure", "wind_speed", "wind_direction", "tilt_x",
            "tilt_y", "methane", "propane", "carbon_monoxide", "carbon_dioxide", "hydrogen_sulfide", "oxygen",
            "smoke_obscuration", "pm25", "pm10", "sound_level", "dose_rate", "battery_voltage", "battery",
            "illuminance", "displacement", "soil_moisture", "latitude",
            "longitude", "link_rssi", "link_snr", "link_quality",
        ]
        return Dictionary(
            uniqueKeysWithValues: states.map { ($0, .state) } + [("rain", .increment), ("rain_total", .counter)])
    }()
}

extension Profile.Field {
    /// The kind of the quantity; `nil` if nobody has said.
    package var kind: QuantityKind? { counter == nil ? statedKind ?? QuantityKind.known[quantity.name] : .counter }
}

extension YAMLReader {
    /// Reads `kind` and `counter`, of which the second also says the first.
    mutating func kind(unit: Unit, quantity: Quantity) -> (kind: QuantityKind?, counter: CounterProperties?) {
        let kind = value(ReadingKey.kind, expected: QuantityKind.allCases.map(\.rawValue).joined(separator: ", ")) {
            QuantityKind(rawValue: $0)
        }
        let counter = CounterProperties.read(
            &self, key: ReadingKey.counter.rawValue, unit: unit, quantity: quantity)
        if counter != nil, let kind, kind != .counter {
            report(
                "kind-of-counter", "what has a 'counter' is not \(kind.inWords)", at: node(ReadingKey.kind)?.location,
                hint: "leave one of the two out")
        }
        return (kind, kind == .counter ? counter ?? CounterProperties() : counter)
    }
}
