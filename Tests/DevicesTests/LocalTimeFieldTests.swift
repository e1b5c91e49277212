import Devices
import Diagnostics
import Foundation
import Telemetry
import TestSupport
import Testing

/// Times of devices that do not name their zone.
@Suite struct LocalTimeFieldTests {
    /// Returns the time of a reading, as the gateway of a site in a zone reads it; `nil` if it is the time of arrival.
    private func read(
        _ format: String, _ text: String, zone: ZoneTable = ZoneTable(), arrival: String = "2026-12-01T00:00:00Z"
    ) throws -> String? {
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: s\ndevices: [ { id: d, profile: p } ]"),
            profiles: [
                SourceFile(
                    name: "p.yaml",
                    text: """
                        profile: p
                        topic: t/{device}
                        time: { pointer: /at, \(format) }
                        readings: [ { quantity: rain, pointer: /r } ]
                        """)
            ])
        let decoder = PayloadDecoder(site: site, series: { _, _ in SeriesID(index: 0) }, zone: zone)
        let arrival = try #require(Instant(rfc3339: arrival.utf8))
        var readings: [Reading] = []
        let payload = Array("{\"at\": \"\(text)\", \"r\": 1}".utf8)
        let findings = payload.withUnsafeBytes { decoder.decode($0, from: 0, arrival: arrival, into: &readings) }
        #expect(readings.count == 1)
        #expect(findings.timeFaults.isEmpty == (readings[0].time != arrival))
        return readings[0].time == arrival ? nil : readings[0].time.description
    }

    /// Central European Time in 2026: summer time from 29 March to 25 October, both at 01:00 UTC.
    private var rome: ZoneTable {
        func entry(_ time: String, _ hours: Int64) -> ZoneTable.Entry {
            ZoneTable.Entry(from: Instant(rfc3339: time.utf8)!, offset: .hours(hours))  // a literal that reads
        }
        return ZoneTable([
            entry("2025-10-26T01:00:00Z", 1), entry("2026-03-29T01:00:00Z", 2), entry("2026-10-25T01:00:00Z", 1),
        ])
    }

    @Test(
        "patterns, in a zone that the profile names",
        arguments: [
            ("format: local, zone: UTC", "2026-03-01 10:05:00", "2026-03-01T10:05:00Z"),
            ("format: local, zone: UTC", "2026-03-01T10:05:00.25", "2026-03-01T10:05:00.250Z"),
            ("format: local, zone: +01:00", "2026-03-01 10:05:00", "2026-03-01T09:05:00Z"),
            ("format: local, zone: -0330", "2026-03-01 10:05:00", "2026-03-01T13:35:00Z"),
            ("format: local, zone: UTC", "2026-03-01T10:05:00+02:00", "2026-03-01T08:05:00Z"),
            ("format: dd.MM.yyyy HH:mm:ss, zone: UTC", "01.03.2026 10:05:07", "2026-03-01T10:05:07Z"),
            ("format: d/M/yy HH:mm, zone: UTC", "1/3/26 10:05", "2026-03-01T10:05:00Z"),
            ("format: d/M/yy HH:mm, zone: UTC", "31/12/25 23:59", "2025-12-31T23:59:00Z"),
            ("format: yyyyMMddTHHmmss, zone: UTC", "20260301T100507", "2026-03-01T10:05:07Z"),
        ])
    func patterns(_ format: String, _ text: String, _ expected: String) throws {
        #expect(try read(format, text) == expected)
    }

    @Test(
        "what is not of the pattern is the time of arrival, and is named",
        arguments: [
            "", "2026-03-01", "2026-02-30 10:00:00", "2026-13-01 10:00:00", "2026-03-01 24:00:00",
            "2026-03-01 10:60:00",
            "2026-03-01 10:05:00 ", "2026-3-1 10:05:00", "1926-03-01 10:05:00", "2026-03-01 10:05:00.", "now",
        ])
    func refused(_ text: String) throws { #expect(try read("format: local, zone: UTC", text) == nil) }

    @Test("the site's zone, through both changes of the hour")
    func site() throws {
        #expect(try read("format: local", "2026-03-01 10:05:00", zone: rome) == "2026-03-01T09:05:00Z")
        #expect(try read("format: local, zone: site", "2026-07-01 10:05:00", zone: rome) == "2026-07-01T08:05:00Z")
        // An hour that clocks did not show.
        #expect(try read("format: local", "2026-03-29 02:30:00", zone: rome) == "2026-03-29T01:30:00Z")
        // An hour that they showed twice: the later one, unless that is still to come.
        #expect(try read("format: local", "2026-10-25 02:30:00", zone: rome) == "2026-10-25T01:30:00Z")
        #expect(
            try read("format: local", "2026-10-25 02:30:00", zone: rome, arrival: "2026-10-25T00:30:05Z")
                == "2026-10-25T00:30:00Z")
    }

    @Test("a number of seconds that is written as a text")
    func texts() throws {
        #expect(try read("format: unix", "1772359500.5") == "2026-03-01T10:05:00.500Z")
        #expect(try read("format: unix_ms", "1772359500500") == "2026-03-01T10:05:00.500Z")
    }

    @Test(
        "a pattern that lacks something, and a zone that nobody needs, are refused",
        arguments: [
            "format: HH:mm:ss", "format: dd.MM.yyyy", "format: yyyy-MM-dd hh:mm", "format: yyyy-yy-MM-dd HH:mm",
            "format: rfc3339, zone: UTC", "format: local, zone: Europe", "format: local, zone: +25:00",
        ])
    func mistakes(_ format: String) { #expect(throws: DiagnosticList.self) { try read(format, "x") } }
}
