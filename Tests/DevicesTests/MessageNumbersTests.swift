import Telemetry
import TestSupport
import Testing

@testable import Devices

@Suite struct MessageNumbersTests {
    /// What becomes of messages that come 10 s apart: `+2` is new, and two are missing before it; `+` is new; `-1` is
    /// late and taken back from what was missing; `=` has come before.
    static func take(_ written: [Int64], wraps: Int64? = nil, silence: TimeSpan = .minutes(3), seconds: Int64 = 10)
        -> [String]
    {
        var numbers = MessageNumbers(wraps: wraps)
        return written.enumerated().map { index, number in
            let arrival = Instant(nanoseconds: 0) + .seconds(Int64(index) * seconds)
            return text(&numbers, number, at: arrival, silence: silence)
        }
    }

    static func text(
        _ numbers: inout MessageNumbers, _ number: Int64, at arrival: Instant, silence: TimeSpan = .minutes(3),
        isSentAgain: Bool = false
    ) -> String {
        switch numbers.take(number, at: arrival, isSentAgain: isSentAgain, silence: silence) {
        case .repeated: return "="
        case .new(nil): return "+"
        case .new(let missing?):
            if missing > 0 { numbers.dateNewestGap(arrival, stamp: -1) }
            return "+\(missing)"
        case .late(let countedAt): return countedAt == nil ? "-" : "-1"
        }
    }

    @Test("a device that has joined its network again is heard at once, by its session or by the server's time")
    func joinedAgain() {
        let start = Instant(nanoseconds: 0)
        for (seconds, isNewSession, expected) in [(20, false, "+"), (5, false, "="), (5, true, "+")] {
            var numbers = MessageNumbers(wraps: nil)
            for number in 0..<20 as Range<Int64> {
                _ = numbers.take(
                    number, at: start + .seconds(number), own: start + .seconds(number), isServed: true,
                    isSentAgain: false, silence: .hours(1))
            }
            // A copy has the time of the first.
            let copy = numbers.take(
                3, at: start + .seconds(25), own: start + .seconds(3), isServed: true, isSentAgain: false,
                silence: .hours(1))
            #expect(copy == .repeated)
            let own = start + .seconds(19 + Int64(seconds))
            let verdict = numbers.take(
                0, at: own, own: own, isServed: true, isNewSession: isNewSession, isSentAgain: false,
                silence: .hours(1))
            #expect(verdict == (expected == "+" ? .new(missing: nil) : .repeated))
            guard expected == "+" else { continue }
            let next = numbers.take(
                2, at: own + .seconds(20), own: own + .seconds(20), isServed: true, isSentAgain: false,
                silence: .hours(1))
            #expect(next == .new(missing: 1))
        }
    }

    @Test(
        "what is new, late, missing and a copy",
        arguments: [
            ([5, 6, 7, 6, 8], "+ +0 +0 = +0"),
            ([5, 6, 7, 7, 7, 8], "+ +0 +0 = = +0"),
            ([5, 7, 6, 8], "+ +1 -1 +0"),
            ([5, 9, 7, 6, 8, 7, 10], "+ +3 -1 -1 -1 = +0"),
            ([0, 1, 2, 1, 3], "+ +0 +0 = +0"),
            ([1, 2, 1, 2, 3], "+ +0 = = +0"),
            // Before the first that came, nothing was counted as missing.
            ([5, 4, 6, 4], "+ + +0 ="),
            ([5, 3, 4, 6], "+ + + +0"),
        ] as [([Int64], String)])
    func order(written: [Int64], expected: String) {
        #expect(Self.take(written).joined(separator: " ") == expected)
    }

