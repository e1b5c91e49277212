/// The physical dimension of a value, as exponents of base dimensions.
///
/// Besides five SI bases there are four of this field's own: `explosivity` (per cent of the lower explosive limit,
/// which is not a volume fraction until the gas is named), `level` (decibel), `angle` (degree) and `dose` (sievert).
package struct Dimension: Hashable, Sendable {
    package var length: Int8 = 0
    package var mass: Int8 = 0
    package var time: Int8 = 0
    package var current: Int8 = 0
    package var temperature: Int8 = 0
    package var explosivity: Int8 = 0
    package var level: Int8 = 0
    package var angle: Int8 = 0
    package var dose: Int8 = 0

    package init() {}

    package static let one = Dimension()
    package static let length = Dimension { $0.length = 1 }
    package static let mass = Dimension { $0.mass = 1 }
    package static let time = Dimension { $0.time = 1 }
    package static let current = Dimension { $0.current = 1 }
    package static let temperature = Dimension { $0.temperature = 1 }
    package static let explosivity = Dimension { $0.explosivity = 1 }
    package static let level = Dimension { $0.level = 1 }
    package static let angle = Dimension { $0.angle = 1 }
    package static let dose = Dimension { $0.dose = 1 }
    package static let pressure = Dimension {
        $0.mass = 1; $0.length = -1; $0.time = -2
    }
    package static let power = Dimension {
        $0.mass = 1; $0.length = 2; $0.time = -3
    }

    private init(_ set: (inout Dimension) -> Void) { set(&self) }

    private static let exponents: [any WritableKeyPath<Dimension, Int8> & Sendable] = [
        \.length, \.mass, \.time, \.current, \.temperature, \.explosivity, \.level, \.angle, \.dose,
    ]

    package static func * (a: Dimension, b: Dimension) -> Dimension {
        var product = a
        for path in exponents {
            product[keyPath: path] = Int8(clamping: Int(product[keyPath: path]) + Int(b[keyPath: path]))
        }
        return product
    }

    package static func / (a: Dimension, b: Dimension) -> Dimension { a * b.power(-1) }

    /// The dimension of a square root, or `nil` if an exponent is odd.
    package var squareRoot: Dimension? {
        var root = self
        for path in Self.exponents {
            guard self[keyPath: path] % 2 == 0 else { return nil }
            root[keyPath: path] /= 2
        }
        return root
    }

    package func power(_ exponent: Int8) -> Dimension {
        var result = self
        for path in Self.exponents {
            result[keyPath: path] = Int8(clamping: Int(result[keyPath: path]) * Int(exponent))
        }
        return result
    }
}

extension Dimension {
    private static let names: [(dimension: Dimension, name: String)] = [
        (.one, "a plain number"), (.length, "length"), (.mass, "mass"), (.time, "time"),
        (.current, "electric current"), (.temperature, "temperature"),
        (.explosivity, "fraction of the lower explosive limit"), (.level, "level in decibel"),
        (.angle, "angle"), (.dose, "radiation dose"), (.pressure, "pressure"), (.power, "power"),
        (.power / .current, "voltage"), (.length / .time, "length per time"),
        (.length / .time / .time, "acceleration"), (.length.power(2), "area"),
        (.length.power(3), "volume"), (.length.power(3) / .time, "volume per time"),
        (.mass / .length.power(3), "mass per volume"), (.one / .length, "attenuation per length"),
        (.dose / .time, "radiation dose per time"), (.one / .time, "rate per time"),
    ]

    /// The name that a person would use: `length per time`; composed from the bases if there is none.
    package var name: String {
        if let known = Self.names.first(where: { $0.dimension == self }) { return known.name }
        if let known = Self.names.first(where: { $0.dimension == self * .time }) { return "\(known.name) per time" }
        return "a quantity in \(coherentUnit)"
    }

    /// The product of base units in which values of this dimension are computed: `m/s`, `kg/m3`.
    package var coherentUnit: String {
        let symbols = ["m", "kg", "s", "A", "K", "%LEL", "dB", "deg", "Sv"]
        if self == .pressure { return "Pa" }
        if self == .power { return "W" }
        if self == .power / .current { return "V" }
        var above: [String] = []
        var below: [String] = []
        for (path, symbol) in zip(Self.exponents, symbols) {
            let exponent = self[keyPath: path]
            let magnitude = abs(exponent)
            guard exponent != 0 else { continue }
            let text = magnitude == 1 ? symbol : "\(symbol)\(magnitude)"
            if exponent > 0 { above.append(text) } else { below.append(text) }
        }
        let numerator = above.isEmpty ? (below.isEmpty ? "" : "1") : above.joined(separator: ".")
        return below.isEmpty ? numerator : numerator + "/" + below.joined(separator: "/")
    }
}
