internal import Telemetry

// Wrapping operators: message numbers wrap at 2⁶⁴ by design, and are compared by the sign of their difference; arrivals
// are of the years 1960 to 2159.

/// Judges the numbers that one device gives its messages: which are new, which have come before, which are missing.
///
/// A message whose number has come before gives no reading. It is a late copy from a second LoRaWAN gateway, or the
/// device or the broker has repeated a message that was not acknowledged. A number that was counted as missing may come
/// late. It is then taken back from the count, at the time at which it was counted. So `sum(missing_messages, 10m)` is
/// right even then.
///
/// A device that restarts its count sends small numbers again. Five rules distinguish them from copies:
///
/// - A number that is far from the newest is accepted. Only the next number after it proves that the device counts from
///   there.
/// - A number below 16 that has come before is a restart if the newest is far ahead of it: the smaller the number, the
///   less far. Close to the newest it is a copy, but three in a row from 0 or 1 on are a restart.
/// - Three numbers in a row that have come before are a restart if each message has a newer own time than all new
///   messages before. Without such times, they are a restart if they begin below 16 and the newest is 32 or more ahead.
///   A message with an own time that is not newer is a copy.
/// - A network server numbers and dates the messages itself, and gives copies the time of the first. So a number that
///   has come before is a restart if its time is ten seconds newer: a device takes longer than that to join again. A
///   message of another session of the radio network is a restart in any case.
/// - If only copies have come for as long as the device's silence, the numbers say nothing, and the message is
///   accepted.
///
/// The state has a fixed size, and is stored with the readings that it belongs to.
struct MessageNumbers: Sendable, BitwiseCopyable {
    enum Verdict: Equatable {
        /// The message is new, and `missing` messages are missing before it; `nil` if the number is unknown.
        case new(missing: Int64?)
        /// The message is new, and was counted as missing at `countedAt`; `nil` if the count is no longer known.
        case late(countedAt: Instant?)
        /// The message has come before.
        case repeated
    }

    /// The span of numbers behind the newest that is remembered, and the largest single step forward.
    static let memory = 1024
    /// A larger jump is not a gap: the device has started to count elsewhere.
    static let longestGap: Int64 = 100_000

    /// The number at which the device starts again at 0: declared, or learnt when it first falls from the top.
    private var wraps: Int64 = 0
    private var newest: Int64 = 0
    /// The largest distance behind the newest up to which numbers have come, or were counted as missing; `-1` before
    /// the first message.
    private var reach: Int64 = -1
    /// Bit `n` is set if the number that is `n` before the newest has come.
    private var seen = SeenNumbers<16>()
    /// The newest of the device's own times among new messages; `.min` if none had one.
    private var newestOwn = Int64.min
    /// Consecutive numbers that are far from the newest: the device may have restarted its count.
    private var run = Run()
    /// The time since which only copies have come; `.max` if the last message was new. It is not stored: time while the
    /// gateway is down, or on a clock that is set, is not silence of the device.
    private var copiesSince = Int64.max
    /// Set if the device has been found to send the same number again and again.
    private var isStuck = false
    /// The newest gaps whose messages may still come late.
    private var gaps = InlineArray<6, Gap>(repeating: Gap())
    /// The stamp of the gap from which the newest late number was taken back, if the current message showed both.
    private(set) var stampOfNewestCorrection: Int?

    private struct Run: BitwiseCopyable {
        var first: Int64 = 0
        var last: Int64 = 0
        /// The number of messages in the run; 0 if there is no run.
        var count: Int64 = 0
        /// Set if the run's messages were accepted. Otherwise they looked like copies.
        var isNews = false
        /// Set if the run looks like a restart, so that messages may be missing in it.
        var isLikely = false
        var seen = SeenNumbers<1>()

        init() {}

        init(from number: Int64, isNews: Bool, isLikely: Bool = false) {
            (first, last, count) = (number, number, 1)
            (self.isNews, self.isLikely) = (isNews, isLikely)
            seen[0] = true
        }

        /// - Precondition: `0 < step < 64`.
        mutating func add(_ number: Int64, _ step: Int64) {
            count += 1
            last = number
            seen.shift(by: Int(step))
            seen[0] = true
        }
    }

