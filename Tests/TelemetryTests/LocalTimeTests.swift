import Telemetry
import Testing

@Suite struct LocalTimeTests {
    /// New York, around the two changes of 2026.
    private static let zone = ZoneTable([
        .init(from: Instant(nanoseconds: 0), offset: .hours(-5)),
        .init(from: instant("2026-03-08T07:00:00Z"), offset: .hours(-4)),
        .init(from: instant("2026-11-01T06:00:00Z"), offset: .hours(-5)),
    ])

    private static func instant(_ text: String) -> Instant { Instant(rfc3339: text.utf8) ?? .distantPast }

    @Test(
        "a time is shown by the site's clock, with how far that is from UTC",
        arguments: [
            ("2026-07-01T02:30:00Z", "2026-06-30 22:30:00 UTC-4"),
            ("2026-12-01T02:30:00.25Z", "2026-11-30 21:30:00 UTC-5"),
            ("2026-03-08T06:59:59Z", "2026-03-08 01:59:59 UTC-5"),
            ("2026-03-08T07:00:00Z", "2026-03-08 03:00:00 UTC-4"),
        ])
    func shown(instant: String, expected: String) {
        #expect(LocalTime(Self.instant(instant), in: Self.zone).description == expected)
    }

    @Test(
        "whole and half hours, and UTC itself",
        arguments: [(0, "UTC"), (330, "UTC+5:30"), (-210, "UTC-3:30"), (480, "UTC+8"), (5, "UTC+0:05")])
    func zones(minutes: Int64, name: String) {
        let zone = ZoneTable([.init(from: .distantPast, offset: .minutes(minutes))])
        #expect(LocalTime(Instant(nanoseconds: 0), in: zone).zone == name)
    }

    @Test(
        "what people write is read by the site's clock, and is never in the future of a day that they do not name",
        arguments: [
            ("2h", "2026-11-29T13:00:00Z"), ("06:10", "2026-11-29T11:10:00Z"), ("9:59", "2026-11-29T14:59:00Z"),
            // Ten in the morning it is; so that was yesterday.
            ("10:01", "2026-11-28T15:01:00Z"), ("23:30:15", "2026-11-29T04:30:15Z"), ("today", "2026-11-29T05:00:00Z"),
            ("yesterday", "2026-11-28T05:00:00Z"), ("2026-07-01", "2026-07-01T04:00:00Z"),
            ("2026-07-01 06:10", "2026-07-01T10:10:00Z"),
            ("2026-07-01T06:10:05", "2026-07-01T10:10:05Z"), ("2026-07-01T06:10:00+02:00", "2026-07-01T04:10:00Z"),
        ])
    func read(text: String, expected: String) throws {
        let time = try #require(PastTime(text))
        #expect(time.instant(in: Self.zone, now: Self.instant("2026-11-29T15:00:00Z")) == Self.instant(expected))
    }

    @Test(
        "what is not a time is not read",
        arguments: ["", "soon", "25:00", "06:61", "2026-13-01", "2026-07-01 6", "tomorrow", "::", "12"])
    func refused(text: String) {
        #expect(PastTime(text) == nil)
    }

    @Test(
        "lengths of time as people say them",
        arguments: [(90, "90 s"), (600, "10 min"), (7200, "2 h"), (86_400, "1 day"), (604_800 * 2, "2 weeks")])
    func spoken(seconds: Int64, expected: String) { #expect(TimeSpanText.spoken(.seconds(seconds)) == expected) }
}
