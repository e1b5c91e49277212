import Devices
import Foundation
import QualityControl
import Telemetry
import TestSupport
import Testing

/// Real recordings with faults put in: each fault is found by the test that is for it, in time, and without a fault
/// next to nothing is flagged, neither a flood nor the failure of a machine.
@Suite struct PutInFaultTests {
    struct Point {
        var time: Double
        var value: Double
        /// How long after its time it arrives, in seconds.
        var delay = 2.0
    }

    /// The river recording, in feet, each five minutes. It has three floods.
    static func river() throws -> [Point] {
        try RepositoryRoot.file("Demo/recordings/river-dead-run-2018-06.csv").text.split(separator: "\n").dropFirst()
            .compactMap { line in
                let cells = line.split(separator: ",", omittingEmptySubsequences: false)
                guard cells.count == 3, let time = Instant(rfc3339: cells[0].utf8), let level = Double(cells[2]) else {
                    return nil
                }
                return Point(time: Double(time.nanoseconds) / 1e9, value: level)
            }
    }

    /// The temperature of a machine, in degrees Fahrenheit, each five minutes. It is shut down once, and fails twice.
    static func machine() throws -> [Point] {
        let unpacked = Process()
        unpacked.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        unpacked.arguments = [
            "gzip", "-dc",
            RepositoryRoot.path + "/Tests/Conformance/recordings/machine-temperature-2013-2014.csv.gz",
        ]
        let pipe = Pipe()
        unpacked.standardOutput = pipe
        try unpacked.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        unpacked.waitUntilExit()
        var newest = 0.0
        return text.split(separator: "\n").dropFirst().compactMap { line in
            let cells = line.split(separator: ",")
            guard cells.count == 2, let time = Double(cells[0]), let value = Double(cells[1]), time > newest else {
                return nil
            }
            newest = time
            return Point(time: time, value: value)
        }
    }

    private static let riverTests = """
        quantity: water_level, unit: ft, plausible: -1 .. 30, quality: { expected: 0 .. 15, \
        spike: { suspect: 0.15 ft, fail: 0.3 ft }, rate_of_change: { suspect: 12 ft/h, fail: 24 ft/h }, \
        flat_line: { suspect: 6h, fail: 12h }, gap: 30m, timeliness: 1h }
        """
    private static let machineTests = """
        quantity: temperature, unit: degF, plausible: -20 .. 200, quality: { expected: 0 .. 120, \
        spike: { suspect: 4, fail: 8 }, rate_of_change: { suspect: 300 degF/h, fail: 600 degF/h }, \
        flat_line: { suspect: 30m, fail: 1h }, attenuated_signal: { within: 6h, suspect: 0.5, fail: 0.2 }, \
        gap: 30m, timeliness: 1h }
        """

    /// Returns the names of what was found wrong with each reading, in the order in which they come out, with their
    /// times.
    private static func found(_ points: [Point], _ tests: String) throws -> [(time: Double, names: [String])] {
        let site = try Site.ofOneProfile(
            "interval: 5m\ntime: { pointer: /t, format: unix }\nreadings: [ { pointer: /v, \(tests) } ]")
        let decoder = JudgingDecoder(site: site) { _, _ in SeriesID(index: 0) }
        var found: [(time: Double, names: [String])] = []
        for point in points {
            var readings: [Reading] = []
            let arrival = Instant(nanoseconds: Int64((point.time + point.delay) * 1e9))
            decoder.release(at: arrival, into: &readings)
            _ = Array("{\"t\":\(Int(point.time)),\"v\":\(point.value)}".utf8).withUnsafeBytes {
                decoder.decode($0, from: 0, arrival: arrival, into: &readings)
            }
            found += readings.map { (Double($0.time.nanoseconds) / 1e9, $0.quality.names) }
        }
        return found
    }

    @Test("less than one reading in a thousand is flagged where nothing is wrong")
    func clean() throws {
        for (name, points, tests) in [
            ("river", try Self.river(), Self.riverTests), ("machine", try Self.machine(), Self.machineTests),
        ] {
            #expect(points.count > 800)
            let flagged = try Self.found(points, tests).filter { !$0.names.isEmpty }
            print("\(name): \(flagged.count) of \(points.count) readings flagged: \(Set(flagged.flatMap(\.names)))")
            #expect(Double(flagged.count) < Double(points.count) / 1000, "\(flagged.prefix(5))")
        }
    }

