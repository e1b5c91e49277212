import Devices
import QualityControl
import Telemetry
import TestSupport
import Testing

/// Which readings are flagged as those of a sensor in maintenance, by announced times and by its device's own word.
@Suite struct MaintenanceTests {
    /// A gas head that says of itself whether it is being calibrated, behind the stage.
    final class Head {
        private let site: Site
        private var stage: QualityStage
        private var states: [DeviceState] = []
        private var stored: [Reading] = []
        static let start = Instant(rfc3339: "2026-03-01T10:00:00Z".utf8)!  // a literal that reads

        init(maintenance: String = "", zone: String = "UTC") throws {
            site = try Site.ofOneProfile(
                """
                interval: 1m
                readings:
                  - { quantity: carbon_monoxide, pointer: /co, unit: ppm }
                  - { quantity: temperature, pointer: /t, unit: degC }
                  - { quantity: maintenance, pointer: /m, unit: "1" }
                """, devices: "{ id: d, profile: p\(maintenance) }", settings: "time_zone: \(zone)\n")
            stage = Self.stage(site)
        }

        private static func stage(_ site: Site) -> QualityStage {
            QualityStage(
                site,
                series: { _, quantity in
                    SeriesID(
                        index: Int32(site.devices[0].fields.firstIndex { $0.quantity.name == quantity.name } ?? -1))
                }, zone: ZoneTable(timeZone: site.timeZone))
        }

        /// Sends a message, and returns whether each of its readings of carbon monoxide is flagged.
        /// - Parameter moments: minutes; a word, if the device says one; whether it sends a reading.
        func send(_ moments: [(minute: Int64, word: Double?, hasReading: Bool)], isRetained: Bool = false) -> [Bool] {
            var readings: [Reading] = []
            for moment in moments {
                let time = Self.start + .minutes(moment.minute)
                if moment.hasReading { readings.append(Reading(series: SeriesID(index: 0), time: time, value: 5)) }
                if let word = moment.word {
                    readings.append(Reading(series: SeriesID(index: 2), time: time, value: word))
                }
            }
            var message = DecodedMessage()
            // The retained test comes before, and says of a message without a time of its own that it is late.
            if isRetained { for index in readings.indices { readings[index].quality.insert(.late) } }
            _ = stage.judge(&readings, of: &message, isRetained: false)
            stored += readings
            return readings.filter { $0.series.index == 0 }.map { $0.quality.contains(.maintenance) }
        }

        func flags(at times: [String]) throws -> [Bool] {
            try times.map { text in
                var readings = [
                    Reading(series: SeriesID(index: 0), time: try #require(Instant(rfc3339: text.utf8)), value: 5),
                    Reading(series: SeriesID(index: 1), time: try #require(Instant(rfc3339: text.utf8)), value: 5),
                ]
                var message = DecodedMessage()
                _ = stage.judge(&readings, of: &message, isRetained: false)
                return readings[0].quality.contains(.maintenance)
            }
        }

        func inMaintenance(at text: String) throws -> [Int32] {
            var found: [Int32] = []
            stage.forEachInMaintenance(at: try #require(Instant(rfc3339: text.utf8))) { found.append($0.index) }
            return found.sorted()
        }

        func restart(present: Instant = .distantFuture) {
            stage.appendChangedStates(to: &states)
            stage.noteStored()
            stage = Self.stage(site)
            for reading in stored where reading.time <= present { stage.noteStored(reading) }
            stage.restore(states, present: present)
        }
    }

    @Test("a word counts from its time on, whatever else is in its message, and however it is packed")
    func words() throws {
        let head = try Head()
        #expect(head.send([(0, nil, true)]) == [false])
        #expect(head.send([(5, 1, true)]) == [true])
        #expect(head.send([(4, nil, true)]) == [false], "a late reading from before")
        #expect(head.send([(8, 1, false)]) == [])
        #expect(head.send([(7, nil, true)]) == [true], "the word was repeated meanwhile")
        head.restart()
        #expect(head.send([(6, nil, true)]) == [true])
        #expect(head.send([(9, nil, true), (10, 0, true)]) == [true, false])
        #expect(head.send([(8, nil, true), (9, nil, true), (10, nil, true)]) == [true, true, false], "a backlog")
        // The newest first.
        #expect(head.send([(23, 0, true), (22, 1, true), (21, 1, true), (20, 0, true)]) == [false, true, true, false])
        #expect(head.send([(24, nil, true)]) == [false])
        #expect(head.send([(15, 1, true)]) == [true], "an old word is only about its own message")
        #expect(head.send([(25, nil, true)]) == [false])
    }

    @Test("a retained word, and one from a clock that was ahead, mute nothing")
    func untrue() throws {
        let head = try Head()
        // Without a time of its own a retained message may be of any time.
        _ = head.send([(0, 1, true)], isRetained: true)
        #expect(head.send([(1, nil, true)]) == [false])
        _ = head.send([(60 * 24, 1, true)])
        head.restart(present: Head.start + .minutes(10))
        #expect(head.send([(11, 0, true), (12, nil, true)]) == [false, false])
    }

    @Test(
        "announced times follow the site's clock, over midnight, except on named days, and each sensor is passed once")
    func announced() throws {
        let night = try Head(
            maintenance:
                ", maintenance: [ { days: [fri], from: \"22:00\", to: \"05:00\", except: [2026-03-13], reason: x } ]",
            zone: "Europe/Zurich")
        // 2026-03-06 is a Friday, and the site's clock is an hour ahead of UTC.
        let flags = try night.flags(at: [
            "2026-03-06T20:59:59Z", "2026-03-06T21:00:00Z", "2026-03-07T03:59:59Z", "2026-03-07T04:00:00Z",
            "2026-03-13T21:30:00Z", "2026-03-14T03:00:00Z", "2026-03-20T21:30:00Z",
        ])
        #expect(flags == [false, true, true, false, false, false, true])
        let overlapping = try Head(
            maintenance: """
                , maintenance: [ { from: "22:00", to: "05:00", reason: x }, { from: "02:00", to: "02:20", reason: y },
                { begin: 2026-03-06 00:00, end: 2026-03-08 00:00, quantities: [temperature], reason: z } ]
                """)
        #expect(try overlapping.inMaintenance(at: "2026-03-06T02:10:00Z") == [0, 1])
        #expect(try overlapping.inMaintenance(at: "2026-03-06T12:10:00Z") == [1])
        #expect(try overlapping.inMaintenance(at: "2026-03-09T12:10:00Z") == [])
    }
}
