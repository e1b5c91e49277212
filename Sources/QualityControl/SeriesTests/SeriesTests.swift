internal import Devices
internal import Telemetry

/// All tests of one series, with what they remember of it.
///
/// Each test sees the values of the series in the order of their times. A value that has failed the gross range or the
/// climatology test is known to be wrong, so the other tests are not applied to it, and compare nothing with it.
struct SeriesTests {
    private let range: RangeLimits
    private let hasRange: Bool
    private var climatology: ClimatologyTest?
    private var spike: SpikeTest?
    private var rateOfChange: RateOfChangeTest?
    private var flatLine: FlatLineTest?
    private var signalRange: AttenuatedSignalTest<ValueRange>?
    private var signalDeviation: AttenuatedSignalTest<ValueDeviation>?
    private let gap: Int64
    private let timeliness: Int64
    private let flagsDuplicates: Bool
    /// The time of the newest reading, and of the newest one that others are compared with; `.min` before the first.
    /// A wrong reading does not wait, and may be stored before an older one that does.
    private var heard = Int64.min
    private var newest = Int64.min
    /// The reading that waits for the next one, to be compared with it.
    private(set) var waiting: Reading?
    /// Copies of the waiting reading: they have its time and its value, and wait with it.
    private(set) var copies: [Reading] = []
    /// The reading that waited last, and its copies, with their flags.
    private(set) var decided: [Reading] = []
    /// The value of the newest reading, and what the tests of changes found of it.
    private var newestValue = Double.nan
    private var newestFindings = Quality()

    /// Set if the device gives its readings no times.
    private let hasArrivalTimes: Bool

    /// - Parameter hasTimes: set if the device gives its readings times of their own.
    init(_ field: Profile.Field, interval: TimeSpan, hasTimes: Bool, zone: ZoneTable) {
        hasArrivalTimes = !hasTimes
        let settings = field.quality
        hasRange = field.plausible != nil || settings.expected != nil
        range = RangeLimits(expected: settings.expected, plausible: field.plausible)
        climatology = settings.climatology.map { ClimatologyTest($0, zone: zone) }
        spike = settings.spike.map(SpikeTest.init)
        rateOfChange = settings.rateOfChange.map { RateOfChangeTest($0, interval: interval) }
        flatLine = settings.flatLine.map { FlatLineTest($0, interval: interval) }
        switch settings.attenuatedSignal?.measure {
        case .range: signalRange = settings.attenuatedSignal.map { AttenuatedSignalTest($0, interval: interval) }
        case .deviation:
            signalDeviation = settings.attenuatedSignal.map { AttenuatedSignalTest($0, interval: interval) }
        case nil: break
        }
        gap = settings.gap?.nanoseconds ?? .max
        timeliness = settings.timeliness?.nanoseconds ?? .max
        flagsDuplicates = settings.flagsDuplicates
    }

    /// Returns whether a field has a test.
    static func isNeeded(for field: Profile.Field) -> Bool { field.plausible != nil || !field.quality.isEmpty }

    var hasSpikeTest: Bool { spike != nil }

    /// The number of stored readings that the tests need to continue. It is twice what decides about a reading, and a
    /// few more, because some of them may have come after newer ones.
    var readingsNeeded: Int {
        let deciding = [
            gap < .max || flagsDuplicates ? 1 : 0, rateOfChange == nil ? 0 : 2, spike == nil ? 0 : 3,
            flatLine?.readingsNeeded ?? 0, signalRange?.readingsNeeded ?? 0, signalDeviation?.readingsNeeded ?? 0,
        ]
        return deciding.max().map { $0 == 0 ? 0 : $0 * 2 + 8 } ?? 0
    }

    /// Takes a stored reading, in the order in which they were stored, to continue after it.
    mutating func noteStored(_ reading: Reading) {
        var copy = reading
        _ = judge(&copy, arrival: nil)
        // What is stored does not wait any more.
        waiting = nil
        copies.removeAll()
    }

    /// What the judgement of a reading brings beside its flags.
    struct Verdict {
        /// Set if a reading has waited for this one. It is ``decided`` then, with its flag.
        var hasDecided = false
        /// Set if the reading has to wait for the next one. It is ``waiting`` then, or one of its ``copies``.
        var mustWait = false
        var isCopy = false
        /// The time since the reading before it.
        var pause = TimeSpan.zero
    }