    @Test(
        "a device that counts anew is heard from its first message on",
        arguments: [
            ([100, 101, 102, 0, 1, 2], "+ +0 +0 + +0 +0"),
            ([7, 8, 9, 1, 2, 3], "+ +0 +0 + +0 +0"),
            ([5000, 5001, 0, 1, 2], "+ +0 + +0 +0"),
            ([5000, 5001, 0, 3, 4], "+ +0 + +2 +0"),
            ([60000, 60001, 0, 1], "+ +0 + +0"),
            ([3_000_000, 0, 1], "+ + +0"),
            ([0, 2_000_000_000, 2_000_000_001], "+ + +0"),
        ] as [([Int64], String)])
    func restart(written: [Int64], expected: String) {
        #expect(Self.take(written).joined(separator: " ") == expected)
        let wrapping = written.max().map { $0 < 65536 } == true
        if wrapping { #expect(Self.take(written, wraps: 65536).joined(separator: " ") == expected) }
    }

    @Test("a device that counts anew among numbers that have come is heard, at once or after two messages")
    func restartAmongSeen() {
        let first = (0...400).map { Int64($0) }
        let again = Self.take(first + [0, 1, 2, 3, 4]).suffix(5)
        #expect(again.joined(separator: " ") == "+ +0 +0 +0 +0")
        let early = Self.take((0...40).map { Int64($0) } + [0, 1, 2, 3, 4]).suffix(5)
        #expect(early.joined(separator: " ") == "= = +0 +0 +0")
        let soon = Self.take([1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6]).suffix(6)
        #expect(soon.joined(separator: " ") == "= = +0 +0 +0 +0")
        // The first messages after it are lost.
        let lost = Self.take(first + [3, 4, 5, 6] + (7...60).map { Int64($0) }).suffix(10)
        #expect(!lost.contains("="), "\(lost)")
    }

    /// What becomes of messages a minute apart that have a time of their own: each is a number and when it was
    /// measured, in minutes.
    static func take(_ timed: [(number: Int64, minute: Int64)]) -> String {
        var numbers = MessageNumbers(wraps: nil)
        return timed.enumerated().map { index, message in
            let verdict = numbers.take(
                message.number, at: Instant(nanoseconds: 0) + .minutes(Int64(index)),
                own: Instant(nanoseconds: 0) + .minutes(message.minute),
                isSentAgain: false, silence: .hours(100))
            return verdict == .repeated ? "=" : "+"
        }.joined()
    }

    @Test(
        "at most two messages of a device that counts anew are lost, whichever of the first are missing",
        arguments: 2...60 as ClosedRange<Int64>)
    func lostBeginning(first: Int64) {
        let before = (0...80).map { (number: Int64($0), minute: Int64($0)) }
        for missing: Set<Int64> in [[], [first + 1], [first + 1, first + 3]] {
            let again = (first...first + 40).filter { !missing.contains($0) }.map { (number: $0, minute: $0 + 200) }
            let found = Self.take(before + again).suffix(again.count)
            #expect(
                found.drop { $0 == "=" }.count >= again.count - 2 && !found.dropFirst(2).contains("="),
                "\(missing): \(found)")
        }
    }

