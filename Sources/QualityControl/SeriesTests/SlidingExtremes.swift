internal import DequeModule

/// The largest and the smallest value of a window over consecutive positions.
///
/// Each end keeps only values that may still become the extreme one. A value costs constant time on average; the memory
/// is that of the longest monotonic run.
struct SlidingExtremes {
    private struct Point {
        let position: Int
        let value: Double
    }

    private var largest = Deque<Point>()
    private var smallest = Deque<Point>()

    /// The largest value less the smallest; 0 for an empty window.
    var range: Double {
        guard let high = largest.first, let low = smallest.first else { return 0 }
        return high.value - low.value
    }

    /// The position of the older one of the two extremes.
    var olderExtreme: Int? { largest.first.flatMap { high in smallest.first.map { min(high.position, $0.position) } } }

    /// Adds a value at a position after all others.
    mutating func add(_ value: Double, at position: Int) {
        while let last = largest.last, last.value <= value { largest.removeLast() }
        while let last = smallest.last, last.value >= value { smallest.removeLast() }
        largest.append(Point(position: position, value: value))
        smallest.append(Point(position: position, value: value))
    }

    /// Removes the values before a position.
    mutating func removeAll(before position: Int) {
        while let first = largest.first, first.position < position { largest.removeFirst() }
        while let first = smallest.first, first.position < position { smallest.removeFirst() }
    }
}
