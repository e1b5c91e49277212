/// A table of pairs with straight lines between them: a rating curve, the characteristic of a thermistor.
struct LookupTable: Sendable, Hashable {
    /// What a value outside the table gives.
    enum Outside: String, Sendable, CaseIterable {
        /// No reading.
        case nothing
        /// The value at the nearer end.
        case ends
        /// The last line, continued.
        case line
    }

    /// The first numbers of the pairs, which rise.
    private let inputs: [Double]
    private let outputs: [Double]
    private let outside: Outside

    /// `nil` if there are fewer than two pairs, or the first numbers do not rise.
    init?(_ pairs: [(Double, Double)], outside: Outside) {
        guard pairs.count >= 2, zip(pairs, pairs.dropFirst()).allSatisfy({ $0.0 < $1.0 }) else { return nil }
        (inputs, outputs, self.outside) = (pairs.map(\.0), pairs.map(\.1), outside)
    }

    /// Returns the table's value; not a number outside of it, unless ``Outside`` says otherwise.
    ///
    /// Complexity: O(log n).
    func value(at input: Double) -> Double {
        guard input.isFinite else { return .nan }
        let last = inputs.count - 1
        if input < inputs[0] || input > inputs[last] {
            switch outside {
            case .nothing: return .nan
            case .ends: return input < inputs[0] ? outputs[0] : outputs[last]
            case .line: break
            }
        }
        // The first pair after the input, so that the line is the one before it.
        var (low, high) = (1, last)
        while low < high {
            let middle = (low + high) / 2
            if inputs[middle] < input { low = middle + 1 } else { high = middle }
        }
        let share = (input - inputs[low - 1]) / (inputs[low] - inputs[low - 1])
        return outputs[low - 1] + share * (outputs[low] - outputs[low - 1])
    }
}
