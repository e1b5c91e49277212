import Devices
import Diagnostics
import QualityControl
import Telemetry
import TestSupport
import Testing

/// Devices of one place that must agree, and devices that know where they are.
@Suite struct NeighbourTests {
    static let start = Instant(rfc3339: "2026-06-01T00:00:00Z".utf8)!  // a literal that reads

    /// Gauges side by side, behind the stage.
    final class Gauges {
        private let site: Site
        private var stage: QualityStage
        private var stored: [Reading] = []
        private var states: [DeviceState] = []
        private var remarks: [String: String] = [:]

        /// - Parameter settings: of the neighbours, beside `quantity` and `devices`.
        init(_ count: Int, _ settings: String = "suspect: 10 cm") throws {
            let names = (1...count).map { "g\($0)" }
            var site = try Site.ofOneProfile(
                """
                interval: 1m
                readings: [ { quantity: water_level, pointer: /l, unit: m, plausible: 0 .. 100 } ]
                """, devices: names.map { "{ id: \($0), profile: p }" }.joined(separator: ", "),
                settings: """
                    neighbours:
                      - { quantity: water_level, devices: [ \(names.joined(separator: ", ")) ], \(settings) }

                    """)
            site.watchDevices()
            self.site = site
            stage = Self.stage(site)
        }

        /// The series of device n has the number 10 n; the others of the device come after it.
        private static func stage(_ site: Site) -> QualityStage {
            QualityStage(site) { device, quantity in
                let number = Int32(device.dropFirst()) ?? 0
                let place = site.devices[0].fields.firstIndex { $0.quantity == quantity } ?? 0
                return SeriesID(index: number * 10 + Int32(place))
            }
        }

        /// Returns the flags of a reading, and the report about the device.
        func send(_ level: Double, of gauge: Int32, at minute: Double) -> [String] {
            let time = start + .milliseconds(Int64(minute * 60_000))
            var readings = [Reading(series: SeriesID(index: gauge * 10), time: time, value: level)]
            var message = DecodedMessage()
            _ = stage.judge(&readings, of: &message, isRetained: false)
            stored += readings
            stage.writeConflicts(to: &remarks, rule: "r")
            let reports = readings.dropFirst().filter { $0.series.index % 10 != 1 }.map { NumberText.short($0.value) }
            return readings[0].quality.names + reports
        }

        func remark(of gauge: Int) -> String? { remarks["r/g\(gauge)"] }

        func restart() {
            stage.appendChangedStates(to: &states)
            stage.noteStored()
            stage = Self.stage(site)
            for reading in stored { stage.noteStored(reading) }
            stage.restore(states)
        }
    }

    @Test("of three, the one that the other two contradict is suspect, and is named with its value")
    func three() throws {
        let gauges = try Gauges(3, "suspect: 10 cm, fail: 1 m")
        #expect(gauges.send(2.98, of: 1, at: 0) == [])
        #expect(gauges.send(3.42, of: 3, at: 0.1) == ["neighbours-suspect", "1"], "two contradict each other")
        #expect(gauges.send(2.95, of: 2, at: 0.2) == [])
        #expect(gauges.send(3.42, of: 3, at: 1) == ["neighbours-suspect", "1"])
        #expect(gauges.remark(of: 3) == "2 of 3 agree on water_level 2.98 m; g3 says 3.42 m")
        #expect(gauges.send(2.97, of: 1, at: 1.1) == [])
        #expect(gauges.send(7, of: 3, at: 2) == ["neighbours-suspect", "1"])
        #expect(gauges.send(2.97, of: 1, at: 2.1) == [])
        #expect(gauges.send(2.97, of: 2, at: 2.2) == [])
        #expect(gauges.send(7, of: 3, at: 3) == ["neighbours-fail", "1"])
        #expect(gauges.send(2.97, of: 1, at: 3.1) == [])
        #expect(gauges.send(2.97, of: 2, at: 3.2) == [])
        #expect(gauges.send(3.0, of: 3, at: 3.9) == ["neighbours-fail", "1"], "it was far away when they measured")
        #expect(gauges.send(2.97, of: 1, at: 4) == [])
        #expect(gauges.send(2.97, of: 2, at: 4.1) == [])
        #expect(gauges.send(3.0, of: 3, at: 5) == ["0"])
        #expect(gauges.send(3.0, of: 3, at: 6) == [])
    }

    /// Of a device beside two that rise slowly: how it reads, by its true value and the minute.
    enum Fault: CaseIterable {
        case drift, low, stuck, noise

