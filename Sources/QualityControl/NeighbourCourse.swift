internal import Telemetry

/// How a device has differed from its neighbours, and since when: it drifts, it is stuck, or it is noisy.
///
/// It differs while its reading is farther than half of the group's `suspect` from what the others agree on. That ends
/// with six readings in a row that are nearer.
struct NeighbourCourse: Equatable {
    enum Kind { case high, low, stuck, noisy }

    /// The time of the first reading that differed; `nil` while the device does not differ.
    private(set) var since: Instant?
    private var wasHigh = false
    private var wasLow = false
    /// The first value that differed, and whether all since then were the same.
    private var first = 0.0
    private var isSame = true
    /// How far the others have moved since then.
    private var lowest = 0.0
    private var highest = 0.0
    private var halfLimit = 0.0
    private var readings = 0
    /// The readings in a row that are near.
    private var near = 0

    /// The fewest readings that show what kind of difference it is.
    private static let readingsNeeded = 3
    private static let nearNeeded = 6

    /// Takes a reading.
    /// - Parameters:
    ///   - difference: the reading less what the others agree on.
    ///   - limit: the group's `suspect`.
    /// - Returns: whether something has changed that must be stored.
    mutating func note(_ reading: Reading, difference: Double, limit: Double) -> Bool {
        let others = reading.value - difference
        let wasSame = isSame
        if since != nil, reading.value != first { isSame = false }
        guard abs(difference) > limit / 2 else {
            guard since != nil else { return false }
            near += 1
            guard near >= Self.nearNeeded else { return isSame != wasSame }
            self = NeighbourCourse()
            return true
        }
        let before = (since, wasHigh, wasLow, wasSame, kind)
        near = 0
        if since == nil {
            since = reading.time
            (first, lowest, highest) = (reading.value, others, others)
        }
        readings += 1
        if difference > 0 { wasHigh = true } else { wasLow = true }
        halfLimit = limit / 2
        lowest = min(lowest, others)
        highest = max(highest, others)
        // The others' values are stored with the next change of anything else.
        return before != (since, wasHigh, wasLow, isSame, kind)
    }

    /// What kind of difference it is; `nil` until three readings have shown it.
    var kind: Kind? {
        guard readings >= Self.readingsNeeded else { return nil }
        // A value that stands still beside others that do so is not stuck.
        if isSame, highest - lowest > halfLimit { return .stuck }
        if wasHigh, wasLow { return .noisy }
        return wasHigh ? .high : .low
    }

    // MARK: what survives a restart

    func write(to writer: inout DeviceState.Writer) {
        writer.add(since.map(\.nanoseconds) ?? .min)
        writer.add((wasHigh ? 1 : 0) | (wasLow ? 2 : 0) | (isSame ? 4 : 0) | Int64(min(readings, 1 << 40)) << 3)
        for value in [first, lowest, highest, halfLimit] { writer.add(value.bitPattern) }
    }

    init() {}

    init(_ reader: inout DeviceState.Reader) {
        let start = reader.next()
        since = start == .min ? nil : Instant(nanoseconds: start)
        let flags = reader.next()
        (wasHigh, wasLow, isSame) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0)
        readings = Int(flags >> 3)
        func value() -> Double { Double(bitPattern: UInt64(bitPattern: reader.next())) }
        (first, lowest, highest, halfLimit) = (value(), value(), value(), value())
    }
}
