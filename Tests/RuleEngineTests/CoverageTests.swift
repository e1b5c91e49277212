import Diagnostics
import RuleEngine
import RuleLanguage
import Telemetry
import TestSupport
import Testing

/// `coverage(q, w)`, and `A if B`: what is not known well enough is unknown, and not false.
@Suite struct CoverageTests {
    private static func problems(_ let: String, _ level: String = "x > 1 m") -> [String] {
        let text = """
            hazard: flood
            rules:
              - { name: test, summary: s, for_each: device, let: { x: '\(`let`)' }, levels: { warning: '\(level)' } }

            """
        do {
            return try SmallSite.compile(text).warnings.map { "\($0.id): \($0.message)" }
        } catch let list as DiagnosticList {
            return list.diagnostics.map { "\($0.id): \($0.message)" }
        } catch { return ["\(error)"] }
    }

    @Test("a mean of too few readings is unknown, and no data is an alarm")
    func unknown() throws {
        var bench = try RuleBench.oneRule(
            "let: { stage: 'mean(water_level, 10m) if coverage >= 80 %' }\nlevels: { warning: stage > 3 m }")
        for minute in 0..<30 {
            bench.advance(to: Double(minute) * 60)
            bench.feed(Double(minute) * 60 + 1, 5)
        }
        #expect(bench.log.count == 1, "\(bench.log)")
        // Every third reading only: the sensor is not silent, and little is known.
        for minute in stride(from: 30, to: 90, by: 3) {
            bench.advance(to: Double(minute) * 60)
            bench.feed(Double(minute) * 60 + 1, 1)
        }
        // Still raised, and uncertain.
        #expect(bench.log.last?.hasSuffix("3→3 uncertain") == true, "\(bench.log)")
        for minute in 90..<110 {
            bench.advance(to: Double(minute) * 60)
            bench.feed(Double(minute) * 60 + 1, 1)
        }
        #expect(bench.log.last?.hasSuffix("3→0") == true, "\(bench.log)")
    }

    @Test("the coverage is the count divided by what the interval promises", arguments: 0..<20 as Range<UInt64>)
    func bruteForce(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let minutes = Int.random(in: 2...30, using: &random)
        let percent = Int.random(in: 1...100, using: &random)
        var bench = try RuleBench.oneRule(
            "levels: { warning: 'coverage(water_level, \(minutes)m) >= \(percent) %' }")
        var times: [Double] = []
        for step in 0..<400 {
            let now = Double(step) * 30 + 3600
            bench.advance(to: now)
            let isGood = Int.random(in: 0..<5, using: &random) > 0
            guard Bool.random(using: &random) else { continue }
            bench.feed(now, 1, quality: isGood ? [] : Quality(.spike, .fail))
            // Until the next reading, a window that only loses samples is not evaluated at once.
            guard isGood else { continue }
            times.append(now)
            let count = times.count { $0 > now - Double(minutes) * 60 }
            let wanted = min(Double(count) / Double(minutes), 1) * 100 >= Double(percent)
            guard step > 2 * minutes + 1 else { continue }
            let isOn = bench.engine.ladderState(of: 0).level > .normal
            #expect(isOn == wanted, "\(count) of \(minutes) at \(step)")
        }
    }

    @Test("an 'if' makes comparisons unknown, also of a whole condition")
    func condition() throws {
        var bench = try RuleBench.oneRule(
            "levels: { warning: '(water_level > 3 m and temperature < 30 degC) if humidity < 90 %' }")
        bench.feed(0, together: [(0, 4, []), (1, 20, []), (3, 95, [])])
        #expect(bench.log.isEmpty)
        bench.feed(60, together: [(0, 4, []), (1, 20, []), (3, 50, [])])
        #expect(bench.log.count == 1)
        // Unknown, so the alarm stays.
        bench.feed(120, together: [(0, 1, []), (1, 20, []), (3, 95, [])])
        #expect(bench.log.last?.hasSuffix("3→3 uncertain") == true, "\(bench.log)")
        bench.feed(180, together: [(0, 1, []), (1, 20, []), (3, 50, [])])
        #expect(bench.log.last?.hasSuffix("3→0") == true, "\(bench.log)")
    }

    @Test("what can be wrong with a coverage is said with what to write")
    func mistakes() {
        #expect(Self.problems("mean(water_level, 10m) if coverage >= 80 %").isEmpty)
        #expect(Self.problems("(mean(water_level, 10m) if coverage >= 80 %) + 1 m").isEmpty)
        #expect(
            Self.problems("water_level if coverage >= 80 %").first?.hasPrefix("coverage: there is no window") == true)
        #expect(
            Self.problems("mean(water_level, 10m) - mean(water_level, 1h) if coverage >= 80 %").first?
                .hasPrefix("coverage: there are several windows") == true)
        #expect(Self.problems("mean(water_level, 10m) if water_level").first?.contains("condition") == true)
        #expect(
            Self.problems("mean(water_level, 10m)", "any(water_level > 1 m) if x > 1 m").first?
                .hasPrefix("conditional: ") == true)
        #expect(Self.problems("coverage > 80 %", "x > 1 m").first?.contains("coverage") == true)
    }
}
