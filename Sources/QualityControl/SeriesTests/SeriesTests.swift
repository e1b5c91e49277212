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
    private var attenuatedSignal: AttenuatedSignalTest?
    private let gap: Int64
    private let timeliness: Int64
    private let flagsDuplicates: Bool
    /// The time of the newest reading, and of the newest one that others are compared with; `.min` before the first.
    /// A wrong reading does not wait, and may be stored before an older one that does.
    private var heard = Int64.min
    private var newest = Int64.min
    /// The reading that waits for the next one, to be compared with it.
    private(set) var waiting: Reading?

    init(_ field: Profile.Field, interval: TimeSpan, zone: ZoneTable) {
        let settings = field.quality
        hasRange = field.plausible != nil || settings.expected != nil
        range = RangeLimits(expected: settings.expected, plausible: field.plausible)
        climatology = settings.climatology.map { ClimatologyTest($0, zone: zone) }
        spike = settings.spike.map(SpikeTest.init)
        rateOfChange = settings.rateOfChange.map(RateOfChangeTest.init)
        flatLine = settings.flatLine.map { FlatLineTest($0, interval: interval) }
        attenuatedSignal = settings.attenuatedSignal.map { AttenuatedSignalTest($0, interval: interval) }
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
            flatLine?.readingsNeeded ?? 0, attenuatedSignal?.readingsNeeded ?? 0,
        ]
        return deciding.max().map { $0 == 0 ? 0 : $0 * 2 + 8 } ?? 0
    }

    /// Takes a stored reading, in the order in which they were stored, to continue after it.
    mutating func noteStored(_ reading: Reading) {
        var copy = reading
        _ = judge(&copy, arrival: nil)
        // What is stored does not wait any more, and its flag is known.
        waiting = nil
        if reading.quality.finding(of: .spike) == .fail { rateOfChange?.forgetNewest() }
    }

    /// Flags a reading. If it has to wait for the next one, it is ``waiting`` afterwards.
    /// - Parameter arrival: when the reading came, or `nil` for a stored one, whose timeliness is not judged again.
    /// - Returns: the reading that has waited for this one, with its flag.
    mutating func judge(_ reading: inout Reading, arrival: Instant?) -> Reading? {
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
        judgeTime(&reading, arrival: arrival)
        // What came before cannot be compared with what came after: the other tests look back.
        // A wrong value does not stand in the series at all. A missing one stands in it as one that is not a number.
        guard time >= newest, !isWrong, !reading.quality.contains(.late) else { return nil }
        newest = time
        return judgeChange(&reading, value.isFinite ? value : .nan)
    }

    private mutating func judgeTime(_ reading: inout Reading, arrival: Instant?) {
        let time = reading.time.nanoseconds
        if let arrival, timeliness < .max {
            let age = arrival.nanoseconds.saturatingSubtract(time)
            reading.quality.note(.timeliness, age > timeliness ? .fail : .pass)
        }
        guard !reading.quality.contains(.late) else { return }
        if gap < .max, heard != .min, time >= heard {
            reading.quality.note(.gap, time.saturatingSubtract(heard) > gap ? .fail : .pass)
        }
        if flagsDuplicates, !reading.quality.contains(.clockReplaced), arrival != reading.time {
            reading.quality.note(.duplicate, time == heard ? .suspect : .pass)
        }
        heard = max(heard, time)
    }

    private mutating func judgeChange(_ reading: inout Reading, _ value: Double) -> Reading? {
        var mustWait = false
        var decided: Reading?
        if let result = spike?.add(value) {
            if var before = waiting {
                before.quality.note(.spike, result.before)
                if result.before == .fail { rateOfChange?.forgetNewest() }
                (decided, waiting) = (before, nil)
            }
            reading.quality.note(.spike, result.newest)
            mustWait = result.mustWait
        }
        if let flag = rateOfChange?.flag(value, at: reading.time) { reading.quality.note(.rateOfChange, flag) }
        if let flag = flatLine?.flag(value) { reading.quality.note(.flatLine, flag) }
        if let flag = attenuatedSignal?.flag(value, at: reading.time) { reading.quality.note(.attenuatedSignal, flag) }
        if mustWait { waiting = reading }
        return decided
    }

    /// Takes the waiting reading out, undecided.
    mutating func takeWaiting() -> Reading? {
        defer { waiting = nil }
        return waiting
    }
}