    private struct Gap: BitwiseCopyable {
        var first: Int64 = 0
        var count: Int64 = 0
        var countedAt = Int64.min
        /// The stamp in the current message that the time is from; below 0 once the time is final.
        var stamp = -1
    }

    /// - Parameter wraps: the number at which the device starts again at 0, if the profile has one.
    init(wraps: Int64?) { self.wraps = wraps ?? 0 }

    /// Judges a message's number.
    ///
    /// - Parameters:
    ///   - own: the message's time by the device's clock, if it has one.
    ///   - isServed: set if number and time are a network server's.
    ///   - isNewSession: set if the device has joined its radio network again.
    ///   - isSentAgain: set if it may have been received before, since the broker repeats unacknowledged messages.
    ///   - silence: the time without a reading after which the device counts as silent.
    mutating func take(
        _ written: Int64, at arrival: Instant, own: Instant? = nil, isServed: Bool = false, isNewSession: Bool = false,
        isSentAgain: Bool, silence: TimeSpan
    ) -> Verdict {
        let isRestart = isNewSession || isServed && isSeen(written) && isLater(own)
        if isRestart { reach = -1 }
        let verdict = judge(written, at: arrival, own: own?.nanoseconds, isSentAgain: isSentAgain, silence: silence)
        if verdict != .repeated, let own { newestOwn = max(newestOwn, own.nanoseconds) }
        return verdict
    }

    /// Returns whether a number is among those that have come.
    private func isSeen(_ written: Int64) -> Bool {
        let steps = distance(to: normalised(written))
        return reach >= 0 && steps <= 0 && steps > -Int64(Self.memory) && seen[Int(-steps)]
    }

    private func isLater(_ own: Instant?) -> Bool {
        guard let own, newestOwn != .min else { return false }
        return own.nanoseconds.saturatingSubtract(newestOwn) > TimeSpan.seconds(10).nanoseconds
    }

    private mutating func judge(
        _ written: Int64, at arrival: Instant, own: Int64?, isSentAgain: Bool, silence: TimeSpan
    ) -> Verdict {
        let number = normalised(written)
        guard reach >= 0 else {
            begin(at: number)
            return .new(missing: nil)
        }
        let steps = distance(to: number)
        if steps > 0, steps <= Self.memory {
            advance(by: steps, to: number)
            if steps > 1 { remember(gapOf: steps - 1, before: number) }
            noteNews()
            return .new(missing: steps - 1)
        }
        guard steps <= 0, steps > -Int64(Self.memory) else { return takeFar(number, steps) }
        let behind = Int(-steps)
        if seen[behind] {
            return takeSeen(number, behind, at: arrival, own: own, isSentAgain: isSentAgain, silence: silence)
        }
        seen[behind] = true
        // Numbers before the first message were not counted as missing.
        guard behind <= reach else { return takeFar(number, steps) }
        noteNews()
        return .late(countedAt: takeBack(number))
    }

    /// Gives the newest gap the time of the message that showed it.
    /// - Parameter stamp: the stamp with that time. ``dateGaps(by:)`` makes it final.
    mutating func dateNewestGap(_ time: Instant, stamp: Int) {
        (gaps[0].countedAt, gaps[0].stamp) = (time.nanoseconds, stamp)
    }

    /// Gives the gaps of a message the final times of its stamps.
    mutating func dateGaps(by stamps: [DecodedMessage.Stamp]) {
        for index in gaps.indices where gaps[index].stamp >= 0 {
            if stamps.indices.contains(gaps[index].stamp) {
                gaps[index].countedAt = stamps[gaps[index].stamp].time.nanoseconds
            }
            gaps[index].stamp = -1
        }
    }

    // MARK: numbers in order

    private mutating func begin(at number: Int64) {
        newest = number
        reach = 0
        seen = SeenNumbers()
        seen[0] = true
        noteNews()
    }

    private mutating func advance(by steps: Int64, to number: Int64) {
        // A fall that is a step forward is a wrap, and shows the counter's width.
        if wraps == 0, number < newest { wraps = Self.likelyWrap(from: newest, to: number) ?? 0 }
        seen.shift(by: Int(steps))
        seen[0] = true
        newest = number
        reach = min(reach + steps, Int64(Self.memory) - 1)
    }

    /// Notes that the device has sent a new number close to its earlier ones.
    private mutating func noteNews() {
        run.count = 0
        copiesSince = .max
        isStuck = false
    }

