internal import Devices
internal import Telemetry

/// Judges whether the time that one device gives its messages comes from a right clock.
///
/// Old times alone are not a fault: the messages may have waited in a queue. Only its pace distinguishes a backlog from
/// a wrong clock. From one message to the next, the times of a backlog move further than those of any clock could:
/// forward or, if the newest is sent first, backward.
///
/// - A time more than the tolerance ahead of the arrival, or further behind it than any queue reaches, is never
///   believed. It says nothing about other times: many devices send one message before they have set their clock.
/// - A time that jumps ahead of the arrival, within the tolerance, is believed once three messages agree on it. A
///   single wrong one would make all later readings late.
/// - Times that fall behind the newest one, or behind what the clock showed before, are suspect. The clock is wrong
///   once three different times have moved at the pace of a clock. It is also wrong once one time has come three times,
///   half an interval apart or more. Then the messages get their arrival times until the clock is right again. Equal
///   times that come faster say nothing: a stored measurement may be sent in several messages.
struct ClockJudge: Sendable, BitwiseCopyable {
    /// An offset that is believed without further checks, for clocks that are read to the second and slow networks.
    private static let jitter = TimeSpan.seconds(10).nanoseconds
    /// The largest fall of times that is explained by messages that overtook each other.
    private static let fall = TimeSpan.minutes(1).nanoseconds
    /// A clock that has lost more than this, message by message, is wrong.
    private static let loss = TimeSpan.minutes(10).nanoseconds
    /// A device whose messages are always further behind than this has no queue: its clock was never set.
    private static let longestDelay = TimeSpan.days(1).nanoseconds
    /// The longest time that a queue reaches back. Times of 1970, of 2000 and of a clock that is 1,024 weeks back are
    /// older.
    static let longestQueue = TimeSpan.days(5 * 365)
    /// The shortest time between two messages whose clock times are compared.
    private static let shortestStep = TimeSpan.milliseconds(250).nanoseconds
    private static let messagesToConvince: Int64 = 3

    /// The newest time that a message was given; `.min` before the first message.
    private(set) var newest = Int64.min
    /// The clock's best offset from the arrivals: above 0 ahead, below 0 behind; `.min` if it is not known.
    private var best = Int64.min
    /// The number of messages that have been believed, up to three.
    private var believed: Int64 = 0
    /// The time that the clock showed when a message arrived.
    private typealias Shown = (own: Int64, arrival: Int64)
    /// The consecutive suspect messages. The values are the number of different times, the first message, and the first
    /// message with the newest time. Then follow how often that time has come, and the arrival of the newest counted
    /// message.
    private var suspects: (count: Int64, first: Shown, newest: Shown, repeats: Int64, counted: Int64) = (
        0, (0, 0), (0, 0), 0, 0
    )
    /// The consecutive messages that jumped ahead: their number, and the offset of the first.
    private var jumps: (count: Int64, offset: Int64) = (0, 0)
    /// The clock's offset when it was found to be wrong, below 0 for behind; 0 while the clock is believed.
    private var wrongBy: Int64 = 0
    /// The number of messages in a row that have been given their arrival times.
    private var replaced: Int64 = 0
    /// Set if a wrong clock has been reported, and its recovery has not been reported yet.
    private var hasReported = false

    /// True if there is a state that must survive a stop. `words` is the state that is stored.
    var isNoteworthy: Bool { wrongBy < 0 || hasReported }

    /// Returns the time that a message gets, from its own time and its arrival time.
    /// - Parameter interval: the device's interval between measurements.
    mutating func judge(_ own: Instant, arrival: Instant, tolerance: ClockTolerance, interval: TimeSpan) -> EventTime {
        let offset = Self.difference(own.nanoseconds, arrival.nanoseconds)
        let isPossible = Self.isPossible(offset, tolerance)
        let isBelieved = isPossible && believes(own.nanoseconds, arrival.nanoseconds, offset, interval.nanoseconds)
        if isBelieved {
            replaced = 0
            return EventTime(believed: own)
        }
        replaced = min(replaced + 1, Self.messagesToConvince)
        // An impossible time changes nothing, so that later messages are judged as if it had not come.
        if isPossible { note(arrival) }
        return EventTime(replacedBy: arrival)
    }

    /// Notes a time that a message was given for a reason other than this judgement, such as its arrival time.
    mutating func note(_ time: Instant) { newest = max(newest, time.nanoseconds) }

    /// Returns what this message reports about the clock: its error in whole seconds, 0 if it is right again, `nil` if
    /// there is nothing new. A wrong clock is reported with each message, from the third in a row on.
    mutating func report(_ own: Instant, arrival: Instant) -> Double? {
        if replaced == 0 {
            defer { hasReported = false }
            return hasReported ? 0 : nil
        }
        guard replaced >= Self.messagesToConvince else { return nil }
        hasReported = true
        return (Double(Self.difference(own.nanoseconds, arrival.nanoseconds)) / 1e9).rounded()
    }

    /// Returns whether a clock, or a message that has waited in a queue, can have this offset.
    private static func isPossible(_ offset: Int64, _ tolerance: ClockTolerance) -> Bool {
        offset <= tolerance.ahead.nanoseconds && offset >= -(tolerance.behind ?? longestQueue).nanoseconds
    }

