import Devices
import Telemetry
import TestSupport
import Testing

@testable import QualityControl

@Suite struct ClockJudgeTests {
    static let start = Instant(rfc3339: "2026-11-25T12:00:00Z".utf8)!  // a literal that reads

    static func tolerance(ahead: TimeSpan = .minutes(1), behind: TimeSpan? = nil) -> ClockTolerance {
        var tolerance = ClockTolerance()
        (tolerance.ahead, tolerance.behind) = (ahead, behind)
        return tolerance
    }

    /// Judges messages that come `every` seconds; `offsets` are their own times minus those of their arrival, in
    /// seconds. `o` is the own time, `a` that of the arrival.
    static func judge(
        _ judge: inout ClockJudge, _ offsets: [Double], every: Double = 60, from first: Double = 0,
        tolerance: ClockTolerance = tolerance(),
        interval: TimeSpan = .minutes(1)
    ) -> String {
        var text = ""
        for (index, offset) in offsets.enumerated() {
            let arrival = start + TimeSpan(nanoseconds: Int64((first + Double(index) * every) * 1e9))
            let own = Instant(nanoseconds: arrival.nanoseconds + Int64(offset * 1e9))
            let time = judge.judge(own, arrival: arrival, tolerance: tolerance, interval: interval)
            text +=
                time.instant == own && time.quality.isEmpty
                ? "o" : time.instant == arrival && !time.quality.isEmpty ? "a" : "?"
        }
        return text
    }

    static func judge(_ offsets: [Double], every: Double = 60, tolerance: ClockTolerance = tolerance()) -> String {
        var judge = ClockJudge()
        return Self.judge(&judge, offsets, every: every, tolerance: tolerance)
    }

    static let year = 365.25 * 86400

    @Test(
        "a clock that falls back is replaced after at most two messages, and believed again when it is right",
        arguments: [56.9 * year, 1024 * 7 * 86400, 7 * year, 400 * 86400, 86400, 3600, 1800, 121] as [Double],
        [2, 10, 60, 600, 3600] as [Double])
    func falls(back: Double, every: Double) {
        let right = Array(repeating: -0.5, count: 4)
        let found = Self.judge(right + Array(repeating: -back, count: 20) + right, every: every)
        let isAbsurd = back > 5 * Self.year
        let expected = isAbsurd ? "ooooaaaaaaaaaaaaaaaaaaaaoooo" : "ooooooaaaaaaaaaaaaaaaaaaoooo"
        // A fall of a few minutes is over before three messages have come, where they come seldom.
        if back > 660 || back > 3 * every + 60 {
            #expect(found == expected)
        } else {
            #expect(found.contains("?") == false)
        }
    }

    @Test("a clock that was never set is replaced, also before anything is known of it")
    func neverSet() {
        #expect(Self.judge(Array(repeating: -56 * Self.year, count: 4)) == "aaaa")
        #expect(Self.judge(Array(repeating: -300 * 86400, count: 6)) == "ooaaaa")
    }

    @Test("a clock that loses time, stands still or runs backwards is replaced when that shows")
    func gradually() {
        // It loses a minute with each message, every ten minutes; then it runs backwards.
        let slow = Self.judge((0..<40).map { -Double($0) * 60 }, every: 600)
        #expect(slow.hasPrefix("oooooooooo") && slow.hasSuffix("aaaaaaaaaa"), "\(slow)")
        let still = Self.judge((0..<40).map { -Double($0) * 60 }, every: 60)
        #expect(still.hasPrefix("oooooooooo") && still.hasSuffix("aaaaaaaaaa"), "\(still)")
        let backwards = Self.judge((0..<20).map { -Double($0) * 90 }, every: 60)
        #expect(backwards.hasPrefix("oo") && backwards.hasSuffix("aaaaaaaaaa"), "\(backwards)")
    }

    @Test(
        "a backlog keeps its own times, however old, however fast, alone or among new messages",
        arguments: [(0.001, 1.0), (0.001, 60), (0.001, 3600), (0.05, 1), (1, 60), (1, 10), (10, 600), (0.3, 5)]
            as [(Double, Double)])
    func backlog(every: Double, step: Double) {
        let count = 400
        var offsets = Array(repeating: -0.2, count: 5)
        // The oldest lies so far back that the newest comes when it is measured.
        offsets += (0..<count).map { -Double(count - $0) * (step - every) }
        let found = Self.judge(offsets + Array(repeating: -0.2, count: 5), every: every)
        #expect(!found.contains("a") && !found.contains("?"), "\(found)")
        // New messages come in between.
        let mixed = (0..<200).map { $0 % 2 == 0 ? -0.2 : -Double(20_000 - $0 * 60) }
        #expect(!Self.judge(mixed).contains("a"))
    }

