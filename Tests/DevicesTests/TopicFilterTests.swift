import Diagnostics
import TestSupport
import Testing

@testable import Devices

@Suite struct TopicFilterTests {
    private func chosen(_ devices: [(String, String?)]) -> [String] {
        FilterChoice(devices.map { (topic: $0.0, pattern: $0.1) }).filters
    }

    @Test("a topic of a device's own under a pattern needs no filter of its own")
    func own() {
        #expect(chosen([("s/a/r", "s/+/r"), ("s/old/r", nil), ("t/old/r", nil)]) == ["s/+/r", "t/old/r"])
    }

    @Test("a pattern that another one covers is left out")
    func covered() {
        let choice = FilterChoice([("a/x/c", "a/+/c"), ("a/y/c", "+/+/c"), ("b/y/c", "+/+/c")])
        #expect(choice.filters == ["+/+/c"])
        #expect(choice.leftOut == ["a/+/c"])
    }

    @Test("of two patterns that overlap in part, the one of fewer devices gives way to its devices' topics")
    func partly() {
        #expect(
            chosen([("a/x/c", "a/+/c"), ("a/y/c", "a/+/c"), ("a/b/c", "+/b/c"), ("z/b/c", "+/b/c"), ("a/z/c", "a/+/c")])
                == [
                    "a/+/c", "z/b/c",
                ])
    }

    @Test("patterns that share a prefix and differ in their literal levels stay")
    func prefixes() {
        #expect(
            chosen([("s/1/rain", "s/+/rain"), ("s/1/level", "s/+/level"), ("s/1", "s/+")]) == [
                "s/+", "s/+/level", "s/+/rain",
            ])
    }

    @Test("a wildcard at the beginning takes in no topic of the broker's own")
    func dollar() {
        #expect(chosen([("a/x", "+/x"), ("$sensors/x", nil)]) == ["$sensors/x", "+/x"])
    }

    @Test("whatever the devices, no topic matches two chosen filters, and each device's topic matches one")
    func property() {
        for seed in 0..<2000 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let words = ["a", "b", "c", "$d", ""]
            func level() -> String { words[Int.random(in: 0..<words.count, using: &random)] }
            var devices: [(topic: String, pattern: String?)] = []
            let patterns = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                (0..<Int.random(in: 1...4, using: &random)).map { _ in Bool.random(using: &random) ? "+" : level() }
            }
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                if Bool.random(using: &random) {
                    let pattern = patterns[Int.random(in: 0..<patterns.count, using: &random)]
                    // A label's value is never empty, and the broker's own topics have no patterns.
                    let topic = pattern.map { $0 == "+" ? ["a", "b", "c"][Int.random(in: 0..<3, using: &random)] : $0 }
                    devices.append((topic.joined(separator: "/"), pattern.joined(separator: "/")))
                } else {
                    devices.append(
                        ((0..<Int.random(in: 1...4, using: &random)).map { _ in level() }.joined(separator: "/"), nil))
                }
            }
            let filters = FilterChoice(devices).filters.map(TopicFilter.init)
            for device in devices {
                let topic = TopicFilter(device.topic)
                #expect(filters.count { $0.covers(topic) } == 1, "seed \(seed): \(device) in \(filters.map(\.text))")
            }
            for _ in 0..<200 {
                let topic = TopicFilter(
                    (0..<Int.random(in: 1...4, using: &random)).map { _ in level() }.joined(separator: "/"))
                #expect(
                    filters.count { $0.covers(topic) } <= 1, "seed \(seed): \(topic.text) in \(filters.map(\.text))")
            }
        }
    }
}