    enum Fault: String, CaseIterable {
        case spike, stuck, dropout, noise, outOfRange, jump, clockBehind, late

        /// Puts the fault into the readings from one on.
        func put(into points: inout [Point], at first: Int, size: Double, _ random: inout SeededRandom) {
            switch self {
            case .spike: points[first].value += size
            case .stuck: for index in first..<points.count { points[index].value = points[first].value }
            case .dropout: points.removeSubrange(first..<first + 20)
            case .noise:
                for index in first..<points.count {
                    points[index].value += Double.random(in: -size...size, using: &random)
                }
            case .outOfRange: points[first].value = -999
            case .jump: for index in first..<points.count { points[index].value += size * 6 }
            case .clockBehind:
                for index in first..<points.count {
                    points[index].time -= 7200
                    points[index].delay += 7200
                }
            case .late: points[first].delay = 5400
            }
        }

        /// What names the fault, and after how many readings at the latest.
        func expected(isRiver: Bool) -> (name: String, within: Int) {
            switch self {
            case .spike: ("spike-fail", 2)
            case .stuck: ("flat-line-fail", isRiver ? 145 + 45 : 14)
            case .dropout: ("gap-fail", 1)
            case .noise: ("spike-fail", 12)
            case .outOfRange: ("gross-range-fail", 1)
            case .jump: ("rate-of-change-fail", 1)
            case .clockBehind: ("clock-replaced", 4)
            case .late: ("timeliness-fail", 1)
            }
        }
    }

    @Test("each fault is found by the test that is for it, and in time", arguments: Fault.allCases, [true, false])
    func faults(fault: Fault, isRiver: Bool) throws {
        var random = SeededRandom(seed: 0x6661_756c)
        let whole = isRiver ? try Self.river() : try Self.machine()
        var slowest = 0
        for round in 0..<12 {
            let length = min(whole.count, 500)
            let start = Int.random(in: 0...whole.count - length, using: &random)
            var points = Array(whole[start..<start + length])
            let first = 100 + round * 5
            let begin = points[first].time
            fault.put(into: &points, at: first, size: isRiver ? 1 : 15, &random)
            let (name, within) = fault.expected(isRiver: isRiver)
            let found = try Self.found(points, isRiver ? Self.riverTests : Self.machineTests)
            let shift = fault == .clockBehind ? -7300.0 : 0
            let named = found.first { $0.time >= begin + shift && $0.names.contains(name) }
            let time = try #require(named?.time, "\(fault) in round \(round) was not found")
            let readings = Int((max(time - begin, 0)) / 300) + 1 - (fault == .dropout ? 20 : 0)
            slowest = max(slowest, readings)
            #expect(readings <= within, "round \(round)")
        }
        print("\(fault) in the \(isRiver ? "river" : "machine"): found after \(slowest) readings at most")
    }

    @Test("a gauge that drifts is named by its neighbours before it is twice the tolerance away")
    func drift() throws {
        let gauges = try NeighbourTests.Gauges(3, "suspect: 3 cm, within: 11m")
        var random = SeededRandom(seed: 0x6472_6966)
        let points = try Self.river()
        var named: Double?
        var falsely = 0
        var total = 0
        for (index, point) in points.enumerated() {
            let minutes = (point.time - points[0].time) / 60
            let level = point.value * 0.3048
            for gauge in 1...3 as ClosedRange<Int32> {
                // The third drifts by a centimetre a day, from the second day on.
                let drift = gauge == 3 ? max(0, Double(index) / 288 - 1) * 0.01 : 0
                let noise = Double.random(in: -0.003...0.003, using: &random)
                let flags = gauges.send(level + drift + noise, of: gauge, at: minutes + Double(gauge) / 10)
                if flags.contains(where: { $0.hasPrefix("neighbours") }) {
                    if gauge == 3, drift > 0.01 { named = min(named ?? .infinity, drift) } else { falsely += 1 }
                }
                total += 1
            }
        }
        print(
            "drift: named at \(named.map { "\(($0 * 1000).rounded()) mm" } ?? "-"), \(falsely) of \(total) flags false")
        #expect(try #require(named) < 0.06)
        #expect(Double(falsely) < Double(total) / 1000)
    }
}