    @Test("without times of its own, small numbers far behind the newest are a beginning, also if the first are lost")
    func lostBeginningWithoutTimes() {
        for again in [[2, 3, 4, 5], [0, 2, 3, 4], [5, 7, 8, 9]] as [[Int64]] {
            #expect(
                Self.take((0...40).map { Int64($0) } + again, silence: .hours(9)).suffix(2).allSatisfy { $0 != "=" },
                "\(again)")
            #expect(
                Self.take((0...255).map { Int64($0) } + again, silence: .hours(9)).suffix(2).allSatisfy { $0 != "=" },
                "\(again)")
        }
    }

    @Test("what a device sends again in its order is no news", arguments: [1, 5, 20, 60] as [Int64])
    func replays(count: Int64) {
        let before = (0...200).map { (number: Int64($0), minute: Int64($0)) }
        #expect(!Self.take(before + before.suffix(Int(count))).suffix(Int(count)).contains("+"))
        // From its very beginning, and in part, with times; without them only of numbers that are not small.
        #expect(
            !Self.take(Array(before.prefix(60)) + Array(before.prefix(Int(count)))).suffix(Int(count)).contains("+"))
        let untimed = Self.take((0...200).map { Int64($0) } + (200 - count...200).map { $0 }, silence: .hours(9))
        #expect(untimed.suffix(Int(count)).allSatisfy { $0 == "=" })
    }

    @Test("a wrap is no new beginning, and what is missing in it is counted")
    func wraps() {
        #expect(Self.take([65534, 65535, 0, 1]) == ["+", "+0", "+0", "+0"])
        #expect(Self.take([65534, 65535, 2, 1, 0, 65535, 3]) == ["+", "+0", "+2", "-1", "-1", "=", "+0"])
        #expect(Self.take([65534, 2, 65535, 0, 65534, 3]) == ["+", "+3", "-1", "-1", "=", "+0"])
        #expect(Self.take([4_294_967_295, 0, 4_294_967_295, 1]) == ["+", "+0", "=", "+0"])
        #expect(Self.take([254, 255, 1, 0, 255, 2], wraps: 256) == ["+", "+0", "+1", "-1", "=", "+0"])
        #expect(Self.take([-2, -1, 0], wraps: 65536) == ["+", "+0", "+0"])
        #expect(Self.take([32766, 32767, -32768, -32767], wraps: 65536) == ["+", "+0", "+0", "+0"])
    }

    @Test("one absurd number makes nothing deaf and nothing missing")
    func absurd() {
        for absurd: Int64 in [.min, .max, -1, 1 << 40, 90_000] {
            let found = Self.take([500, 501, absurd, 502, 503, 502])
            #expect(found == ["+", "+0", "+", "+0", "+0", "="], "\(absurd): \(found)")
        }
    }

    @Test("a long gap is counted when the next message proves it")
    func longGap() {
        #expect(Self.take([5, 5000, 5001, 4999]) == ["+", "+", "+4994", "-1"])
    }

    @Test("a device that sends one number for ever, or again what it sent, is heard after its silence")
    func stuck() {
        let stuck = Self.take(Array(repeating: 0, count: 40), silence: .seconds(30))
        #expect(stuck.prefix(5).joined(separator: " ") == "+ = = = +")
        #expect(stuck.dropFirst(5).allSatisfy { $0 == "+" })
    }

    @Test("what the broker sends again is never a new beginning")
    func sentAgain() {
        var numbers = MessageNumbers(wraps: nil)
        for number in 0...100 as ClosedRange<Int64> {
            _ = Self.text(&numbers, number, at: Instant(nanoseconds: number))
        }
        for number in 0...100 as ClosedRange<Int64> {
            let later = Instant(nanoseconds: 0) + .hours(1) + .minutes(number)
            #expect(Self.text(&numbers, number, at: later, isSentAgain: true) == "=")
        }
        #expect(Self.text(&numbers, 101, at: Instant(nanoseconds: 0) + .hours(9)) == "+0")
    }

    @Test("a stored state goes on where it was, and one of another kind is left alone")
    func stored() throws {
        var numbers = MessageNumbers(wraps: nil)
        for number in [5, 6, 8, 10] as [Int64] { _ = Self.text(&numbers, number, at: Instant(nanoseconds: number)) }
        var again = try #require(MessageNumbers(numbers.words, wraps: nil))
        #expect(
            [8, 7, 7, 9, 12].map { Self.text(&again, $0, at: Instant(nanoseconds: 20)) } == [
                "=", "-1", "=", "-1", "+1",
            ])
        #expect(MessageNumbers(DeviceState.Writer(tag: 0xc101).words, wraps: nil) == nil)
        var broken = numbers.words
        for index in 1..<broken.count { broken[index] = .max }
        #expect(MessageNumbers(broken, wraps: 256) == nil)
    }

    @Test("what passes while nobody listens, or on a clock that is set, is no silence of the device")
    func stoppedClock() throws {
        var numbers = MessageNumbers(wraps: nil)
        for number in [40, 41, 40] as [Int64] { _ = Self.text(&numbers, number, at: Instant(nanoseconds: number)) }
        var again = try #require(MessageNumbers(numbers.words, wraps: nil))
        let later = Instant(nanoseconds: 0) + .hours(4)
        #expect(Self.text(&again, 41, at: later) == "=")
        #expect(Self.text(&again, 42, at: later + .seconds(1)) == "+0")
    }

    @Test(
        "copies and disorder of any kind: each number once, and the sum is what is missing",
        arguments: 1...40 as ClosedRange<UInt64>)
    func property(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let width: Int64 = [65536, 1 << 32, 256][Int(seed % 3)]
        let start = Int64.random(in: 0..<width, using: &random)
        var sent: [Int64] = []
        var lost: Set<Int64> = []
        for number in 0..<2000 as Range<Int64> {
            if number > 0, number < 1990, Int.random(in: 0..<20, using: &random) == 0 {
                lost.insert(number)
            } else {
                sent.append(number)
            }
        }
        // Each is moved back by less than 30 places, and one in ten comes twice.
        var placed: [(place: Double, number: Int64)] = []
        for (index, number) in sent.enumerated() {
            let isFirst = index == 0
            placed.append((Double(index) + (isFirst ? 0 : Double.random(in: 0..<30, using: &random)), number))
            if !isFirst, Int.random(in: 0..<10, using: &random) == 0 {
                placed.append((Double(index) + Double.random(in: 0..<45, using: &random), number))
            }
        }
        placed.sort { $0.place < $1.place }
        var numbers = MessageNumbers(wraps: width == 256 || seed % 2 == 0 ? width : nil)
        var (taken, sum): (Set<Int64>, Int64) = ([], 0)
        for (index, item) in placed.enumerated() {
            let written = (start + item.number) % width
            let arrival = Instant(nanoseconds: 0) + .seconds(Int64(index))
            switch Self.text(&numbers, written, at: arrival) {
            case "=": #expect(taken.contains(item.number), "\(item.number) is lost, seed \(seed)")
            case let verdict:
                #expect(taken.insert(item.number).inserted, "\(item.number) is taken twice, seed \(seed)")
                sum += Int64(verdict.replacing("+", with: "")) ?? 0
            }
        }
        #expect(taken == Set(sent), "seed \(seed)")
        // A gap that is no longer remembered stays counted: more may be said to be missing than is, never less.
        #expect(sum >= Int64(lost.count), "seed \(seed)")
    }
}
