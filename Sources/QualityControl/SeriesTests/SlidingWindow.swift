/// A summary of values that can be joined with that of the values before them.
protocol WindowSummary: BitwiseCopyable, Sendable {
    /// The summary of no value.
    init()
    /// Adds a value that is newer than all others.
    mutating func add(_ value: Double)
    /// Adds the values of another summary, of which all are newer.
    mutating func add(_ newer: Self)
}

/// The summary of a window, to which values are added at one end and from which they are removed at the other.
///
/// The window is two stacks: of the older half, each element has the summary from itself to the half's end; of the
/// newer half, there is one summary. When the older half is used up, the newer one becomes it. So a value costs
/// constant time on average, and no summary ever needs to forget a value, which would cost it digits.
struct SlidingWindow<Summary: WindowSummary> {
    private struct Element: BitwiseCopyable {
        let time: Int64
        let value: Double
    }

    /// The older half. The last element is the oldest.
    private var older: [(time: Int64, summary: Summary)] = []
    private var newer: [Element] = []
    private var newerSummary = Summary()

    var count: Int { older.count + newer.count }

    /// The time of the oldest value; `nil` for an empty window.
    var oldestTime: Int64? { older.last?.time ?? newer.first?.time }

    var summary: Summary {
        guard var summary = older.last?.summary else { return newerSummary }
        summary.add(newerSummary)
        return summary
    }

    mutating func add(_ value: Double, at time: Int64) {
        newer.append(Element(time: time, value: value))
        newerSummary.add(value)
    }

    mutating func removeAll() {
        if !older.isEmpty { older.removeAll(keepingCapacity: true) }
        newer.removeAll(keepingCapacity: true)
        newerSummary = Summary()
    }

    /// - Precondition: the window is not empty.
    mutating func removeOldest() {
        if older.isEmpty {
            var summary = Summary()
            for element in newer.reversed() {
                var own = Summary()
                own.add(element.value)
                own.add(summary)
                summary = own
                older.append((element.time, summary))
            }
            newer.removeAll(keepingCapacity: true)
            newerSummary = Summary()
        }
        older.removeLast()
    }
}

/// The largest and the smallest value. A missing value, which is not a number, changes nothing.
struct ValueRange: WindowSummary {
    private var lowest = Double.infinity
    private var highest = -Double.infinity

    /// The largest value less the smallest; below 0 if there is none.
    var size: Double { highest - lowest }

    mutating func add(_ value: Double) {
        if value < lowest { lowest = value }
        if value > highest { highest = value }
    }

    mutating func add(_ newer: ValueRange) {
        if newer.lowest < lowest { lowest = newer.lowest }
        if newer.highest > highest { highest = newer.highest }
    }
}

/// The mean and the deviation of values.
///
/// T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
/// Variances", 1979.
struct ValueDeviation: WindowSummary {
    private var count = 0.0
    private var mean = 0.0
    /// The sum of the squared differences from the mean.
    private var squares = 0.0

    /// The variance of all values, not of a sample of them; 0 if there is none.
    var size: Double { count > 0 ? squares / count : 0 }

    mutating func add(_ value: Double) {
        count += 1
        let difference = value - mean
        mean += difference / count
        squares += difference * (value - mean)
    }

    mutating func add(_ newer: ValueDeviation) {
        guard newer.count > 0 else { return }
        guard count > 0 else {
            self = newer
            return
        }
        let sum = count + newer.count
        let difference = newer.mean - mean
        mean += difference * newer.count / sum
        squares += newer.squares + difference * difference * count * newer.count / sum
        count = sum
    }
}