    private mutating func remember(gapOf count: Int64, before number: Int64) {
        for index in stride(from: gaps.count - 1, to: 0, by: -1) { gaps[index] = gaps[index - 1] }
        gaps[0] = Gap(first: normalised(number &- count), count: count)
    }

    /// - Returns: the time at which a number was counted as missing.
    private mutating func takeBack(_ number: Int64) -> Instant? {
        stampOfNewestCorrection = nil
        for index in gaps.indices where gaps[index].countedAt != .min {
            let gap = gaps[index]
            let (offset, overflow) = number.subtractingReportingOverflow(gap.first)
            if !overflow, case let place = normalised(offset), place >= 0, place < gap.count {
                stampOfNewestCorrection = gap.stamp < 0 ? nil : gap.stamp
                return Instant(nanoseconds: gap.countedAt)
            }
        }
        return nil
    }

    // MARK: numbers that have come before

    private mutating func takeSeen(
        _ number: Int64, _ behind: Int, at arrival: Instant, own: Int64?, isSentAgain: Bool, silence: TimeSpan
    ) -> Verdict {
        if isSentAgain { return .repeated }
        if isStuck, behind == 0 { return .new(missing: nil) }
        let isNewer = own != nil && newestOwn != .min ? own.map { $0 > newestOwn } : nil
        if (0..<16).contains(number), behind >= 64 * (Int(number) + 1) { return takeFar(number, -Int64(behind)) }
        let step = number &- run.last
        if run.count > 0, behind > 0, isNewer != false, step > 0, step <= (run.isNews || run.isLikely ? 4 : 1) {
            if run.isNews { return takeFar(number, -Int64(behind)) }
            run.add(number, step)
            if run.count > 2 { return takeRun(missing: 0) }
        } else if behind > 0 {
            let isLikely = isNewer ?? ((0..<16).contains(number) && behind >= 32)
            if isLikely || isNewer == nil && (0...1).contains(number) {
                run = Run(from: number, isNews: false, isLikely: isLikely)
            }
        }
        let since = copiesSince
        guard since != .max, arrival.nanoseconds >= since else {
            copiesSince = arrival.nanoseconds
            return .repeated
        }
        guard arrival.nanoseconds &- since >= silence.nanoseconds else { return .repeated }
        let isSame = behind == 0
        begin(at: number)
        isStuck = isSame
        return .new(missing: nil)
    }

    // MARK: numbers that are far from the newest

    private mutating func takeFar(_ number: Int64, _ steps: Int64) -> Verdict {
        let (step, overflow) = number.subtractingReportingOverflow(run.last)
        if run.count > 0, !overflow, step > -64, step <= 0, run.seen[Int(-step)] { return .repeated }
        guard run.count > 0, !overflow, step > 0, step < 64 else {
            run = Run(from: number, isNews: true)
            return .new(missing: nil)
        }
        run.add(number, step)
        // Just below the number of the first message of all, numbers may arrive out of order.
        let isOrdinary = steps <= 0 && steps > -16 && run.first > 1
        guard run.count >= (isOrdinary ? 3 : 2) else { return .new(missing: nil) }
        let (jump, isTooFar) = run.first.subtractingReportingOverflow(newest)
        return takeRun(missing: !isTooFar && jump > 0 && jump <= Self.longestGap ? jump - 1 : 0)
    }

    /// Accepts the run: from its first number on, the device has restarted its count, or there was a long gap.
    private mutating func takeRun(missing before: Int64) -> Verdict {
        let length = run.last &- run.first
        let missing = before + length + 1 - run.count
        newest = run.last
        seen = SeenNumbers(run.seen)
        reach = before > 0 ? Int64(Self.memory) - 1 : min(length, 63)
        if missing > 0 { remember(gapOf: before + length, before: run.last) }
        noteNews()
        return .new(missing: missing)
    }

    // MARK: distances

    private func normalised(_ number: Int64) -> Int64 {
        guard wraps > 0 else { return number }
        let rest = number % wraps
        return rest < 0 ? rest + wraps : rest
    }

