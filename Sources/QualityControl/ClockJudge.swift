internal import Devices
internal import Telemetry

/// Judges whether the time that one device gives its messages is that of a right clock.
///
/// Old times are not a fault by themselves: the messages may have waited in a queue. A backlog is told from a wrong
/// clock by its pace alone: from one message to the next, the times of a backlog move further than those of any clock
/// could, forward or, if the newest is sent first, backward.
///
/// - A time more than the tolerance ahead of the arrival, or further behind it than any queue reaches, is never
///   believed, and says nothing of other times: many devices send one message before they have set their clock.
/// - A time that jumps ahead of the arrival, within the tolerance, is believed once three messages agree on it: a
///   single one would make what follows late.
/// - Times that fall behind the newest one, or behind what the clock showed before, are suspect. Once three different
///   times have moved at the pace of a clock, or one has come three times, half an interval apart or more, the clock is
///   wrong: then the messages have the times of their arrival, until the clock is right again. Equal times that come
///   faster say nothing: a stored measurement may be sent in several messages.
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
    /// The messages that are suspect, one behind the other: how many different times they have, the first, the first
    /// with the newest time, how often that has come, and when the newest that was counted arrived.
    private var suspects: (count: Int64, first: Shown, newest: Shown, repeats: Int64, counted: Int64) = (
        0, (0, 0), (0, 0), 0, 0
    )
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
    /// - Parameter interval: how often the device measures.
    mutating func judge(_ own: Instant, arrival: Instant, tolerance: ClockTolerance, interval: TimeSpan) -> EventTime {
        let offset = Self.difference(own.nanoseconds, arrival.nanoseconds)
        let isPossible = Self.isPossible(offset, tolerance)
        let isBelieved = isPossible && believes(own.nanoseconds, arrival.nanoseconds, offset, interval.nanoseconds)
        if isBelieved {
            replaced = 0
            return EventTime(believed: own)
        }
        replaced = min(replaced + 1, Self.messagesToConvince)
        // An impossible time leaves everything as it was, so that what is sent behind it is judged as if it had not
        // come.
        if isPossible { note(arrival) }
        return EventTime(replacedBy: arrival)
    }

    /// Notes the time that a message was given for another reason than this judgement, as that of its arrival.
    mutating func note(_ time: Instant) { newest = max(newest, time.nanoseconds) }

    /// What is to be reported of the clock with this message: by how many whole seconds it is off, 0 if it is right
    /// again, `nil` if there is nothing new. A wrong clock is reported with each message, from the third in a row on.
    mutating func report(_ own: Instant, arrival: Instant) -> Double? {
        if replaced == 0 {
            defer { hasReported = false }
            return hasReported ? 0 : nil
        }
        guard replaced >= Self.messagesToConvince else { return nil }
        hasReported = true
        return (Double(Self.difference(own.nanoseconds, arrival.nanoseconds)) / 1e9).rounded()
    }

    /// Whether a clock, or a message that has waited in a queue, can be so far off.
    private static func isPossible(_ offset: Int64, _ tolerance: ClockTolerance) -> Bool {
        offset <= tolerance.ahead.nanoseconds && offset >= -(tolerance.behind ?? longestQueue).nanoseconds
    }

    private mutating func believes(_ own: Int64, _ arrival: Int64, _ offset: Int64, _ interval: Int64) -> Bool {
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

    /// Whether a time is further ahead of the arrival than the clock was before; counts those that agree.
    private mutating func isJump(_ own: Int64, _ offset: Int64) -> Bool {
        let usual = believed >= Self.messagesToConvince ? max(best, 0) + Self.jitter : Self.fall
        guard offset > max(usual, 0) else { return false }
        let agrees = jumps.count > 0 && abs(offset - jumps.offset) <= Self.jitter
        jumps = agrees ? (jumps.count + 1, jumps.offset) : (1, offset)
        return true
    }

    /// Whether the suspect messages have moved at the pace of a clock, and not of a backlog.
    private mutating func isConvicted(_ shown: Shown, _ offset: Int64, _ interval: Int64) -> Bool {
        let pause = Self.difference(shown.arrival, suspects.counted)
        if suspects.count > 0, (0..<Self.shortestStep).contains(pause) {
            // What comes at once says as much as one message: that with the newest time.
            if shown.own > suspects.newest.own { suspects.newest = shown }
            if suspects.count == 1 { suspects.first = suspects.newest }
            return false
        }
        // Times are often whole seconds: one more may show.
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
            // Stamps may be whole minutes: what is compared is when each came first.
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

    /// Whether the times have moved no faster than those of a clock that is very wrong: forward by half as much again
    /// as time has passed, backward by three quarters of it.
    private static func isPaceOfClock(_ shown: Shown, since other: Shown, error: Double) -> Bool {
        let (moved, passed) = (
            Double(difference(shown.own, other.own)), Double(difference(shown.arrival, other.arrival))
        )
        return moved <= passed * 1.5 + error && moved >= passed * -0.75 - error
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
