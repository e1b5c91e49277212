import Telemetry
import TestSupport

/// A message of the post: numbered, with arrays of two quantities, by a clock that may fall back.
///
/// Every value belongs to one message only, so that each reading identifies its message.
struct PostMessage {
    /// The number of samples of each quantity, one a second.
    static let samples = 5

    var sequence: Int
    /// The time of its newest sample, by the post's clock, in milliseconds since 1970.
    var time: Int64
    var humidity: [Double]
    var carbonMonoxide: [Double]

    init(sequence: Int, time: Int64, isDamp: [Bool], hasGas: [Bool]) {
        (self.sequence, self.time) = (sequence, time)
        func value(_ isHigh: Bool, _ sample: Int) -> Double {
            (isHigh ? 60 : 20) + Double(sequence * Self.samples + sample) / 1000
        }
        humidity = isDamp.enumerated().map { value($1, $0) }
        carbonMonoxide = hasGas.enumerated().map { value($1, $0) }
    }

    var payload: [UInt8] {
        Array("{\"t\":\(time),\"n\":\(sequence),\"humidity\":\(humidity),\"co\":\(carbonMonoxide)}".utf8)
    }
}

/// The messages that the post sends in one run, drawn from the seed.
struct PostWeather {
    /// The messages in the order of sending, with copies: a copy has its message's number and bytes.
    private(set) var sent: [(at: TimeSpan, message: PostMessage)] = []
    /// The time at which its clock falls back, and the size of the fall.
    private(set) var clockFalls: (at: TimeSpan, by: TimeSpan)?

    init(until end: TimeSpan, seed: UInt64, clockFalls mayFall: Bool) {
        var random = SeededRandom(seed: seed &* 0x9e37_79b9 &+ 4)
        func seconds(_ range: ClosedRange<Double>) -> TimeSpan {
            TimeSpan(nanoseconds: Int64(Double.random(in: range, using: &random) * 1e9))
        }
        if mayFall {
            let falls: [TimeSpan] = [.hours(1), .days(7 * 1024), .days(365 * 40)]
            clockFalls = (
                TimeSpan(nanoseconds: end.nanoseconds / 3), falls[Int.random(in: 0..<falls.count, using: &random)]
            )
        }
        var at = seconds(0...10)
        var number = Int.random(in: 0...100, using: &random)
        var (isDamp, hasGas) = (false, false)
        while at < end {
            var (damp, gas): ([Bool], [Bool]) = ([], [])
            for _ in 0..<PostMessage.samples {
                if Int.random(in: 0..<12, using: &random) == 0 { isDamp.toggle() }
                if Int.random(in: 0..<9, using: &random) == 0 { hasGas.toggle() }
                damp.append(isDamp)
                gas.append(hasGas)
            }
            var clock = VirtualClock.start + at
            if let falls = clockFalls, at >= falls.at { clock = clock - falls.by }
            let message = PostMessage(sequence: number, time: clock.nanoseconds / 1_000_000, isDamp: damp, hasGas: gas)
            sent.append((at, message))
            // A copy through a second radio gateway, later.
            if Int.random(in: 0..<4, using: &random) == 0 { sent.append((at + seconds(0.1...50), message)) }
            // Some messages are lost on the air, and sometimes the post dies for a while.
            number += Int.random(in: 0..<15, using: &random) == 0 ? 2 : 1
            at = at + (Int.random(in: 0..<12, using: &random) == 0 ? seconds(130...400) : seconds(8...12))
        }
        sent.sort { $0.at < $1.at }
    }
}
