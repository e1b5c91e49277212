internal import Telemetry

/// Whether a counter can have risen so fast: the check of one series against its profile's `max_rate`.
///
/// A reading is held against the last one that was believed. It may have risen by the largest rate over the time between
/// the two, or over one interval if that is longer, and by one step of the sensor: readings with stamps of whole minutes, or a
/// backlog without times, come closer together than they were measured. A fall is always believed; whether it is a reset or
/// a glitch, the windows decide. After a fall the value may jump back to where it was.
///
/// What stays is believed: the third of three readings that fit each other is the new base, so that a counter that was
/// replaced, or set to another value, is flagged for two readings only.
struct CounterRateCheck {
    /// How many readings that fit each other make a step credible.
    static let convincing = 3

    private struct Point {
        var time: Instant
        var value: Double
    }

    /// A second, in the canonical unit.
    private let maxRate: Double
    /// The steps that the sensor shows, and the shortest time that a rise is given.
    private let resolution: Double
    private let interval: TimeSpan

    private var believed: Point?
    /// What was believed before the newest fall, while it may be a glitch.
    private var beforeFall: (point: Point, left: Int)?
    /// The newest reading that was not believed, and how many have fitted each other.
    private var candidate: (point: Point, count: Int)?

    init(maxRate: Double, resolution: Double, interval: TimeSpan) {
        self.maxRate = maxRate
        self.resolution = resolution
        self.interval = interval
    }

    /// Returns whether a reading is credible, and remembers it. Constant time; allocates nothing.
    mutating func isCredible(_ value: Double, at time: Instant) -> Bool {
        let point = Point(time: time, value: value)
        guard let base = believed else {
            believed = point
            return true
        }
        // A late reading was measured before what is known: it says nothing about the newest.
        if time < base.time { return true }
        if value < base.value {
            if base.value - value > resolution { beforeFall = (base, CounterGlitch.readingsMax) }
            return believe(point)
        }
        if canRise(from: base, to: point) { return believe(point) }
        if let high = beforeFall?.point, value >= high.value * (1 - CounterGlitch.share), canRise(from: high, to: point) {
            return believe(point)
        }
        let fits = candidate.map { value >= $0.point.value - resolution && canRise(from: $0.point, to: point) } ?? false
        let count = (fits ? candidate?.count ?? 0 : 0) + 1
        if count >= Self.convincing { return believe(point) }
        candidate = (point, count)
        return false
    }

    private mutating func believe(_ point: Point) -> Bool {
        if let fall = beforeFall {
            let isOver = fall.left == 0 || point.value >= fall.point.value * (1 - CounterGlitch.share)
            beforeFall = isOver ? nil : (fall.point, fall.left - 1)
        }
        believed = point
        candidate = nil
        return true
    }

    /// Whether the rise from one point to a later one is within the rate. A fall is.
    private func canRise(from start: Point, to end: Point) -> Bool {
        let nanoseconds = Double(end.time.nanoseconds) - Double(start.time.nanoseconds)
        let seconds = max(nanoseconds * 1e-9, interval.seconds)
        // A billionth more, as sums of decimal fractions are not exact in binary.
        return end.value - start.value <= (maxRate * seconds + resolution) * (1 + 1e-9) + abs(end.value) * 1e-12
    }
}