        func value(_ level: Double, _ minute: Int) -> Double {
            switch self {
            case .drift: level + Double(minute) * 0.01
            case .low: level - 0.4
            case .stuck: 2
            case .noise: level + (minute % 2 == 0 ? 0.4 : -0.4)
            }
        }

        var words: String {
            switch self {
            // It is 6 cm too high after six minutes, and the limit is 10 cm.
            case .drift: "which is 0.6 m too high; it has been too high since 2026-06-01 00:06"
            case .low: "which is 0.4 m too low; it has been too low since 2026-06-01 00:00"
            case .stuck: "which is 0.6 m too low; it has not changed since 2026-06-01 00:06"
            case .noise: "which is 0.4 m too high; it has been now too high, now too low since 2026-06-01 00:00"
            }
        }
    }

    @Test(
        "the text says how the device differs, how much, and since when, also after restarts", arguments: Fault.allCases
    )
    func course(fault: Fault) throws {
        for isRestarted in [false, true] {
            let gauges = try Gauges(3)
            for minute in 0...60 {
                let level = 2 + Double(minute) * 0.01
                _ = gauges.send(level, of: 1, at: Double(minute))
                _ = gauges.send(level, of: 2, at: Double(minute))
                _ = gauges.send(fault.value(level, minute), of: 3, at: Double(minute))
                if isRestarted, minute % 7 == 0 { gauges.restart() }
            }
            let remark = try #require(gauges.remark(of: 3))
            #expect(remark.hasSuffix(fault.words), "\(remark), restarted: \(isRestarted)")
            // Six readings that agree end it.
            for minute in 61...70 { for gauge in 1...3 { _ = gauges.send(3, of: Int32(gauge), at: Double(minute)) } }
            for gauge in 1...3 { _ = gauges.send(gauge == 3 ? 4 : 3, of: Int32(gauge), at: 71) }
            _ = gauges.send(4, of: 3, at: 72)
            #expect(gauges.remark(of: 3) == "2 of 3 agree on water_level 3 m; g3 says 4 m")
        }
    }

    @Test("of two, both are suspect, unless one is trusted more")
    func two() throws {
        let equal = try Gauges(2)
        #expect(equal.send(1, of: 1, at: 0) == [])
        #expect(equal.send(2, of: 2, at: 0.1) == ["neighbours-suspect", "1"])
        #expect(equal.remark(of: 2) == "2 do not agree on water_level, and nobody knows who is right; g2 says 2 m")
        #expect(equal.send(1, of: 1, at: 1) == ["neighbours-suspect", "1"])
        let ranked = try Gauges(2, "suspect: 10 cm, trust: { g1: 2 }")
        #expect(ranked.send(1, of: 1, at: 0) == [])
        #expect(ranked.send(2, of: 2, at: 0.1) == ["neighbours-suspect", "1"])
        #expect(ranked.send(1, of: 1, at: 1) == [])
    }

