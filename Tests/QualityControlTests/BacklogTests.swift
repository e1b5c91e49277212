import Devices
import Telemetry
import TestSupport
import Testing

@testable import QualityControl

/// Whether the judge of clocks tells a backlog from a clock that has fallen back, over many devices made up at random.
@Suite struct BacklogTests {
    /// A message: its own time and that of its arrival, in seconds.
    struct Message {
        var own: Double
        var arrival: Double
    }

    static let year = 365.25 * 86400

    /// `o` for each message that keeps its own time, `a` for each that gets that of its arrival.
    static func judge(_ messages: [Message], interval: Double) -> String {
        var judge = ClockJudge()
        return Self.judge(&judge, messages, interval: interval)
    }

    static func judge(_ judge: inout ClockJudge, _ messages: [Message], interval: Double) -> String {
        var text = ""
        for message in messages {
            let arrival = ClockJudgeTests.start + TimeSpan(nanoseconds: Int64(message.arrival * 1e9))
            let own = ClockJudgeTests.start + TimeSpan(nanoseconds: Int64(message.own * 1e9))
            let time = judge.judge(
                own, arrival: arrival, tolerance: ClockTolerance(),
                interval: TimeSpan(nanoseconds: Int64(interval * 1e9)))
            text += time.quality.isEmpty ? "o" : "a"
        }
        return text
    }

    /// A time as a device writes it that knows whole steps of a clock.
    static func written(_ time: Double, step: Double) -> Double {
        step > 0 ? (time / step).rounded(.down) * step : time
    }

    @Test(
        "after a power cut a backlog keeps its times, with messages from before the clock was set and without",
        arguments: 0...4)
    func bootMessages(count: Int) {
        let live = (0..<5).map { Message(own: Double($0) * 60, arrival: Double($0) * 60 + 0.3) }
        let back = 7500.0
        let boot = (0..<count).map { Message(own: -56 * Self.year, arrival: back - 20 + Double($0)) }
        let backlog = (0..<117).map { Message(own: 300 + Double($0) * 60, arrival: back + Double($0)) }
        let found = Self.judge(live + boot + backlog, interval: 60)
        #expect(found == "ooooo" + String(repeating: "a", count: count) + String(repeating: "o", count: 117))
    }

    @Test("a backlog that is sent newest first keeps its times")
    func newestFirst() {
        let backlog = (0..<100).map { Message(own: 100_000 - Double($0) * 300, arrival: 100_000 + Double($0)) }
        #expect(!Self.judge(backlog, interval: 300).contains("a"))
    }

    @Test("a measurement that is stored and sent in several messages keeps its time", arguments: 1...6)
    func severalAtATime(perTime: Int) {
        let live = (0..<5).map { Message(own: Double($0) * 60, arrival: Double($0) * 60 + 0.3) }
        let backlog = (0..<300).map { Message(own: 300 + Double($0 / perTime) * 60, arrival: 40_000 + Double($0)) }
        #expect(!Self.judge(live + backlog, interval: 60).contains("a"))
    }

    @Test(
        "a clock that stands still is replaced, however often the device measures",
        arguments: [10, 60, 600] as [Double])
    func standsStill(interval: Double) {
        let live = (0..<5).map { Message(own: Double($0) * interval, arrival: Double($0) * interval) }
        let still = (0..<200).map { Message(own: 5 * interval, arrival: Double(5 + $0) * interval) }
        let found = Self.judge(live + still, interval: interval)
        let late = Int(600 / interval) + 10
        #expect(found.dropFirst(5 + late).allSatisfy { $0 == "a" }, "\(found)")
    }