    private mutating func believes(_ own: Int64, _ arrival: Int64, _ offset: Int64, _ interval: Int64) -> Bool {
        if wrongBy < 0 {
            // The clock has been set if it is back at least half the way to the present, and not behind the newest
            // accepted time.
            guard offset >= wrongBy / 2, own >= Self.difference(newest, Self.fall) else { return false }
            (wrongBy, best, believed) = (0, offset, 0)
        }
        if isJump(own, offset) { return jumps.count >= Self.messagesToConvince && believe(own, offset) }
        jumps.count = 0
        // The newest accepted time is in the future. Until the present reaches it, only arrivals are newer.
        if newest != .min, own < newest, Self.difference(newest, arrival) > Self.fall { return false }
        let isSuspect =
            newest != .min && own < Self.difference(newest, Self.fall)
            || best != .min && offset < min(best, 0) - Self.loss
            || offset < -Self.longestDelay
        guard isSuspect else { return believe(own, offset) }
        return !isConvicted((own, arrival), offset, interval)
    }

    private mutating func believe(_ own: Int64, _ offset: Int64) -> Bool {
        suspects.count = 0
        newest = max(newest, own)
        best = max(best, offset)
        believed = min(believed + 1, Self.messagesToConvince)
        return true
    }

    /// Returns whether a time is further ahead of the arrival than the clock was before; counts the times that agree.
    private mutating func isJump(_ own: Int64, _ offset: Int64) -> Bool {
        let usual = believed >= Self.messagesToConvince ? max(best, 0) + Self.jitter : Self.fall
        guard offset > max(usual, 0) else { return false }
        let agrees = jumps.count > 0 && abs(offset - jumps.offset) <= Self.jitter
        jumps = agrees ? (jumps.count + 1, jumps.offset) : (1, offset)
        return true
    }

    /// Returns whether the suspect messages have moved at the pace of a clock, and not of a backlog.
    private mutating func isConvicted(_ shown: Shown, _ offset: Int64, _ interval: Int64) -> Bool {
        let pause = Self.difference(shown.arrival, suspects.counted)
        if suspects.count > 0, (0..<Self.shortestStep).contains(pause) {
            // Messages that come at once count as one: the one with the newest time.
            if shown.own > suspects.newest.own { suspects.newest = shown }
            if suspects.count == 1 { suspects.first = suspects.newest }
            return false
        }
        // Times are often whole seconds, so the difference may show one second more.
        guard suspects.count > 0, pause >= 0, Self.isPaceOfClock(shown, since: suspects.first, error: 1e9),
            Self.isPaceOfClock(shown, since: suspects.newest, error: 1e9)
        else {
            suspects = (1, shown, shown, 1, shown.arrival)
            return false
        }
        if shown.own == suspects.newest.own {
            if pause < interval / 2 { return false }
            suspects.repeats += 1
        } else {
            // Stamps may be whole minutes, so the first arrivals of each stamp are compared.
            (suspects.newest, suspects.repeats) = (shown, 1)
            suspects.count += 1
        }
        suspects.counted = shown.arrival
        guard max(suspects.count, suspects.repeats) >= Self.messagesToConvince,
            Self.isPaceOfClock(shown, since: suspects.first, error: 0)
        else { return false }
        suspects.count = 0
        wrongBy = min(offset, -1)
        return true
    }

    /// Returns whether the times have moved no faster than those of a very wrong clock: forward by at most one and a
    /// half times the time that has passed, backward by at most three quarters of it.
    private static func isPaceOfClock(_ shown: Shown, since other: Shown, error: Double) -> Bool {
        let (moved, passed) = (
            Double(difference(shown.own, other.own)), Double(difference(shown.arrival, other.arrival))
        )
        return moved <= passed * 1.5 + error && moved >= passed * -0.75 - error
    }

    /// Returns a saturated difference: times may be 580 years apart, which does not fit into nanoseconds.
    private static func difference(_ a: Int64, _ b: Int64) -> Int64 {
        let (difference, overflow) = a.subtractingReportingOverflow(b)
        // The limit is halved, so that sums of two differences fit, too.
        let limit = Int64.max / 2
        return overflow ? (a > b ? limit : -limit) : min(max(difference, -limit), limit)
    }
}

extension ClockJudge {
    /// Marks a stored state as one of a device's clock, in this form.
    private static let tag: UInt64 = 0xc101

    /// The state to store: whether the clock is wrong. The rest is found again within three messages.
    var words: DeviceState.Words {
        var writer = DeviceState.Writer(tag: Self.tag)
        for number in [wrongBy, replaced, hasReported ? 1 : 0] { writer.add(number) }
        return writer.words
    }

    /// Restores a stored state; `nil` if it is of another kind.
    init?(_ words: DeviceState.Words) {
        guard var reader = DeviceState.Reader(words, tag: Self.tag) else { return nil }
        self.init()
        (wrongBy, replaced, hasReported) = (min(reader.next(), 0), max(reader.next(), 0), reader.next() != 0)
    }
}
