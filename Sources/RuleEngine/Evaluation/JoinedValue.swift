internal import RulePlan

/// Gathers values from the windows of several sensors, and computes a measure over all of them.
struct JoinedValue: BitwiseCopyable {
    var moments = Moments()
    /// The number of samples in the windows, and the number of sensors with a value.
    var held = 0
    var sensors = 0
    /// Seconds since the newest reading of any sensor.
    var youngest = Double.infinity
    private var total = 0.0
    private var (highest, lowest) = (-Double.infinity, Double.infinity)
    private var (newestHigh, newestLow) = (-Double.infinity, Double.infinity)
    private var first = Sample(time: .max, value: .nan)
    private var last = Sample(time: .min, value: .nan)

    /// Adds the value of one sensor.
    mutating func note(_ value: Double) {
        total += value
        highest = max(highest, value)
        lowest = min(lowest, value)
    }

    /// Adds the first and the last sample of one sensor's window.
    mutating func note(oldest: Sample, newest: Sample) {
        if oldest.time < first.time { first = oldest }
        if newest.time >= last.time { last = newest }
        newestHigh = max(newestHigh, newest.value)
        newestLow = min(newestLow, newest.value)
    }

    /// Returns the measure over all sensors; `nan` where it is unknown. There must be a sample.
    func value(of measure: Measure, _ traits: Aggregate.Traits) -> Double {
        switch traits.joining {
        case .moments:
            // Samples of one time have no slope.
            traits.keeps == .regression && first.time == last.time
                ? .nan : SeriesWindows.value(of: measure, moments, newest: last.value)
        case .sum: total
        case .largest: highest
        case .smallest: lowest
        case .meanOfSensors: sensors > 0 ? total / Double(sensors) : .nan
        case .count: Double(held)
        case .oldest: first.value
        case .newest: last.value
        case .youngest: youngest
        case .spread: sensors < 2 ? .nan : newestHigh - newestLow
        case .values: .nan  // read from the sorted values of all windows
        }
    }
}
