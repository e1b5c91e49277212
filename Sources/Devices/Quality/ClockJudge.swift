internal import Telemetry

/// Judges whether the time that one device gives its messages is that of a right clock.
///
/// Old times are not a fault by themselves: the messages may have waited in a queue. A backlog is told from a wrong clock by
/// its pace: its times approach the present quickly, those of a wrong clock at one second a second or not at all.
///
/// - A time more than the tolerance ahead of the arrival, or further behind it than any queue reaches, is never believed.
/// - A time that jumps ahead of the arrival, within the tolerance, is believed once three messages agree on it: a single one
///   would make what follows late.
/// - Times that fall behind the newest one, or behind what the clock showed before, are suspect. After three of them at the
///   pace of a clock the clock is wrong: then the messages have the times of their arrival, until the clock is right again.
struct ClockJudge: Sendable, BitwiseCopyable {
    /// Believed without a second look, as a clock that is read to the second and a network that is slow.
    private static let jitter = TimeSpan.seconds(10).nanoseconds
    /// Times that fall back by no more are those of messages that overtook each other.
    private static let fall = TimeSpan.minutes(1).nanoseconds
    /// A clock that has lost more than this, message by message, is wrong.
    private static let loss = TimeSpan.minutes(10).nanoseconds
    /// A device that always was further behind than this has no queue, but a clock that was never set.
    private static let longestDelay = TimeSpan.days(1).nanoseconds
    /// No queue reaches back further. It takes in 1970, 2000 and a clock that is 1,024 weeks back.
    static let longestQueue = TimeSpan.days(5 * 365)
    /// What a clock shows is compared between messages that come no less than this apart.
    private static let shortestStep = TimeSpan.milliseconds(250).nanoseconds
    private static let messagesToConvince: Int64 = 3

    /// The newest time that a message was given; `.min` before the first.
    private(set) var newest = Int64.min
    /// How far the clock was ahead of the arrivals (below 0: behind) at its best; `.min` if that is not known.
    private var best = Int64.min
    /// How many messages have been believed, up to three.
    private var believed: Int64 = 0
    /// What a clock showed when a message arrived.
    private typealias Shown = (own: Int64, arrival: Int64)
    /// The messages that are suspect, one behind the other: how many, the first and the newest that was counted.
    private var suspects: (count: Int64, first: Shown, newest: Shown) = (0, (0, 0), (0, 0))
    /// The messages that jumped ahead, one behind the other: how many, and by how much the first was ahead.
    private var jumps: (count: Int64, offset: Int64) = (0, 0)
    /// How far behind the clock was when it was found to be wrong; 0 while it is believed.
    private var wrongBy: Int64 = 0
    /// How many messages in a row have been given the times of their arrival.
    private var replaced: Int64 = 0
    /// Whether a wrong clock has been reported, and not yet that it is right.
    private var hasReported = false

    /// Whether there is something that has to survive a stop; what is stored is `words`.
    var isNoteworthy: Bool { wrongBy < 0 || hasReported }

    /// The time that a message gets, of its own time and that of its arrival.
    mutating func judge(_ own: Instant, arrival: Instant, tolerance: ClockTolerance) -> EventTime {
        if believes(own.nanoseconds, arrival.nanoseconds, tolerance) {
            replaced = 0
            return EventTime(arrival: own)
        }
        replaced = min(replaced + 1, Self.messagesToConvince)
        note(arrival)
        return EventTime(replacedBy: arrival)
    }

    /// Notes the time that a message was given for another reason than this judgement, as that of its arrival.
    mutating func note(_ time: Instant) { newest = max(newest, time.nanoseconds) }

    /// What is to be reported of the clock with this message: by how many whole seconds it is off, 0 if it is right again, `nil` if
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