    /// Flags a reading.
    /// - Parameter arrival: when the reading came, or `nil` for a stored one, whose timeliness is not judged again.
    mutating func judge(_ reading: inout Reading, arrival: Instant?) -> Verdict {
        let (value, time) = (reading.value, reading.time.nanoseconds)
        var isWrong = false
        if value.isFinite {
            if hasRange {
                let flag = range.flag(value)
                reading.quality.note(.grossRange, flag)
                isWrong = flag == .fail
            }
            if let flag = climatology?.flag(value, at: reading.time) {
                reading.quality.note(.climatology, flag)
                isWrong = isWrong || flag == .fail
            }
        }
        let isAfterGap = judgeTime(&reading, arrival: arrival)
        // What came before cannot be compared with what came after: the other tests look back. A wrong value does not
        // stand in the series at all. A missing one stands in it as one that is not a number.
        guard time >= newest, !isWrong, !reading.quality.contains(.late) else { return Verdict() }
        if time == newest, value == newestValue { return judgeCopy(&reading) }
        newestValue = value
        let pause = newest == .min ? .zero : TimeSpan(nanoseconds: time.saturatingSubtract(newest))
        newest = time
        var verdict = judgeChange(&reading, value.isFinite ? value : .nan, isAfterGap: isAfterGap)
        verdict.pause = pause
        return verdict
    }

    /// - Returns: whether there was a longer time without readings than there may be.
    @inline(__always)
    private mutating func judgeTime(_ reading: inout Reading, arrival: Instant?) -> Bool {
        let time = reading.time.nanoseconds
        let isReplaced = reading.quality.contains(.clockReplaced)
        if let arrival, timeliness < .max, !isReplaced {
            let age = arrival.nanoseconds.saturatingSubtract(time)
            reading.quality.note(.timeliness, age > timeliness ? .fail : .pass)
        }
        guard !reading.quality.contains(.late), time >= heard else { return false }
        let isAfterGap = heard != .min && time.saturatingSubtract(heard) > gap
        if gap < .max, heard != .min { reading.quality.note(.gap, isAfterGap ? .fail : .pass) }
        if flagsDuplicates, !isReplaced, arrival != reading.time {
            reading.quality.note(.duplicate, time == heard ? .suspect : .pass)
        }
        heard = time
        return isAfterGap
    }

    /// Gives a copy of the newest reading the flags of that one, for which it may have to wait. It is not a reading of
    /// its own: it neither hides a spike nor makes a line flat.
    private mutating func judgeCopy(_ reading: inout Reading) -> Verdict {
        if waiting != nil, copies.count < Self.copiesMax {
            copies.append(reading)
            return Verdict(mustWait: true, isCopy: true)
        }
        if !newestFindings.contains(.notEvaluated) { reading.quality.remove(.notEvaluated) }
        reading.quality.formUnion(newestFindings.intersection(.changes))
        return Verdict()
    }

    /// The most copies that wait with a reading.
    static let copiesMax = 1000

    @inline(__always)
    private mutating func judgeChange(_ reading: inout Reading, _ value: Double, isAfterGap: Bool) -> Verdict {
        var verdict = Verdict()
        // Much may have happened in a gap, so what comes after it is no spike beside what came before.
        if isAfterGap { spike?.forget() }
        if let result = spike?.add(value) {
            if var before = waiting {
                before.quality.note(.spike, result.before)
                decided.removeAll(keepingCapacity: true)
                decided.append(before)
                for var copy in copies {
                    copy.quality.note(.spike, result.before)
                    decided.append(copy)
                }
                copies.removeAll()
                (waiting, verdict.hasDecided) = (nil, true)
            }
            if result.wasSpike { rateOfChange?.forgetNewest() }
            reading.quality.note(.spike, result.newest)
            verdict.mustWait = result.mustWait
        }
        if rateOfChange != nil {
            let hasArrivalTime = hasArrivalTimes || reading.quality.contains(.clockReplaced)
            let flag = rateOfChange?.flag(value, at: reading.time, hasArrivalTime: hasArrivalTime)
            reading.quality.note(.rateOfChange, flag ?? .notEvaluated)
        }
        if let flag = flatLine?.flag(value, at: reading.time) { reading.quality.note(.flatLine, flag) }
        if let flag = signalRange?.flag(value, at: reading.time) { reading.quality.note(.attenuatedSignal, flag) }
        if let flag = signalDeviation?.flag(value, at: reading.time) { reading.quality.note(.attenuatedSignal, flag) }
        if verdict.mustWait { waiting = reading }
        newestFindings = reading.quality
        return verdict
    }

    /// Takes the waiting reading and its copies out, undecided.
    mutating func takeWaiting(into readings: inout [Reading]) {
        if let waiting { readings.append(waiting) }
        readings += copies
        copies.removeAll()
        waiting = nil
    }

    /// Lets copies of the waiting reading wait again after a stop.
    mutating func restore(copies: some Sequence<Reading>) { self.copies = Array(copies) }
}
