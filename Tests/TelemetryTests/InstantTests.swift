import Foundation
import Telemetry
import TestSupport
import Testing

@Suite struct InstantTests {
    @Test(
        "RFC 3339 is read to the nanosecond and written in UTC",
        arguments: [
            ("2018-06-03T22:05:00Z", "2018-06-03T22:05:00Z"), ("2018-06-03t22:05:00.5z", "2018-06-03T22:05:00.500Z"),
            ("2018-06-03 18:05:00-04:00", "2018-06-03T22:05:00Z"), ("2000-02-29T00:00:00.000000001Z", "2000-02-29T00:00:00.000000001Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"), ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ])
    func rfc3339(text: String, expected: String) {
        #expect(Instant(rfc3339: text.utf8)?.description == expected)
    }

    @Test(
        "offsets of ISO 8601's basic form and decimal commas are read, because they have one meaning only",
        arguments: [
            ("2018-06-03T22:05:00+0000", "2018-06-03T22:05:00Z"), ("2018-06-03T22:05:00.000+00", "2018-06-03T22:05:00Z"),
            ("2018-06-03T18:05:00-0400", "2018-06-03T22:05:00Z"), ("2018-06-04T03:35:00+0530", "2018-06-03T22:05:00Z"),
            ("2018-06-03T18:05:00,25-04", "2018-06-03T22:05:00.250Z"),
        ])
    func basicOffsets(text: String, expected: String) {
        #expect(Instant(rfc3339: text.utf8)?.description == expected)
    }

    @Test(
        "what is no timestamp is refused",
        arguments: [
            "", "2018", "2018-06-03", "2018-06-03T22:05:00", "2018-13-03T22:05:00Z", "2018-02-29T00:00:00Z", "2018-06-03T24:00:00Z",
            "2018-06-03T22:05:00.Z", "2018-06-03T22:05:00Zx", "2018-06-03T22:05:00+4:00", "20180603T220500Z", "9999-01-01T00:00:00Z",
            "2018-06-03T22:05:00+", "2018-06-03T22:05:00+0", "2018-06-03T22:05:00+000", "2018-06-03T22:05:00+00:",
            "2018-06-03T22:05:00+2400",
            "2018-06-03T22:05:00+00000", "2018-06-03T22:05:00,Z",
        ])
    func refused(text: String) {
        #expect(Instant(rfc3339: text.utf8) == nil)
    }

    @Test("the calendar agrees with Foundation's over random days", arguments: [71] as [UInt64])
    func calendar(seed: UInt64) {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let formatter = ISO8601DateFormatter()
        for _ in 0..<2000 {
            let seconds = Int64.random(in: -9_000_000_000...9_000_000_000, using: &random)
            let instant = Instant(nanoseconds: seconds * 1_000_000_000)
            let text = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(instant.description == text)
            #expect(Instant(rfc3339: text.utf8) == instant)
        }
    }

    @Test("epoch seconds keep their fraction as well as a double does, and refuse what is no time")
    func unixSeconds() {
        let instant = Instant(unixSeconds: 1_518_824_400.823) ?? .distantPast
        #expect(abs(instant.nanoseconds - 1_518_824_400_823_000_000) < 300)
        #expect(Instant(unixSeconds: .nan) == nil)
        #expect(Instant(unixSeconds: 1e18) == nil)
    }

    @Test(
        "durations", arguments: [("90s", 90.0), ("1.5h", 5400), ("10 m", 600), ("250ms", 0.25), ("2w", 1_209_600)])
    func durations(text: String, seconds: Double) {
        #expect(TimeSpan(text: text)?.seconds == seconds)
    }

    @Test("what is no duration", arguments: ["", "m", "10", "-5s", "1e3s", "10 min", "10mm", "99999999999999w"])
    func noDuration(text: String) {
        #expect(TimeSpan(text: text) == nil)
    }
}
