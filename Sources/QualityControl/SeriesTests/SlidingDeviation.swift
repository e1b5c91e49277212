/// The standard deviation of the values of a window, to which values are added and from which they are removed.
///
/// B. P. Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products", 1962, and its inverse.
struct SlidingDeviation: BitwiseCopyable {
    private var count = 0.0
    private var mean = 0.0
    /// The sum of the squared differences from the mean.
    private var squares = 0.0

    /// Of all values, not of a sample of them; 0 for an empty window.
    var deviation: Double { count > 0 ? (squares / count).squareRoot() : 0 }

    mutating func add(_ value: Double) {
        count += 1
        let difference = value - mean
        mean += difference / count
        squares += difference * (value - mean)
    }

    /// Removes a value that was added.
    /// - Returns: false if the rounding errors may be large now, because most of the deviation came from that value.
    ///   The caller then has to begin again with the values of the window.
    mutating func remove(_ value: Double) -> Bool {
        guard count > 1 else {
            self = SlidingDeviation()
            return true
        }
        count -= 1
        let difference = value - mean
        mean -= difference / count
        let before = squares
        squares = max(squares - difference * (value - mean), 0)
        return squares >= before * 1e-6
    }
}
