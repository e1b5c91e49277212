internal import Telemetry

/// Checks whether a counter can have risen so fast, for one series, against its profile's `max_rate`.
///
/// A reading is compared with the newest one that was believed. The largest possible rise is the rate times the time
/// between the two, plus one step of the sensor. The time is at least one interval: readings with stamps of whole
/// minutes, or a backlog without times, come closer together than they were measured. A fall is always believed; the
/// windows decide whether it is a reset or a glitch. After a fall, the value may jump back to where it was.
///
/// A lasting step is believed: the third of three readings that fit each other is the new base. So a counter that was
/// replaced, or set to another value, is flagged for two readings only.
///
/// A late reading is compared with those that were believed before and after its time, and must fit one of them.
struct CounterRateCheck {
    /// The number of readings that must fit each other to make a step credible.
    static let convincing = 3

    private struct Point: BitwiseCopyable {
        var time = Instant(nanoseconds: 0)
        var value = 0.0
    }

    /// The largest rise per second, in the canonical unit.
    private let maxRate: Double
    /// The sensor's step, and the shortest time that a rise is given.
    private let resolution: Double
    private let interval: TimeSpan

    /// The newest readings that were believed, sorted by time.
    private var believed = InlineArray<8, Point>(repeating: Point())
    private var count = 0
    /// The newest believed reading before the newest fall, while that fall may be a glitch.
    private var beforeFall: (point: Point, left: Int)?
    /// The newest reading that was not believed, and the number of readings that have fitted each other.
    private var candidate: (point: Point, count: Int)?

    init(maxRate: Double, resolution: Double, interval: TimeSpan) {
        self.maxRate = maxRate
        self.resolution = resolution
        self.interval = interval
    }

    /// Returns whether a reading is credible, and remembers it. Constant time; allocates nothing.
    mutating func isCredible(_ value: Double, at time: Instant) -> Bool {
        let point = Point(time: time, value: value)
        guard count > 0 else { return believe(point) }
        let base = believed[count - 1]
        if time < base.time { return isCredibleLate(point) }
        if value < base.value {
            if base.value - value > resolution { beforeFall = (base, CounterGlitch.readingsMax) }
            return believe(point)
        }
        if canRise(from: base, to: point) { return believe(point) }
        if let high = beforeFall?.point, value >= high.value * (1 - CounterGlitch.share), canRise(from: high, to: point)
        {
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
        insert(point, at: count)
        candidate = nil
        return true
    }

    /// - Precondition: something later was believed.
    private mutating func isCredibleLate(_ point: Point) -> Bool {
        var place = 0
        while believed[place].time <= point.time { place += 1 }
        let after = believed[place]
        // The value can rise from the one before it, or fall as a counter that is reset. Otherwise it fits a step that
        // was believed since.
        let isFromBefore = place == 0 ? point.value > after.value : canRise(from: believed[place - 1], to: point)
        guard isFromBefore || point.value <= after.value && canRise(from: point, to: after) else { return false }
        insert(point, at: place)
        return true
    }

    /// Remembers a reading, and drops the oldest one if there are too many.
    private mutating func insert(_ point: Point, at place: Int) {
        guard count == believed.count else {
            for index in stride(from: count, to: place, by: -1) { believed[index] = believed[index - 1] }
            believed[place] = point
            return count += 1
        }
        guard place > 0 else { return }
        for index in 1..<place { believed[index - 1] = believed[index] }
        believed[place - 1] = point
    }

    /// Returns whether the rise from one point to a later one is within the rate. A fall always is.
    private func canRise(from start: Point, to end: Point) -> Bool {
        let nanoseconds = Double(end.time.nanoseconds) - Double(start.time.nanoseconds)
        let seconds = max(nanoseconds * 1e-9, interval.seconds)
        // A billionth is added, since sums of decimal fractions are not exact in binary.
        return end.value - start.value <= (maxRate * seconds + resolution) * (1 + 1e-9) + abs(end.value) * 1e-12
    }
}

extension CounterRateCheck {
    /// Marks a stored state as one of a counter's check, in this form.
    private static let tag: UInt64 = 0xc001

    /// The state to store.
    var words: DeviceState.Words {
        var writer = DeviceState.Writer(tag: Self.tag)
        func add(_ point: Point) {
            writer.add(point.time.nanoseconds)
            writer.add(point.value.bitPattern)
        }
        writer.add(Int64(count))
        for index in believed.indices { add(believed[index]) }
        writer.add(Int64(beforeFall?.left ?? -1))
        add(beforeFall?.point ?? Point())
        writer.add(Int64(candidate?.count ?? 0))
        add(candidate?.point ?? Point())
        return writer.words
    }

    /// Restores a stored state; changes nothing if it is malformed or of another kind.
    mutating func restore(_ words: DeviceState.Words) {
        guard var reader = DeviceState.Reader(words, tag: Self.tag) else { return }
        func point() -> Point {
            Point(
                time: Instant(nanoseconds: reader.next()), value: Double(bitPattern: UInt64(bitPattern: reader.next())))
        }
        var other = self
        other.count = Int(clamping: reader.next())
        for index in other.believed.indices { other.believed[index] = point() }
        let (left, high) = (Int(clamping: reader.next()), point())
        other.beforeFall = left >= 0 ? (high, min(left, CounterGlitch.readingsMax)) : nil
        let (agreeing, newest) = (Int(clamping: reader.next()), point())
        other.candidate = agreeing > 0 ? (newest, min(agreeing, Self.convincing - 1)) : nil
        guard (0...other.believed.count).contains(other.count) else { return }
        for index in 1..<max(1, other.count) where other.believed[index].time < other.believed[index - 1].time {
            return
        }
        self = other
    }
}
