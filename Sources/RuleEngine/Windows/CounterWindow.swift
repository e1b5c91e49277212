internal import RulePlan
internal import Telemetry

// Wrapping operators: for times and spans see Engine.swift.

/// The count of a counter from one sample to the next.
///
/// Counters in the field do more than count and restart at zero. They jitter by their resolution, blink to zero and
/// back, are set back to a saved value, and wrap. So the values before and after a fall decide what it is:
///
/// | from → to → next | it is | counted |
/// | --- | --- | --- |
/// | 350.2 → 350.1 → 350.4 | jitter: less than the resolution, or than 1 % | 0, 0.2 |
/// | 350.2 → 0 → 350.4 | a glitch: one of the next samples jumps back to where it was | 0, 0.2 |
/// | 350.2 → 340.0 → 340.2 | set back by at most 10 %: it counts on from there | 0, 0.2 |
/// | 350.2 → 0.4 → 0.6 | a reset: what it shows was counted since zero, counted with the sample after it | 0, 0.6 |
/// | 65,535 → 1 → 2 of 65,536 | a wrap at the declared width, counted with the sample after it | 0, 3 |
/// | 50,000 → 0 → 1 of 65,536 | a reset: too far from the width for a wrap | 0, 1 |
///
/// No step counts more than the largest credible rate allows, if the profile names one.
///
/// The 10 % are those of Home Assistant's `total_increasing` sensors. A step is a function of the sample and of the
/// ``lookback`` samples before it, so that it is the same when the sample comes, when it leaves a window, and after a
/// restart.
struct Counter {
    /// The number of samples before a step that decide about it. A longer glitch counts as a reset and a jump.
    static let lookback = CounterGlitch.readingsMax

    private static let jitterShare = 0.01
    /// The largest distance from a wrap to the width, in usual steps.
    private static let wrapSteps = 16.0

    private struct Fall {
        var from: Sample
        var to: Double
    }

    /// The level up to which it has been counted.
    private var level: Double
    private var last: Sample
    /// The newest fall, and an earlier one from a higher level: a glitch may show several wrong values.
    private var fall: Fall?
    private var highFall: Fall?
    /// The count of a reset or a wrap, while the next sample may still show that it was a glitch.
    private var pending = 0.0
    private var largestStep = 0.0
    private let plan: CounterPlan

    private init(_ first: Sample, _ plan: CounterPlan) {
        level = first.value
        last = first
        self.plan = plan
    }

    /// Returns the count from the sample before an index to the one at it. O(1) where the counter has only risen
    /// since
    /// ``lookback`` samples, else O(``lookback``).
    static func step(_ series: SeriesView, _ index: Int) -> Double {
        guard index > 0 else { return 0 }
        let (ring, plan) = (series.ring, series.counter)
        let start = max(0, index - lookback)
        guard ring[start].time <= series.state.pointee.lastFall,
            (start + 1...index).contains(where: { ring[$0].value < ring[$0 - 1].value })
        else {
            // Nearly always: it only rises.
            return plan.credible(
                ring[index].value - ring[index - 1].value, from: ring[index - 1].time, to: ring[index].time)
        }
        var counter = Counter(ring[start], plan)
        var step = 0.0
        for at in start + 1...index { step = counter.count(to: ring[at]) }
        return step
    }

    private mutating func count(to sample: Sample) -> Double {
        defer { last = sample }
        if sample.value < level { return countFall(to: sample) }
        if let fall, isBack(sample.value, from: fall) { return countBack(to: sample, from: fall.from) }
        if let highFall, isBack(sample.value, from: highFall) { return countBack(to: sample, from: highFall.from) }
        let step = plan.credible(sample.value - level, from: last.time, to: sample.time)
        defer { (level, pending, largestStep) = (sample.value, 0, max(largestStep, step)) }
        return pending + step
    }

    /// Returns `true` if the counter is where it was before a fall, and came there in one jump.
    private func isBack(_ value: Double, from fall: Fall) -> Bool {
        abs(value - fall.from.value) <= abs(fall.from.value) * CounterGlitch.share
            && value - last.value > (fall.from.value - fall.to) / 2
    }

    private mutating func countBack(to sample: Sample, from before: Sample) -> Double {
        (fall, highFall, pending) = (nil, nil, 0)
        level = max(sample.value, before.value)
        return plan.credible(level - before.value, from: before.time, to: sample.time)
    }

    private mutating func countFall(to sample: Sample) -> Double {
        let (before, value) = (level, sample.value)
        let depth = before - value
        let wrapped = stepOverWidth(to: sample)
        // A millionth more: 0.8 − 0.6 is more than 0.2 in binary.
        if wrapped == nil, depth <= max(plan.resolution * (1 + 1e-6), abs(before) * Self.jitterShare) {
            defer { pending = 0 }
            return pending
        }
        if let fall, fall.from.value > highFall?.from.value ?? before { highFall = fall }
        if let high = highFall, high.from.value <= before { highFall = nil }
        fall = Fall(from: Sample(time: last.time, value: before), to: value)
        level = value
        if let wrapped {
            pending = wrapped
        } else {
            // A counter that was set back counts on from there; one that was reset has counted since zero.
            let isReset = depth > abs(before) * CounterGlitch.share
            pending = isReset ? plan.credible(max(0, value), from: last.time, to: sample.time) : 0
        }
        return 0
    }

    /// Returns the count if a fall is a wrap; `nil` if not.
    ///
    /// Most falls in the upper quarter are resets and glitches all the same. A wrap is not longer than the largest
    /// rate allows. If the rate is unknown, the distance to the width must be next to nothing, or in proportion to
    /// the value after the fall or to earlier steps. A new battery begins at zero, wherever the counter was.
    private func stepOverWidth(to sample: Sample) -> Double? {
        guard level > plan.width * 0.75, sample.value < plan.width * 0.25 else { return nil }
        let rest = plan.width - level
        let step = rest + sample.value
        if plan.maxRate < .infinity { return step <= plan.largestStep(from: last.time, to: sample.time) ? step : nil }
        let usual = max(largestStep, sample.value, plan.resolution, plan.width / 1024)
        return rest <= usual * Self.wrapSteps ? step : nil
    }
}

extension CounterPlan {
    /// Returns the largest credible step between two times, in nanoseconds.
    fileprivate func largestStep(from start: Int64, to end: Int64) -> Double {
        // A billionth more, as sums of decimal fractions are not exact in binary.
        (maxRate * max(Double(end &- start) * 1e-9, interval) + resolution) * (1 + 1e-9)
    }

    /// Limits a step to the largest rate.
    fileprivate func credible(_ step: Double, from start: Int64, to end: Int64) -> Double {
        maxRate < .infinity ? min(step, largestStep(from: start, to: end)) : step
    }
}

extension SeriesWindows {
    /// Returns the count of a counter in a window, and the beginning of that count.
    ///
    /// The step into the window was reported inside it, and counts whole. After a gap longer than the window, only a
    /// share of the step counts, in proportion: rain from two silent days did not fall in the last hour.
    mutating func increase(_ state: SeriesView, lane: Lane, extra: Int, first: Int) -> (
        counted: Double, since: Int64
    ) {
        let counted = extraState(state, extra).sum.value
        guard first > 0 else { return (counted, state.ring[0].time) }
        let (before, after) = (state.ring[first - 1].time, state.ring[first].time)
        let length = shapes.length(of: lane, in: state.shape.pointee)
        guard after &- before > length else { return (counted, before) }
        let start = state.now &- length
        let outside = Double(start &- before) / Double(after &- before)
        return (counted - Counter.step(state, first) * outside, start)
    }
}