    /// The number of steps forward from the newest to a number; below 0 if the number is before the newest. Saturates.
    private func distance(to number: Int64) -> Int64 {
        let (difference, overflow) = number.subtractingReportingOverflow(newest)
        if overflow { return number > newest ? .max : .min }
        if wraps == 0 {
            guard difference < 0, let width = Self.likelyWrap(from: newest, to: number) else { return difference }
            return difference + width
        }
        // Both are below `wraps`. A wrap is believed only if the step is small: 60000 → 0 is a restart.
        let limit = min(Int64(Self.memory), wraps / 2)
        if difference < 0, difference + wraps <= limit { return difference + wraps }
        if difference > 0, difference > wraps / 2, wraps - difference < limit { return difference - wraps }
        return difference
    }

    /// Returns the width of an undeclared counter, 16 or 32 bits, if a number falls from close to the top to close to
    /// 0.
    private static func likelyWrap(from newest: Int64, to number: Int64) -> Int64? {
        guard number >= 0, number < memory else { return nil }
        for width: Int64 in [1 << 16, 1 << 32] where newest < width && number + width - newest <= memory {
            return width
        }
        return nil
    }
}

/// A row of bits: bit `n` is set if the number that is `n` before the newest has come.
struct SeenNumbers<let wordCount: Int>: BitwiseCopyable, Sendable {
    var words = InlineArray<wordCount, UInt64>(repeating: 0)

    init() {}

    init(_ other: SeenNumbers<1>) { words[0] = other.words[0] }

    /// - Precondition: `0 ≤ index < 64 × wordCount`.
    subscript(index: Int) -> Bool {
        get { words[index / 64] >> UInt64(index % 64) & 1 == 1 }
        set {
            let bit: UInt64 = 1 << UInt64(index % 64)
            if newValue { words[index / 64] |= bit } else { words[index / 64] &= ~bit }
        }
    }

    /// Makes room for `steps` newer numbers.
    mutating func shift(by steps: Int) {
        let (whole, rest) = (steps / 64, steps % 64)
        for index in stride(from: wordCount - 1, through: 0, by: -1) {
            let high = index >= whole ? words[index - whole] : 0
            let low = rest > 0 && index > whole ? words[index - whole - 1] >> UInt64(64 - rest) : 0
            words[index] = high << UInt64(rest) | low
        }
    }
}

extension MessageNumbers {
    /// Marks a stored state as one of a device's numbers, in this form.
    private static let tag: UInt64 = 0x4e02

    /// The state to store.
    var words: DeviceState.Words {
        var writer = DeviceState.Writer(tag: Self.tag)
        let flags: Int64 = (isStuck ? 1 : 0) | (run.isNews ? 2 : 0) | (run.isLikely ? 4 : 0)
        for number in [wraps, newest, reach, run.first, run.last, run.count, flags, newestOwn] { writer.add(number) }
        writer.add(run.seen.words[0])
        for index in seen.words.indices { writer.add(seen.words[index]) }
        for index in gaps.indices {
            writer.add(gaps[index].first)
            writer.add(gaps[index].count)
            writer.add(gaps[index].countedAt)
        }
        return writer.words
    }

    /// Restores a stored state. A malformed state is ignored: then the numbers start without a history.
    /// - Parameter declared: the number at which the device starts again at 0, by its current profile.
    init?(_ words: DeviceState.Words, wraps declared: Int64?) {
        guard var reader = DeviceState.Reader(words, tag: Self.tag) else { return nil }
        self.init(wraps: nil)
        (wraps, newest, reach) = (reader.next(), reader.next(), reader.next())
        (run.first, run.last, run.count) = (reader.next(), reader.next(), reader.next())
        let flags = reader.next()
        (isStuck, run.isNews, run.isLikely) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0)
        newestOwn = reader.next()
        run.seen.words[0] = UInt64(bitPattern: reader.next())
        for index in seen.words.indices { seen.words[index] = UInt64(bitPattern: reader.next()) }
        for index in gaps.indices {
            gaps[index] = Gap(first: reader.next(), count: reader.next(), countedAt: reader.next())
        }
        if let declared { wraps = declared }
        let isInOrder =
            wraps >= 0 && reach >= -1 && reach < Self.memory && (wraps == 0 || (0..<wraps).contains(newest))
            && run.count >= 0
            && run.count <= 64 && (0..<256).contains(run.last &- run.first)
        guard isInOrder else { return nil }
    }
}