    @Test("any backlog keeps its own times", arguments: 0..<400 as Range<UInt64>)
    func anyBacklog(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let interval = try #require(([1, 10, 60, 300, 3600] as [Double]).randomElement(using: &random))
        let perTime = Int.random(in: 1...4, using: &random)
        let speed = try #require(([2.2, 5, 60, 1000, 1e6] as [Double]).randomElement(using: &random))
        let pause = interval / Double(perTime) / speed
        let step = try #require((interval < 60 ? [0, 1] : [0, 1, 60] as [Double]).randomElement(using: &random))
        func live(_ time: Double) -> [Message] {
            (0..<perTime).map { Message(own: Self.written(time, step: step), arrival: time + 0.1 + Double($0) * 0.02) }
        }
        var messages: [Message] = []
        for index in 0..<Int.random(in: 0...20, using: &random) { messages += live(Double(index) * interval) }
        // It was measured, and nothing came through.
        let first = 21 * interval
        let count = Int.random(in: 5...200, using: &random)
        var times = (0..<count).map { first + Double($0) * interval }
        var now = first + Double(count) * interval
        if Bool.random(using: &random) {
            for index in 0..<Int.random(in: 1...4, using: &random) {
                messages.append(Message(own: -56 * Self.year + Double(index), arrival: now - 10 + Double(index)))
            }
        }
        switch Int.random(in: 0..<3, using: &random) {
        case 0: break
        case 1: times.reverse()
        default: times.shuffle(using: &random)
        }
        let isMixed = Bool.random(using: &random)
        let stall =
            interval > 1 && Bool.random(using: &random) ? Int.random(in: 0..<count * perTime, using: &random) : -1
        var nextLive = (now / interval).rounded(.up) * interval
        for (index, time) in times.flatMap({ Array(repeating: $0, count: perTime) }).enumerated() {
            now += pause * Double.random(in: 0.7...1.2, using: &random)
            if index == stall { now += Double.random(in: 0...4000, using: &random) }
            if isMixed {
                while nextLive < now {
                    messages += live(nextLive)
                    nextLive += interval
                }
            }
            messages.append(Message(own: Self.written(time, step: step), arrival: now))
        }
        messages.sort { $0.arrival < $1.arrival }
        let found = Self.judge(messages, interval: interval)
        let expected = String(messages.map { $0.own < -1e6 ? "a" : "o" })
        #expect(
            found == expected,
            "seed \(seed): interval \(interval), \(perTime) a time, pause \(pause), step \(step), mixed \(isMixed), stall \(stall)"
        )
    }

    @Test(
        "any clock that falls back is replaced within three messages that tell its pace",
        arguments: 0..<400 as Range<UInt64>)
    func anyFall(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let interval = try #require(([0.5, 2, 5, 10, 20, 30, 60, 600, 3600] as [Double]).randomElement(using: &random))
        let step = try #require(([0, 1, 60] as [Double]).randomElement(using: &random))
        let back = try #require(
            ([
                56.9 * Self.year, 1024 * 7 * 86400, 400 * 86400, 86400, 3600,
                Double.random(in: 800...1e7, using: &random),
            ] as [Double])
            .randomElement(using: &random))
        // From one message to the next a clock that loses time loses this share of what passes.
        let loss = Bool.random(using: &random) ? 0 : Double.random(in: 0.1...1.5, using: &random)
        let before = Int.random(in: 3...20, using: &random)
        var messages: [Message] = []
        for index in 0..<before + 60 {
            let time = Double(index) * interval
            let fall = index < before ? 0 : back + Double(index - before) * interval * loss
            let delay = Double.random(in: 0...min(interval / 4, 2), using: &random)
            messages.append(Message(own: Self.written(time - fall, step: step), arrival: time + delay))
        }
        let found = Self.judge(messages, interval: interval)
        #expect(found.prefix(before) == String(repeating: "o", count: before), "seed \(seed)")
        // Where stamps are coarser than what they move by, three messages do not say how fast the clock goes.
        let patience = step > interval * abs(1 - loss) / 2 ? 2 + Int(max(2 * step / interval, 3)) : 3
        let believed =
            found.dropFirst(before).lastIndex(of: "o").map {
                found.distance(from: found.startIndex, to: $0) + 1 - before
            } ?? 0
        #expect(
            believed <= (back > 5 * Self.year ? 0 : patience),
            "seed \(seed): interval \(interval), step \(step), back \(back), loss \(loss): \(found)")
        // It is set right.
        var judge = ClockJudge()
        _ = Self.judge(&judge, messages, interval: interval)
        let end = Double(before + 60) * interval
        let right = (0..<5).map {
            Message(own: end + Double($0) * interval, arrival: end + Double($0) * interval + 0.2)
        }
        #expect(Self.judge(&judge, right, interval: interval) == "ooooo", "seed \(seed)")
    }
}
