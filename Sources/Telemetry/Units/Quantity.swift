/// A measured quantity, with the unit in which its readings are kept.
package struct Quantity: Hashable, Sendable {
    /// Lower-case words joined by `_`, as rules write them: `water_level`.
    package let name: String
    package let unit: Unit

    package init(name: String, unit: Unit) {
        self.name = name
        self.unit = unit
    }

    /// The quantities whose canonical unit is fixed, so that every site and every rule agrees on it.
    ///
    /// A profile may name others; those are kept in the unit that the profile gives.
    package static let known: [String: Quantity] = {
        let units = [
            "water_level": "m", "discharge": "m3/s", "rain": "mm", "rain_total": "mm",
            "temperature": "degC", "humidity": "%", "pressure": "hPa", "wind_speed": "m/s",
            "wind_direction": "deg", "acceleration_x": "Gal", "acceleration_y": "Gal",
            "acceleration_z": "Gal", "tilt_x": "deg", "tilt_y": "deg", "latitude": "deg", "longitude": "deg",
            "methane": "%LEL",
            "propane": "%LEL", "carbon_monoxide": "ppm", "carbon_dioxide": "ppm",
            "hydrogen_sulfide": "ppm", "oxygen": "%", "smoke_obscuration": "%/m", "pm25": "ug/m3",
            "pm10": "ug/m3", "sound_level": "dB", "dose_rate": "uSv/h", "battery_voltage": "V",
            "battery": "%", "illuminance": "1", "displacement": "mm", "soil_moisture": "%",
        ]
        return units.mapValues { Unit(symbol: $0)! }  // each symbol above is in the unit table; a test reads them
            .reduce(into: [:]) { $0[$1.key] = Quantity(name: $1.key, unit: $1.value) }
    }()
}
