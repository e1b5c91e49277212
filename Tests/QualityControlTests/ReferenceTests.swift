import Devices
import Foundation
import Telemetry
import TestSupport
import Testing

@testable import QualityControl

/// The tests of a series beside the reference implementation of QARTOD, ioos_qc.
///
/// `scripts/conformance/qartod.py` writes series with the reference's flags. A short choice of them is kept in
/// Tests/Conformance/qartod; `make conformance` makes many and long ones, and names their file in
/// `TOCSIN_QARTOD_SERIES`.
@Suite struct ReferenceTests {
    /// A series with the reference's flags.
    private struct Series: Decodable {
        let name: String
        let test: String
        let settings: Settings
        let interval: Double
        let times: [Int64]
        let values: [Double?]
        let flags: [UInt8]
    }

    /// The settings of any test, as the script writes them.
    private struct Settings: Decodable {
        var plausible: [Double]?
        var expected: [Double]?
        var seasons: [[String: [Double]]]?
        var suspect: Double?
        var fail: Double?
        var method: String?
        var tolerance: Double?
        var within: Double?
        var readings: Int?
        var measure: String?
        var seconds: Double?
    }

    /// The differences that there may be, each with its reason.
    private enum Difference: String, CaseIterable {
        case lastSpike =
            "the last reading passes the spike test if it has not jumped, since no next one can change that"
        case beforeMissing =
            "a reading before a missing one passes the spike test if it has not jumped: no next one can change that"
        case missingSeason = "a missing value is missing in every season"
        case firstGap = "the first reading has no gap before it, and is not flagged because of a gap after it"
        case firstDuplicate = "only the second of two readings with one time is flagged, since the first came before it"
        case fastReadings =
            "a flat line must last by the clock as well, where readings come faster than at the interval"
        case rounding =
            "values that differ by the tolerance itself differ, also where binary numbers are a little closer"
        case loneValue = "a single value after missing ones is not a flat line"
        case missingInRange =
            "a missing value does not keep the attenuated signal test from measuring the others' range"

        /// Whether the reason explains the difference at a position.
        static func explaining(_ series: Series, at index: Int, ours: QualityFlag) -> Difference? {
            let reference = series.flags[index]
            switch series.test {
            case "spike" where index == series.values.count - 1 && reference == 2 && ours == .pass: return .lastSpike
            case "spike" where reference == 2 && ours == .pass && series.values[index + 1] == nil: return .beforeMissing
            case "climatology" where ours == .missing && series.values[index] == nil: return .missingSeason
            case "gap" where index == 0 && ours == .pass: return .firstGap
            case "duplicate" where reference == 3 && ours != .suspect:
                let isRepeated = index + 1 < series.times.count && series.times[index + 1] == series.times[index]
                return isRepeated ? .firstDuplicate : nil
            case "flat_line" where ours == .pass && index > 0 && series.values[index - 1] == nil: return .loneValue
            case "flat_line"
            where reference == 3 && ours == .pass || reference == 4 && [.suspect, .pass].contains(ours):
                if ours == .pass, index > 0, series.values[index - 1] == nil { return .loneValue }
                let limit = (reference == 4 ? series.settings.fail : series.settings.suspect) ?? 0
                let first = max(index - Int(limit / series.interval), 0)
                if Double(series.times[index] - series.times[first]) < limit { return .fastReadings }
                let values = series.values[first...index].compactMap { $0 }
                let range = (values.max() ?? 0) - (values.min() ?? 0)
                let tolerance = series.settings.tolerance ?? 0
                return abs(range - tolerance) <= tolerance * 2e-9 ? .rounding : nil
            case "attenuated_signal" where reference == 2 && series.settings.measure == "range":
                let from = series.times[index] - Int64(series.settings.within ?? 0)
                let isMissing = (0...index).contains { series.times[$0] > from && series.values[$0] == nil }
                return isMissing ? .missingInRange : nil
            default: return nil
            }
        }
    }