    private mutating func believes(_ own: Int64, _ arrival: Int64, _ tolerance: ClockTolerance) -> Bool {
        let offset = Self.difference(own, arrival)
        if offset > tolerance.ahead.nanoseconds { return false }
        if let behind = tolerance.behind {
            if offset < -behind.nanoseconds { return false }
        } else if offset < -Self.longestQueue.nanoseconds {
            suspects.count = 0
            if wrongBy == 0 { wrongBy = offset }
            return false
        }
        if wrongBy < 0 {
            // Half of the way back to the present, and not behind what was taken as newest: the clock has been set.
            guard offset >= wrongBy / 2, own >= Self.difference(newest, Self.fall) else { return false }
            (wrongBy, best, believed) = (0, offset, 0)
        }
        if isJump(own, offset) { return jumps.count >= Self.messagesToConvince && believe(own, offset) }
        jumps.count = 0
        // What has been taken lies in the future: until the present is there, only arrivals are newer than it.
        if newest != .min, own < newest, Self.difference(newest, arrival) > Self.fall { return false }
        let isSuspect =
            newest != .min && own < Self.difference(newest, Self.fall) || best != .min && offset < min(best, 0) - Self.loss
            || offset < -Self.longestDelay
        guard isSuspect else { return believe(own, offset) }
        return !isConvicted(own, arrival, offset)
    }

    private mutating func believe(_ own: Int64, _ offset: Int64) -> Bool {
        suspects.count = 0
        newest = max(newest, own)
        best = max(best, offset)
        believed = min(believed + 1, Self.messagesToConvince)
        return true
    }

    /// Whether a time is further ahead of the arrival than the clock was before; counts those that agree.
    private mutating func isJump(_ own: Int64, _ offset: Int64) -> Bool {
        let usual = believed >= Self.messagesToConvince ? max(best, 0) + Self.jitter : Self.fall
        guard offset > max(usual, 0) else { return false }
        let agrees = jumps.count > 0 && abs(offset - jumps.offset) <= Self.jitter
        jumps = agrees ? (jumps.count + 1, jumps.offset) : (1, offset)
        return true
    }

    /// Whether the suspect messages have come at the pace of a clock, and not of a backlog.
    ///
    /// Messages that come all at once say nothing of a clock, so that only those are counted that come a while after another.
    private mutating func isConvicted(_ own: Int64, _ arrival: Int64, _ offset: Int64) -> Bool {
        guard suspects.count > 0, arrival >= suspects.newest.arrival,
            !Self.isBacklog(own, arrival, since: suspects.first), !Self.isBacklog(own, arrival, since: suspects.newest)
        else {
            suspects = (1, (own, arrival), (own, arrival))
            return false
        }
        guard Self.difference(arrival, suspects.newest.arrival) >= Self.shortestStep else { return false }
        suspects = (suspects.count + 1, suspects.first, (own, arrival))
        guard suspects.count >= Self.messagesToConvince else { return false }
        suspects.count = 0
        wrongBy = min(offset, -1)
        return true
    }

    /// Whether the times have approached the present by half a second a second or more since another message.
    private static func isBacklog(_ own: Int64, _ arrival: Int64, since other: Shown) -> Bool {
        // Times are often whole seconds: one more may show.
        Double(difference(own, other.own)) > Double(difference(arrival, other.arrival)) * 1.5 + 1e9
    }

    /// Times may lie 580 years apart, and more than that is no longer a number of nanoseconds.
    private static func difference(_ a: Int64, _ b: Int64) -> Int64 {
        let (difference, overflow) = a.subtractingReportingOverflow(b)
        // Halved, so that sums of two of them are numbers, too.
        let limit = Int64.max / 2
        return overflow ? (a > b ? limit : -limit) : min(max(difference, -limit), limit)
    }
}

extension ClockJudge {
    /// Marks a stored state as that of a device's clock, in this form.
    private static let tag: UInt64 = 0xc101

    /// What is stored: whether the clock is wrong. The rest is found again in three messages.
    var words: DeviceState.Words {
        var writer = DeviceState.Writer(tag: Self.tag)
        for number in [wrongBy, replaced, hasReported ? 1 : 0] { writer.add(number) }
        return writer.words
    }

    /// Takes over a stored state; `nil` if it is another's.
    init?(_ words: DeviceState.Words) {
        guard var reader = DeviceState.Reader(words, tag: Self.tag) else { return nil }
        self.init()
        (wrongBy, replaced, hasReported) = (min(reader.next(), 0), max(reader.next(), 0), reader.next() != 0)
    }
}
