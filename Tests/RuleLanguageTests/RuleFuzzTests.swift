import Diagnostics
import TestSupport
import Testing

/// Random and very large rules: an error at most, never a crash or a wait.
@Suite struct RuleFuzzTests {
    @Test(
        "random and mutated rules never end the process, and every mistake has a location",
        arguments: [61, 62] as [UInt64])
    func fuzz(seed: UInt64) {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let seeds = [
            "mean(water_level, 10m) > 3.2 m for 2m", "a and not (b or c) > 5 degC", "x in 2 m .. 3 m",
            "-(-1 m/h) / 2 < slope(water_level, 1h)", "at_least(2, quantile(raw water_level, 0.95, 10m) > 1 m)",
            "share(water_level > 2 m, 10m) > 50 % then silent(temperature, 5m) within 1h",
            "if(hour() in 6 .. 22, forecast(water_level, 30m, 2h), clamp(water_level, 0 m, 5 m)) > "
                + "abs(ewma(water_level, 10m))",
            "count_alarms(\"test\", watch) >= 2 or alarm(\"test\")",
            "pow(spread(water_level), 2) > 1 m2 and age(water_level) < 1 h",
        ]
        let pieces = [
            "(", ")", ",", "m", "10m", "for", "and", "or", "not", ">", "..", "\"", "'", "%", "°C", "1e999",
            "water_level", "mean(", "-",
            "then", "within", "raw", "any(", "1e308", "share(", "if(", "\u{0}",
            "/", " ", "\u{1F30A}",
        ]
        for _ in 0..<400 {
            var text = seeds.randomElement(using: &random) ?? ""
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let at = text.index(text.startIndex, offsetBy: Int.random(in: 0...text.count, using: &random))
                if Bool.random(using: &random), at < text.endIndex {
                    text.remove(at: at)
                } else {
                    text.insert(contentsOf: pieces.randomElement(using: &random) ?? "", at: at)
                }
            }
            let keys = """
                levels:
                  warning: |
                    \(text)
                """
            do {
                _ = try SmallSite.compile(Diagnosed.file(keys))
            } catch let list as DiagnosticList {
                #expect(list.diagnostics.allSatisfy { $0.location != nil }, "\(text)")
            } catch {
                Issue.record("\(error)")
            }
        }
    }

    @Test(
        "whole files, cut and shuffled, never end the process, and every mistake has a location",
        arguments: [63, 64] as [UInt64])
    func fuzzFiles(seed: UInt64) throws {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let files = try RepositoryRoot.files("Rules").map { Array($0.text.utf8) }
        for _ in 0..<60 {
            var bytes = files.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...8, using: &random) where !bytes.isEmpty {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.remove(at: at)
                case 1: bytes[at] = UInt8.random(in: 9...126, using: &random)
                case 2: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...80, using: &random)))
                default:
                    bytes.insert(
                        contentsOf: bytes[at..<min(bytes.count, at + 60)],
                        at: Int.random(in: 0...bytes.count, using: &random))
                }
            }
            do {
                _ = try SmallSite.compile(String(decoding: bytes, as: UTF8.self))
            } catch let list as DiagnosticList {
                #expect(list.diagnostics.allSatisfy { $0.location != nil }, "\(String(decoding: bytes, as: UTF8.self))")
            } catch {
                Issue.record("\(error)")
            }
        }
    }

    @Test("names that multiply are an error, not a wait")
    func doubling() {
        let names = (1..<60).map { "  a\($0): a\($0 - 1) + a\($0 - 1)" }.joined(separator: "\n")
        let found = Diagnosed.text(
            """
            let:
              a0: water_level
            \(names)
            levels: { warning: a59 > 1 m }
            """)
        #expect(found.contains("more than 10000 terms"), "\(found)")
        let and = (0..<200).map { "temperature > \($0) degC" }.joined(separator: " and ")
        let or = (0..<200).map { "humidity > \($0) %" }.joined(separator: " or ")
        #expect(!Diagnosed.text("levels: { watch: \(and), warning: \(or) }").contains("error"))
    }

    @Test("deep nesting is an error, not a crash")
    func deep() {
        let deep = String(repeating: "(", count: 5000) + "water_level > 1 m" + String(repeating: ")", count: 5000)
        #expect(Diagnosed.text("levels: { warning: \"\(deep)\" }").contains("nested more than"))
        let signs = String(repeating: "-", count: 5000) + "1 m > water_level"
        #expect(Diagnosed.text("levels: { warning: \"\(signs)\" }").contains("too many signs"))
        let chain = (0..<5000).map { _ in "water_level" }.joined(separator: " + ") + " > 1 m"
        #expect(Diagnosed.text("levels: { warning: \"\(chain)\" }").contains("more than 256 terms"))
    }
}
