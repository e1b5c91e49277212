import Foundation
import Telemetry
import TestSupport
import Testing

@Suite struct InstantTests {
    @Test(
        "RFC 3339 is read to the nanosecond and written in UTC",
        arguments: [
            ("2018-06-03T22:05:00Z", "2018-06-03T22:05:00Z"), ("2018-06-03t22:05:00.5z", "2018-06-03T22:05:00.500Z"),
            ("2018-06-03 18:05:00-04:00", "2018-06-03T22:05:00Z"),
            ("2000-02-29T00:00:00.000000001Z", "2000-02-29T00:00:00.000000001Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ])
    func rfc3339(text: String, expected: String) {
        #expect(Instant(rfc3339: text.utf8)?.description == expected)
    }

    @Test(
        "offsets of ISO 8601's basic form and decimal commas are read, because they have one meaning only",
        arguments: [
            ("2018-06-03T22:05:00+0000", "2018-06-03T22:05:00Z"),
            ("2018-06-03T22:05:00.000+00", "2018-06-03T22:05:00Z"),
            ("2018-06-03T18:05:00-0400", "2018-06-03T22:05:00Z"), ("2018-06-04T03:35:00+0530", "2018-06-03T22:05:00Z"),
            ("2018-06-03T18:05:00,25-04", "2018-06-03T22:05:00.250Z"),
        ])
    func basicOffsets(text: String, expected: String) {
        #expect(Instant(rfc3339: text.utf8)?.description == expected)
    }

    @Test(
        "what is no timestamp is refused",
        arguments: [
            "", "2018", "2018-06-03", "2018-06-03T22:05:00", "2018-13-03T22:05:00Z", "2018-02-29T00:00:00Z",
            "2018-06-03T24:00:00Z",
            "2018-06-03T22:05:00.Z", "2018-06-03T22:05:00Zx", "2018-06-03T22:05:00+4:00", "20180603T220500Z",
            "9999-01-01T00:00:00Z",
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
            let seconds = Int64.random(in: -315_619_200..<5_995_814_400, using: &random)
            let instant = Instant(nanoseconds: seconds * 1_000_000_000)
            let text = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(instant.description == text)
            #expect(Instant(rfc3339: text.utf8) == instant)
        }
    }

    @Test("times from outside are of the years 1960 to 2159, by every way, and no sum leaves the numbers")
    func range() {
        for (text, isTime) in [
            ("1959-12-31T23:59:59.999Z", false), ("1960-01-01T00:00:00Z", true),
            ("2159-12-31T23:59:59.999999999Z", true),
            ("2160-01-01T00:00:00Z", false), ("1960-01-01T00:00:00+01:00", false), ("2159-12-31T23:30:00-01:00", false),
        ] { #expect((Instant(rfc3339: text.utf8) != nil) == isTime, "\(text)") }
        for seconds in [-315_619_201, 5_995_814_400, 1e300, -1e300, .infinity] {
            #expect(Instant(unixSeconds: seconds) == nil)
        }
        #expect(Instant(unixSeconds: -315_619_200) == Instant.range.lowerBound)
        for nanoseconds in [Int64.min, .max, Instant.range.upperBound.nanoseconds] {
            #expect(Instant(checked: nanoseconds) == nil)
        }
        for instant in [Instant.distantPast, .distantFuture] {
            #expect(Instant.range.contains(instant.clamped))
            #expect(!instant.description.isEmpty)
        }
        #expect(Instant.distantFuture + .days(1) == .distantFuture && Instant.distantPast - .days(1) == .distantPast)
        #expect(Instant.distantFuture - Instant.distantPast == .longest - TimeSpan(nanoseconds: 1))
        #expect(Instant.distantPast + .longest == .distantFuture && Instant(nanoseconds: .min) == .distantPast)
        #expect(
            "\(Instant.distantPast)" == "1930-01-01T00:00:00Z"
                && "\(Instant.distantFuture)" == "2189-12-31T23:59:59.999999999Z")
        #expect(
            TimeSpan.days(.max) == TimeSpan(nanoseconds: .max) && TimeSpan.days(.min) == TimeSpan(nanoseconds: .min))
        #expect(TimeSpan(nanoseconds: .min) - .days(1) == TimeSpan.zero - .longest)
        #expect(
            TimeSpan(seconds: .nan) == nil && TimeSpan(seconds: 1e12) == nil
                && TimeSpan(seconds: 1.5) == .milliseconds(1500))
    }

    @Test(
        "a zone's hour and day are found at every time",
        arguments: [Int64.min, .min + 1, -1, 0, 1_500_000_000_000_000_000, .max - 1, .max])
    func zones(nanoseconds: Int64) {
        let zone = ZoneTable([
            .init(from: .distantPast, offset: .hours(-11)), .init(from: Instant(nanoseconds: 0), offset: .hours(14)),
        ])
        let time = Instant(nanoseconds: nanoseconds)
        #expect((0..<24).contains(zone.hour(at: time)) && (1...7).contains(zone.weekday(at: time)))
        #expect((0..<1440).contains(zone.dayAndMinute(at: time).minute))
        if Instant.range.contains(time) { #expect(zone.nextHour(after: time) > time) }
    }

    @Test("epoch seconds keep their fraction as well as a double does, and refuse what is no time")
    func unixSeconds() {
        let instant = Instant(unixSeconds: 1_518_824_400.823) ?? .distantPast
        #expect(abs(instant.nanoseconds - 1_518_824_400_823_000_000) < 300)
        #expect(Instant(unixSeconds: .nan) == nil)
        #expect(Instant(unixSeconds: 1e18) == nil)
    }

    @Test(
        "durations",
        arguments: [
            ("90s", 90.0), ("1.5h", 5400), ("10 m", 600), ("250ms", 0.25), ("2w", 1_209_600), ("10 min", 600),
            ("1 hour", 3600),
            ("2 days", 172_800),
        ])
    func durations(text: String, seconds: Double) {
        #expect(TimeSpan(text: text)?.seconds == seconds)
    }

    @Test("what is no duration", arguments: ["", "m", "10", "-5s", "1e3s", "10 mins ago", "10mm", "99999999999999w"])
    func noDuration(text: String) {
        #expect(TimeSpan(text: text) == nil)
    }
}