    @Test("the first to see a flood contradicts nobody that measured before it")
    func flood() throws {
        let gauges = try Gauges(3)
        for (step, level) in [1.0, 1.0, 1.5, 2.2, 3.0, 3.1].enumerated() {
            for gauge in 1...3 as ClosedRange<Int32> {
                #expect(
                    gauges.send(level, of: gauge, at: Double(step) + Double(gauge) / 100) == [], "\(gauge) at \(level)")
            }
        }
    }

    @Test("old readings, wrong ones and late ones are not compared with")
    func incomparable() throws {
        let gauges = try Gauges(3)
        #expect(gauges.send(1, of: 1, at: 0) == [])
        #expect(gauges.send(5, of: 2, at: 10) == [], "the other is ten minutes old")
        #expect(gauges.send(900, of: 3, at: 10) == ["gross-range-fail"])
        #expect(gauges.send(5.05, of: 1, at: 11) == [])
        #expect(gauges.send(1, of: 3, at: 1) == [], "it is about the past")
        #expect(gauges.send(5, of: 3, at: 12) == [])
    }

    @Test("a chain of agreements has its middle as the truth")
    func chain() throws {
        let gauges = try Gauges(3)
        #expect(gauges.send(1.00, of: 1, at: 0) == [])
        #expect(gauges.send(1.08, of: 2, at: 0.1) == [])
        #expect(gauges.send(1.16, of: 3, at: 0.2) == [])
        #expect(gauges.send(1.00, of: 1, at: 1) == [])
    }

    @Test("a conflict that stood before a stop ends after it, once")
    func restart() throws {
        let gauges = try Gauges(3)
        _ = (gauges.send(1, of: 1, at: 0), gauges.send(1, of: 2, at: 0), gauges.send(2, of: 3, at: 0.5))
        gauges.restart()
        #expect(gauges.send(1, of: 3, at: 1) == ["0"])
        gauges.restart()
        #expect(gauges.send(1, of: 3, at: 1.5) == [])
        #expect(gauges.send(2, of: 3, at: 1.8) == ["neighbours-suspect", "1"])
    }

    @Test("a conflict ends after a stop also if the readings since then could not be compared")
    func uncompared() throws {
        let gauges = try Gauges(3)
        _ = (gauges.send(1, of: 1, at: 0), gauges.send(1, of: 2, at: 0))
        #expect(gauges.send(2, of: 3, at: 0.5) == ["neighbours-suspect", "1"])
        #expect(gauges.send(2, of: 3, at: 20) == [], "the others are old")
        gauges.restart()
        _ = (gauges.send(2, of: 1, at: 20.1), gauges.send(2, of: 2, at: 20.2))
        #expect(gauges.send(2, of: 3, at: 21) == ["0"])
        gauges.restart()
        #expect(gauges.send(2, of: 3, at: 22) == [])
    }

    @Test(
        "who is right is who has the most trust on its side, as counted one by one", arguments: 0..<50 as Range<UInt64>)
    func bruteForce(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let count = Int.random(in: 2...6, using: &random)
        let trust = (1...count).map { _ in Double(Int.random(in: 1...3, using: &random)) }
        let text = zip(1..., trust).map { "g\($0): \($1)" }.joined(separator: ", ")
        let gauges = try Gauges(count, "suspect: 1 m, fail: 3 m, trust: { \(text) }")
        var series: [[(time: Double, value: Double)]] = Array(repeating: [], count: count)
        var inConflict = Array(repeating: false, count: count)
        /// The value at a time, on the line between the last two readings.
        func value(_ gauge: Int, at time: Double) -> Double {
            let last = series[gauge].suffix(2)
            guard let end = last.last, let begin = last.first, last.count == 2, time < end.time, time >= begin.time
            else { return series[gauge].last?.value ?? .nan }
            return begin.value + (end.value - begin.value) * (time - begin.time) / (end.time - begin.time)
        }
        func distance(_ a: Int, _ b: Int) -> Double {
            let time = min(series[a].last?.time ?? 0, series[b].last?.time ?? 0)
            return abs(value(a, at: time) - value(b, at: time))
        }
        for step in 0..<200 {
            let own = Int.random(in: 0..<count, using: &random)
            let level = Double(Int.random(in: 0...12, using: &random)) / 2
            // Times without a rounding error in nanoseconds.
            series[own].append((Double(step), level))
            let found = gauges.send(level, of: Int32(own + 1), at: Double(step) / 1000).first {
                $0.contains("neighbours")
            }
            let known = (0..<count).filter { !series[$0].isEmpty }
            // A distance that is the limit itself may be a little more or less in binary.
            let isClear = known.allSatisfy { a in
                known.allSatisfy { b in abs(distance(a, b) - 1) > 1e-6 && abs(distance(a, b) - 3) > 1e-6 || a == b }
            }
            func support(_ gauge: Int) -> Double {
                known.filter { distance($0, gauge) <= 1 }.map { trust[$0] }.reduce(0, +)
            }
            let best = known.map { support($0) }.max() ?? 0
            let right = known.filter { support($0) == best }.map { distance($0, own) }
            let expected: String? =
                known.count < 2 || right.allSatisfy { $0 <= 1 }
                ? nil
                : right.contains { $0 <= 1 } || right.min()! <= 3 || !inConflict[own]
                    ? "neighbours-suspect" : "neighbours-fail"
            if known.count > 1 { inConflict[own] = isClear ? expected != nil : found != nil }
            if isClear { #expect(found == expected, "\(step): \(level) of \(own)") }
        }
    }

    @Test("what a list of neighbours can get wrong is said at its place")
    func mistakes() {
        func problems(_ neighbours: String) -> String {
            do {
                _ = try Site.read(
                    inventory: SourceFile(
                        name: "site.yaml",
                        text: """
                            site: s
                            devices: [ { id: a, profile: p }, { id: b, profile: p } ]
                            neighbours: [ { \(neighbours) } ]

                            """
                    ),
                    profiles: [
                        SourceFile(
                            name: "p.yaml",
                            text: """
                                profile: p
                                topic: t/{device}
                                readings:
                                  - { quantity: water_level, pointer: /l, unit: m }
                                  - { quantity: rain_total, pointer: /r, unit: mm, counter: true }

                                """
                        )
                    ])
                return ""
            } catch { return error.diagnostics.map(\.message).joined(separator: "; ") }
        }
        #expect(problems("quantity: water_level, devices: [a, b], suspect: 10 cm") == "")
        #expect(problems("quantity: water_level, devices: [a, c], suspect: 10 cm").contains("no device 'c'"))
        #expect(problems("quantity: temperature, devices: [a, b], suspect: 1 K").contains("'a' has no reading"))
        #expect(problems("quantity: water_level, devices: [a], suspect: 10 cm").contains("two devices or more"))
        #expect(problems("quantity: water_level, devices: [a, a], suspect: 10 cm").contains("twice"))
        #expect(problems("quantity: water_level, devices: [a, b]").contains("suspect"))
        #expect(problems("quantity: water_level, devices: [a, b], suspect: 3 K").contains("0.2 m"))
        #expect(problems("quantity: water_level, devices: [a, b], suspect: 1, trust: { a: -1 }").contains("above 0"))
        #expect(problems("quantity: water_level, devices: [a, b], suspect: 1, trust: { z: 1 }").contains("'z'"))
        #expect(problems("quantity: rain_total, devices: [a, b], suspect: 1").contains("counters"))
        let twice = "quantity: water_level, devices: [a, b], suspect: 1"
        #expect(problems("\(twice) }, { \(twice)").contains("two lists"))
    }

    @Test("a device with neighbours in two quantities is named with the one that contradicts")
    func twoQuantities() throws {
        var site = try Site.read(
            inventory: SourceFile(
                name: "site.yaml",
                text: """
                    site: s
                    devices: [ { id: a, profile: p }, { id: b, profile: p } ]
                    neighbours:
                      - { quantity: water_level, devices: [a, b], suspect: 10 cm }
                      - { quantity: temperature, devices: [a, b], suspect: 2 K, trust: { a: 2 } }

                    """),
            profiles: [
                SourceFile(
                    name: "p.yaml",
                    text: """
                        profile: p
                        topic: t/{device}
                        readings:
                          - { quantity: water_level, pointer: /l, unit: m }
                          - { quantity: temperature, pointer: /c, unit: degC }

                        """)
            ])
        site.watchDevices()
        var stage = QualityStage(site) { device, quantity in
            let place = site.devices[0].fields.firstIndex { $0.quantity == quantity } ?? 0
            return SeriesID(index: (device == "a" ? 10 : 20) + Int32(place))
        }
        var message = DecodedMessage()
        for (series, value) in [(10, 1), (20, 1), (11, 10), (21, 15)] as [(Int32, Double)] {
            var readings = [Reading(series: SeriesID(index: series), time: Self.start, value: value)]
            _ = stage.judge(&readings, of: &message, isRetained: false)
        }
        var remarks: [String: String] = [:]
        stage.writeConflicts(to: &remarks, rule: "r")
        #expect(remarks == ["r/b": "1 of 2 agree on temperature 10 degC; b says 15 degC"])
    }

    @Test("a device that is far from its place makes all readings of the message suspect")
    func location() throws {
        let site = try Site.read(
            inventory: SourceFile(
                name: "site.yaml",
                text: """
                    site: s
                    devices: [ { id: d, profile: p, position: { latitude: 47, longitude: 8, within: 200 m } } ]

                    """
            ),
            profiles: [
                SourceFile(
                    name: "p.yaml",
                    text: """
                        profile: p
                        topic: t/{device}
                        readings:
                          - { quantity: water_level, pointer: /l, unit: m }
                          - { quantity: latitude, pointer: /lat, unit: deg }
                          - { quantity: longitude, pointer: /lon, unit: deg }

                        """)
            ])
        let names = site.devices[0].fields.map(\.quantity.name)
        let decoder = JudgingDecoder(site: site) { _, quantity in
            SeriesID(index: Int32(names.firstIndex(of: quantity.name) ?? -1))
        }
        func flags(_ payload: String) -> [String] {
            var readings: [Reading] = []
            _ = Array(payload.utf8).withUnsafeBytes {
                decoder.decode($0, from: 0, arrival: Self.start, into: &readings)
            }
            return readings.map { $0.quality.names.first ?? $0.quality.flag.name }
        }
        // A thousandth of a degree of latitude is 111 m.
        #expect(flags(#"{"l":1,"lat":47.001,"lon":8}"#) == ["pass", "pass", "pass"])
        #expect(flags(#"{"l":1,"lat":47.002,"lon":8}"#) == Array(repeating: "location-suspect", count: 3))
        #expect(flags(#"{"l":1,"lat":47,"lon":8.0025}"#) == ["pass", "pass", "pass"], "meridians are closer here")
        #expect(flags(#"{"l":1,"lat":97,"lon":8}"#) == ["not evaluated", "location-fail", "pass"])
        #expect(flags(#"{"l":1}"#) == ["not evaluated"])
    }
}
