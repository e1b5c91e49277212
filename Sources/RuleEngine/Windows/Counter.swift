internal import RulePlan

/// What a counter has counted from one sample to the next.
///
/// Counters in the field do more than count and begin again at zero: they jitter by their resolution, blink to zero and
/// back, are set back to what they had saved, and wrap. So a fall is judged by what came before it and by what comes next:
///
/// | from → to → next | it is | counted |
/// | --- | --- | --- |
/// | 350.2 → 350.1 → 350.4 | jitter: less than the resolution, or than 1 % | 0, 0.2 |
/// | 350.2 → 0 → 350.4 | a glitch: the next samples jump back to where it was | 0, 0.2 |
/// | 350.2 → 340.0 → 340.2 | set back by at most 10 %: it counts on from there | 0, 0.2 |
/// | 350.2 → 0.4 → 0.6 | a reset: what it shows was counted since zero, told with the sample after it | 0, 0.6 |
/// | 65,535 → 1 of 65,536 | a wrap at the declared width | 2 |
///
/// The 10 % are those of Home Assistant's `total_increasing` sensors. A step is a function of the sample and of the
/// ``lookback`` samples before it, so that it is the same when the sample comes, when it leaves a window, and after a restart.
struct Counter {
    /// How many samples before a step decide about it. A glitch that is longer counts as a reset and a jump.
    static let lookback = 8

    private static let jitterShare = 0.01
    private static let setBackShare = 0.1

    /// Up to where it has been counted.
    private var level: Double
    private var last: Double
    /// The level before the newest fall, and the value after it.
    private var fall: (from: Double, to: Double)?
    /// What a reset counter showed, while the next sample may still say that it was a glitch.
    private var pending = 0.0
    private let plan: CounterPlan

    private init(_ first: Double, _ plan: CounterPlan) {
        level = first
        last = first
        self.plan = plan
    }

    /// What was counted from the sample before an index to the one at it. O(``lookback``).
    static func step(_ ring: SampleRing, _ index: Int, _ plan: CounterPlan) -> Double {
        guard index > 0 else { return 0 }
        let start = max(0, index - lookback)
        var counter = Counter(ring[start].value, plan)
        var step = 0.0
        for at in start + 1...index { step = counter.count(to: ring[at].value) }
        return step
    }

    private mutating func count(to value: Double) -> Double {
        defer { last = value }
        if value < level { return countFall(to: value) }
        if let fall, isBack(value, from: fall) {
            self.fall = nil
            pending = 0
            let step = max(0, value - fall.from)
            level = max(value, fall.from)
            return step
        }
        defer { (level, pending) = (value, 0) }
        return pending + (value - level)
    }

    /// Whether it is where it was before a fall, and came there in one jump.
    private func isBack(_ value: Double, from fall: (from: Double, to: Double)) -> Bool {
        abs(value - fall.from) <= abs(fall.from) * Self.setBackShare && value - last > (fall.from - fall.to) / 2
    }

    private mutating func countFall(to value: Double) -> Double {
        let step = pending
        pending = 0
        let depth = level - value
        if level > plan.width * 0.75, value < plan.width * 0.25 {
            defer { (level, fall) = (value, nil) }
            return step + value + plan.width - level
        }
        // A millionth more: 0.8 − 0.6 is more than 0.2 in binary.
        if depth <= max(plan.resolution * (1 + 1e-6), abs(level) * Self.jitterShare) { return step }
        fall = (level, value)
        // What is set back counts on from there; what is reset has counted since zero.
        if depth > abs(level) * Self.setBackShare { pending = max(0, value) }
        level = value
        return step
    }
}