    /// Returns the settings as an author writes them in a profile.
    private static func yaml(_ series: Series) throws -> (reading: String, test: String) {
        let settings = series.settings
        func range(_ ends: [Double]) -> String { "\(ends[0]) .. \(ends[1])" }
        func spans() -> [String] {
            [settings.suspect.map { "suspect: \(Int($0))s" }, settings.fail.map { "fail: \(Int($0))s" }].compactMap {
                $0
            }
        }
        func limits(_ unit: String = "") -> [String] {
            [settings.suspect.map { "suspect: \($0)\(unit)" }, settings.fail.map { "fail: \($0)\(unit)" }]
                .compactMap { $0 }
        }
        switch series.test {
        case "gross_range":
            return (
                "plausible: \(range(try #require(settings.plausible))), ",
                settings.expected.map { "expected: \(range($0))" } ?? ""
            )
        case "climatology":
            let seasons = try #require(settings.seasons).map { season in
                let parts = season.map { key, ends in
                    ["expected", "plausible"].contains(key)
                        ? "\(key): \(range(ends))" : "\(key): \(Int(ends[0])) .. \(Int(ends[1]))"
                }
                return "{ " + parts.joined(separator: ", ") + " }"
            }
            return ("", "climatology: [ \(seasons.joined(separator: ", ")) ]")
        case "spike":
            let method = try #require(settings.method)
            return ("", "spike: { \((limits() + ["method: \(method)"]).joined(separator: ", ")) }")
        case "rate_of_change": return ("", "rate_of_change: { \(limits(" 1/h").joined(separator: ", ")) }")
        case "flat_line":
            let tolerance = try #require(settings.tolerance)
            return ("", "flat_line: { \((spans() + ["tolerance: \(tolerance)"]).joined(separator: ", ")) }")
        case "attenuated_signal":
            let others = [
                "within: \(Int(try #require(settings.within)))s", "readings: \(try #require(settings.readings))",
                "measure: \(try #require(settings.measure))",
            ]
            return ("", "attenuated_signal: { \((limits() + others).joined(separator: ", ")) }")
        case "gap": return ("", "gap: \(Int(try #require(settings.seconds)))s")
        case "duplicate": return ("", "duplicate: true")
        default: throw CocoaError(.featureUnsupported)
        }
    }

    /// Returns the flag that each reading gets, through the reader of profiles and the tests of a series.
    private static func flags(_ series: Series) throws -> [QualityFlag] {
        let (reading, test) = try yaml(series)
        let quality = test.isEmpty ? "" : ", quality: { \(test) }"
        let site = try Site.ofOneProfile(
            """
            interval: \(Int(series.interval))s
            readings: [ { quantity: height, pointer: /l, \(reading)unit: "1"\(quality) } ]
            """)
        var tests = SeriesTests(
            site.devices[0].fields[0], interval: site.devices[0].interval, hasTimes: true, zone: ZoneTable())
        // The reference's flag of a test that says nothing of the value is not that of the reading.
        func flag(_ quality: Quality) -> QualityFlag {
            switch series.test {
            case "gap": quality.finding(of: .gap) ?? .pass
            case "duplicate": quality.finding(of: .duplicate) ?? .pass
            default: quality.flag
            }
        }
        var flags: [QualityFlag] = []
        for (time, value) in zip(series.times, series.values) {
            let moment = Instant(nanoseconds: time * 1_000_000_000)
            var reading = Reading(
                series: SeriesID(index: 0), time: moment, value: value ?? .infinity,
                quality: value == nil ? [.notEvaluated, .notFinite] : .notEvaluated)
            if tests.judge(&reading, arrival: moment + .seconds(1)).hasDecided, let decided = tests.decided.first {
                // Only missing ones can have come in between.
                let place = try #require(flags.lastIndex { $0 != .missing })
                flags[place] = flag(decided.quality)
            }
            flags.append(flag(reading.quality))
        }
        return flags
    }

    @Test("every flag of every test is that of the reference, but for what is listed with its reason")
    func flags() throws {
        let path =
            ProcessInfo.processInfo.environment["TOCSIN_QARTOD_SERIES"]
            ?? RepositoryRoot.path + "/Tests/Conformance/qartod/series.jsonl"
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count >= 200)
        var compared: [String: Int] = [:]
        var explained: [Difference: Int] = [:]
        for line in lines {
            let series = try JSONDecoder().decode(Series.self, from: Data(line.utf8))
            let ours = try Self.flags(series)
            #expect(ours.count == series.flags.count)
            var wrong: [String] = []
            for index in ours.indices where ours[index].rawValue != series.flags[index] {
                if let difference = Difference.explaining(series, at: index, ours: ours[index]) {
                    explained[difference, default: 0] += 1
                } else {
                    wrong.append("\(index): \(ours[index].name), and not \(series.flags[index])")
                }
            }
            #expect(wrong.isEmpty, "\(series.test) of '\(series.name)': \(wrong.prefix(5)), \(wrong.count) in all")
            compared[series.test, default: 0] += ours.count
        }
        for (test, count) in compared.sorted(by: { $0.key < $1.key }) { print("\(test): \(count) flags compared") }
        for difference in Difference.allCases {
            print("\(explained[difference, default: 0]) times: \(difference.rawValue)")
        }
    }
}
