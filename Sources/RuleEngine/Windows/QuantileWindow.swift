internal import RulePlan

// Wrapping operators: halving between two keys that are doubles' bits.

// The quantiles of a window, and of several sensors' windows together.
extension SeriesWindows {
    /// A quantile of the values of several windows together.
    /// - Parameters:
    ///   - share: from 0 to 1.
    ///   - sets: the windows' values, by their place in ``sorted``.
    ///   - held: how many values there are in all windows.
    mutating func quantile(_ share: Double, of sets: [Int], held: Int) -> Double {
        let place = share * Double(held - 1)
        let lower = valueOfRank(Int(place), in: sets)
        let rest = place - place.rounded(.down)
        return rest > 0 ? lower + (valueOfRank(Int(place) + 1, in: sets) - lower) * rest : lower
    }

    /// The value of a rank over several sets, by halving between the doubles. O(sets · 64 · log n).
    private mutating func valueOfRank(_ rank: Int, in sets: [Int]) -> Double {
        // The order of doubles is that of these integers.
        func key(_ value: Double) -> Int64 {
            let bits = Int64(bitPattern: value.bitPattern)
            return bits < 0 ? bits ^ .max : bits
        }
        func value(_ key: Int64) -> Double { Double(bitPattern: UInt64(bitPattern: key < 0 ? key ^ .max : key)) }
        var low = key(-.greatestFiniteMagnitude), high = key(.greatestFiniteMagnitude)
        while low < high {
            let middle = low &+ Int64(UInt64(bitPattern: high &- low) / 2)
            let count = sets.reduce(0) { $0 + sorted[$1].rank(upTo: value(middle)) }
            if count > rank { high = middle } else { low = middle + 1 }
        }
        return value(low)
    }
}