    @Test("a constant delay is no fault")
    func delay() {
        #expect(!Self.judge(Array(repeating: -3000, count: 20)).contains("a"))
    }

    @Test("one absurd time is not believed, and what follows is; a clock that stays ahead is believed once three agree")
    func jumps() {
        let wide = Self.tolerance(ahead: .days(30))
        for ahead in [50, 600, 86400, 29 * 86400] as [Double] {
            #expect(Self.judge([-0.1, -0.1, -0.1, ahead, -0.1, -0.1], tolerance: wide) == "oooaoo", "\(ahead)")
        }
        #expect(Self.judge([86400, -0.1, -0.1], tolerance: wide) == "aoo")
        #expect(Self.judge(Array(repeating: 86400, count: 5), tolerance: wide) == "aaooo")
        // It is set right: what came before lies in the future, and only arrivals are evaluated as news.
        let corrected = Self.judge(Array(repeating: 600, count: 5) + Array(repeating: -0.1, count: 14), tolerance: wide)
        #expect(corrected.hasPrefix("aaoooaaaa") && corrected.hasSuffix("oo"), "\(corrected)")
    }

    @Test("times at the ends of what an instant can hold are replaced, and nothing ends")
    func extremes() {
        for own in [Int64.min, .min + 1, -9_200_000_000_000_000_000, 0, .max, .max - 1] {
            for behind in [nil, TimeSpan.days(1), TimeSpan(nanoseconds: .max)] as [TimeSpan?] {
                var judge = ClockJudge()
                for step in 0..<8 as Range<Int64> {
                    let arrival = Self.start + .minutes(step)
                    let time = judge.judge(
                        Instant(nanoseconds: own), arrival: arrival, tolerance: Self.tolerance(behind: behind),
                        interval: .minutes(1))
                    if behind != TimeSpan(nanoseconds: .max) { #expect(time.instant == arrival) }
                    _ = judge.report(Instant(nanoseconds: own), arrival: arrival)
                }
                let end = Self.start + .minutes(9)
                let right = judge.judge(end, arrival: end, tolerance: Self.tolerance(), interval: .minutes(1))
                #expect(right.quality.isEmpty || behind == TimeSpan(nanoseconds: .max))
            }
        }
    }

    @Test(
        "a wrong clock is reported from the third message on, and once when it is right again; the report survives a stop"
    )
    func reports() throws {
        var judge = ClockJudge()
        func report(_ offset: Int64, at minute: Int64) -> Double? {
            let arrival = Self.start + .minutes(minute)
            let own = arrival + .seconds(offset)
            _ = judge.judge(own, arrival: arrival, tolerance: Self.tolerance(), interval: .minutes(1))
            return judge.report(own, arrival: arrival)
        }
        #expect(
            [0, 0, -3600, -3600, -3600, -3600].enumerated().map { report($1, at: Int64($0)) } == [
                nil, nil, nil, nil, nil, nil,
            ])
        #expect(report(-3600, at: 6) == -3600)
        judge = try #require(ClockJudge(judge.words))
        #expect([-3600, 0, 0].enumerated().map { report($1, at: 7 + Int64($0)) } == [-3600, 0, nil])
        #expect(!judge.isNoteworthy)
    }

    @Test("after a start without a memory it is judged anew within three messages, by the newest reading")
    func anew() {
        var judge = ClockJudge()
        judge.note(Self.start)
        #expect(Self.judge(&judge, Array(repeating: -3600, count: 6), from: 60) == "ooaaaa")
    }

    @Test("a right clock with delays and disorder is never replaced", arguments: 1...30 as ClosedRange<UInt64>)
    func property(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        // Sent once a minute; each waits up to 50 s on its way, some until a link is back, when all come at once.
        var messages: [(own: Double, arrival: Double)] = []
        var blockedUntil = 0.0
        for minute in 0..<500 {
            let own = Double(minute) * 60
            if own >= blockedUntil, Int.random(in: 0..<40, using: &random) == 0 {
                blockedUntil = own + Double.random(in: 0..<20_000, using: &random)
            }
            messages.append(
                (own, max(own, blockedUntil + Double(minute) * 0.002) + Double.random(in: 0..<50, using: &random)))
            if blockedUntil > own { messages[minute].arrival = blockedUntil + Double(minute) * 0.002 }
        }
        messages.sort { $0.arrival < $1.arrival }
        var judge = ClockJudge()
        for message in messages {
            let arrival = Self.start + TimeSpan(nanoseconds: Int64(message.arrival * 1e9))
            let own = Self.start + TimeSpan(nanoseconds: Int64(message.own * 1e9))
            let time = judge.judge(own, arrival: arrival, tolerance: Self.tolerance(), interval: .minutes(1))
            #expect(time.instant == own, "\(message), seed \(seed)")
        }
    }
}
