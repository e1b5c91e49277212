/// Kleene's three-valued logic on registers: 1 true, 0 false, `nan` unknown.
enum Kleene {
    @inline(__always) static func truth(_ holds: Bool) -> Double { holds ? 1 : 0 }

    @inline(__always) static func and(_ a: Double, _ b: Double) -> Double {
        a == 0 || b == 0 ? 0 : a * b
    }

    @inline(__always) static func or(_ a: Double, _ b: Double) -> Double {
        a == 1 || b == 1 ? 1 : a + b
    }

    @inline(__always) static func not(_ a: Double) -> Double { 1 - a }

    /// Returns the result of a comparison whose sides may be unknown.
    @inline(__always) static func compared(_ a: Double, _ b: Double, _ holds: Bool) -> Double {
        a.isNaN || b.isNaN ? .nan : truth(holds)
    }
}
