/// A unit of measurement: a dimension, and the conversion to the coherent unit.
///
/// `coherent = value × scale + offset`. The coherent unit of temperature is the degree Celsius, since people read
/// stored temperatures; every other one is SI's (see ``Dimension/coherentUnit``). Names follow UCUM's case-sensitive
/// spirit with the spellings that people write (<https://ucum.org>).
package struct Unit: Hashable, Sendable {
    package let symbol: String
    package let dimension: Dimension
    package let scale: Double
    /// Not zero only for temperature scales whose zero is not 0 °C.
    package let offset: Double

    init(_ symbol: String, _ dimension: Dimension, _ scale: Double, offset: Double = 0) {
        self.symbol = symbol
        self.dimension = dimension
        self.scale = scale
        self.offset = offset
    }

    package static let one = Unit("", .one, 1)

    /// Makes a unit without an offset that is not in the table: the unit of a slope, or of a difference.
    package init(scaling scale: Double, of dimension: Dimension, symbol: String) {
        self.init(symbol, dimension, scale)
    }

    /// The coherent unit of a dimension, as shown to people.
    package static func coherent(_ dimension: Dimension, isDifference: Bool = false) -> Unit {
        let celsius = dimension == .temperature && !isDifference
        return Unit(celsius ? "degC" : dimension.coherentUnit, dimension, 1)
    }

    /// True if this unit's zero has a meaning: a temperature, as opposed to a difference of two.
    package var isTemperatureScale: Bool { dimension == .temperature }

    /// Returns the factor and the summand that turn a value in this unit into one in `target`.
    ///
    /// For a difference (a slope, a spread), only the factor applies. Equal scales give exactly 1.
    /// - Precondition: both units have the same dimension.
    package func conversion(to target: Unit) -> (factor: Double, summand: Double) {
        precondition(dimension == target.dimension)
        let factor = scale == target.scale ? 1 : scale / target.scale
        return (factor, (offset - target.offset) / target.scale)
    }
}

extension Unit {
    /// The units by their symbols. ``init(symbol:)`` reads a compound (`m3/s`, `ug/m3`) from these.
    private static let table: [String: Unit] = {
        let length = Dimension.length, temperature = Dimension.temperature
        let acceleration = Dimension.length / .time / .time
        let conductance = Dimension.current / (.power / .current)
        var units = [
            Unit("mm", length, 1e-3), Unit("cm", length, 1e-2), Unit("m", length, 1), Unit("km", length, 1e3),
            Unit("um", length, 1e-6), Unit("nm", length, 1e-9), Unit("in", length, 0.0254), Unit("ft", length, 0.3048),
            Unit("ms", .time, 1e-3), Unit("s", .time, 1), Unit("min", .time, 60), Unit("h", .time, 3600),
            Unit("d", .time, 86_400),
            Unit("ug", .mass, 1e-9), Unit("mg", .mass, 1e-6), Unit("g", .mass, 1e-3), Unit("kg", .mass, 1),
            Unit("L", length.power(3), 1e-3), Unit("ha", length.power(2), 1e4),
            Unit("degC", temperature, 1), Unit("K", temperature, 1, offset: -273.15),
            Unit("degF", temperature, 5.0 / 9.0, offset: -160.0 / 9.0),
            Unit("Pa", .pressure, 1), Unit("hPa", .pressure, 100), Unit("kPa", .pressure, 1000),
            Unit("mbar", .pressure, 100), Unit("bar", .pressure, 1e5),
            Unit("kn", length / .time, 1852.0 / 3600.0),
            Unit("gn", acceleration, 9.80665), Unit("Gal", acceleration, 0.01),
            Unit("mA", .current, 1e-3), Unit("A", .current, 1),
            Unit("mV", .power / .current, 1e-3), Unit("V", .power / .current, 1),
            Unit("W", .power, 1), Unit("kW", .power, 1000),
            Unit("Hz", .one / .time, 1), Unit("%", .one, 0.01), Unit("ppm", .one, 1e-6),
            Unit("ppb", .one, 1e-9), Unit("%LEL", .explosivity, 1), Unit("dB", .level, 1), Unit("dBm", .level, 1),
            Unit("S", conductance, 1), Unit("mS", conductance, 1e-3), Unit("uS", conductance, 1e-6),
            Unit("deg", .angle, 1), Unit("mdeg", .angle, 1e-3), Unit("rad", .angle, 180 / Double.pi),
            Unit("uSv", .dose, 1e-6), Unit("mSv", .dose, 1e-3), Unit("Sv", .dose, 1), Unit("1", .one, 1),
        ]
        // Other spellings of the same units.
        let spellings = [
            ("gal", "Gal"), ("°C", "degC"), ("°F", "degF"), ("°", "deg"), ("µg", "ug"), ("Cel", "degC"),
            ("l", "L"), ("µSv", "uSv"), ("%RH", "%"), ("feet", "ft"), ("foot", "ft"), ("inch", "in"), ("inches", "in"),
            ("metre", "m"),
            ("metres", "m"), ("meter", "m"), ("meters", "m"), ("second", "s"), ("seconds", "s"), ("minute", "min"),
            ("minutes", "min"),
            ("hour", "h"), ("hours", "h"), ("day", "d"), ("days", "d"),
        ]
        for (spelling, symbol) in spellings {
            let unit = units.first { $0.symbol == symbol }!  // every right-hand side is in the list above
            units.append(Unit(spelling, unit.dimension, unit.scale, offset: unit.offset))
        }
        return Dictionary(uniqueKeysWithValues: units.map { ($0.symbol, $0) })
    }()

    /// The simple symbols, for near-miss suggestions.
    package static var symbols: [String] { table.keys.sorted() }

    /// Reads a unit: a symbol of the table, or factors with whole exponents joined by `.` and `/`.
    ///
    /// `m3/s`, `ug/m3`, `mm/h`, `%/m`. In a compound, a temperature is a difference.
    package init?(symbol: some StringProtocol) {
        if let simple = Self.table[String(symbol)] {
            self = simple
            return
        }
        var dimension = Dimension.one
        var scale = 1.0
        var divides = false
        for (index, part) in symbol.split(separator: "/", omittingEmptySubsequences: false).enumerated() {
            divides = index > 0
            for factor in part.split(separator: ".", omittingEmptySubsequences: false) {
                let digits = factor.reversed().prefix { $0.isASCII && $0.isNumber }.count
                let name = factor.dropLast(digits)
                guard let unit = Self.table[String(digits == factor.count ? factor[...] : name)],
                    let exponent = digits == 0 || digits == factor.count ? 1 : Int8(factor.suffix(digits)),
                    (1...4).contains(exponent)
                else { return nil }
                let signed = divides ? -exponent : exponent
                dimension = dimension * unit.dimension.power(signed)
                for _ in 0..<exponent { scale = divides ? scale / unit.scale : scale * unit.scale }
            }
        }
        self.init(String(symbol), dimension, scale)
    }
}
