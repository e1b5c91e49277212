import Telemetry
import Testing

@Suite struct UnitTests {
    @Test(
        "a value in one unit is so much in another",
        arguments: [
            (1.0, "ft", "m", 0.3048), (32, "degF", "degC", 0), (300, "K", "degC", 26.85), (1, "kn", "km/h", 1.852),
            (3, "ug/m3", "mg/m3", 0.003),
            (36, "m/h", "cm/s", 1), (9.2, "%", "ppm", 92_000), (0.1, "gn", "Gal", 98.0665), (5, "m3/s", "L/s", 5000),
            (1, "bar", "hPa", 1000),
        ])
    func conversions(value: Double, from: String, to: String, expected: Double) throws {
        let source = try #require(Unit(symbol: from))
        let target = try #require(Unit(symbol: to))
        let (factor, summand) = source.conversion(to: target)
        #expect(abs(value * factor + summand - expected) < 1e-9 * max(1, abs(expected)))
    }

    @Test("a unit to itself is exactly itself", arguments: Unit.symbols)
    func identity(symbol: String) throws {
        let unit = try #require(Unit(symbol: symbol))
        #expect(unit.conversion(to: unit) == (1, 0))
    }

    @Test("what is no unit", arguments: ["", "x", "m/", "/s", "m//s", "m9", "metr", "1/", "M"])
    func unknown(symbol: String) {
        #expect(Unit(symbol: symbol) == nil)
    }

    @Test("every known quantity has its unit")
    func quantities() {
        #expect(Quantity.known["water_level"]?.unit.symbol == "m")
        #expect(Quantity.known.count > 20)
    }

    @Test(
        "numbers are short and without a locale",
        arguments: [
            (3.31, "3.31"), (0.91439, "0.9144"), (12_345.6, "12346"), (-0.5, "-0.5"), (1000, "1000"), (999.96, "1000"),
            (0.0141, "0.0141"),
            (2, "2"),
        ])
    func numbers(value: Double, text: String) {
        #expect(NumberText.short(value) == text)
    }
}
