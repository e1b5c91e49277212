/// Writes numbers as people read them in an alarm's line.
package enum NumberText {
    /// Writes up to four significant digits below 1000 and whole numbers above, without trailing zeros.
    package static func short(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "unknown" : value < 0 ? "-∞" : "∞" }
        let magnitude = abs(value)
        if magnitude == 0 { return "0" }
        if magnitude >= 1e9 { return "\(value)" }
        if magnitude < 1e-6 { return scientific(value) }
        var decimals = 0
        var threshold = 1000.0
        while magnitude < threshold && decimals < 9 {
            decimals += 1
            threshold /= 10
        }
        // The nearest multiple of 10^-decimals is printed digit by digit: no locale, no Foundation.
        var scale: Int64 = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int64((magnitude * Double(scale)).rounded())
        var fraction = String(scaled % scale)
        fraction = String(repeating: "0", count: max(0, decimals - fraction.count)) + fraction
        while fraction.last == "0" { fraction.removeLast() }
        let sign = value < 0 && scaled != 0 ? "-" : ""
        return sign + String(scaled / scale) + (decimals == 0 || fraction.isEmpty ? "" : "." + fraction)
    }

    /// Writes a number below a millionth as `2.3e-07`, with as many digits as any other.
    private static func scientific(_ value: Double) -> String {
        // This takes at most 324 steps, for the smallest number above 0.
        var (mantissa, exponent) = (value, 0)
        while abs(mantissa) < 1 {
            mantissa *= 10
            exponent += 1
        }
        // 9.9996 would be rounded to 10.
        if abs(mantissa) >= 9.9995 { (mantissa, exponent) = (mantissa / 10, exponent - 1) }
        return "\(short(mantissa))e-\(exponent < 10 ? "0" : "")\(exponent)"
    }

    /// Writes a value and its unit: `3.31 m`, `25 %`, `4`.
    package static func short(_ value: Double, _ unit: Unit) -> String {
        unit.symbol.isEmpty || unit.symbol == "1" ? short(value) : "\(short(value)) \(unit.symbol)"
    }
}
