import Devices
import Diagnostics
import Telemetry
import TestSupport
import Testing

@Suite struct InventoryTests {
    private func read(_ inventory: String, profile: String = SmallSite.profile) -> String {
        do {
            let site = try Site.read(
                inventory: SourceFile(name: "site.yaml", text: inventory),
                profiles: [SourceFile(name: "p.yaml", text: profile)])
            return site.filters.joined(separator: " ")
        } catch {
            return error.description
        }
    }

    @Test("subscriptions are the profiles' patterns, and the topics that devices have of their own")
    func filters() {
        let found = read(
            "site: s\ndevices:\n  - { id: a, profile: test }\n  - { id: b, profile: test }\n  - { id: c, profile: test, topic: own/place }\n"
        )
        #expect(found == "own/place test/+")
    }

    @Test(
        "what an inventory can get wrong",
        arguments: [
            ("site: s\ndevices: [ { id: a, profile: tset } ]\n", "did you mean 'test'?"),
            ("site: s\ndevices: [ { id: a, profile: test }, { id: a, profile: test } ]\n", "two devices 'a'"),
            (
                "site: s\ndevices: [ { id: a, profile: test, topic: x }, { id: b, profile: test, topic: x } ]\n",
                "the same topic"
            ),
            ("site: s\ndevices: [ { id: a/b, profile: test } ]\n", "cannot be made"),
            (
                "site: s\ndevices: [ { id: a, profile: test, quantities: [watr_level] } ]\n",
                "did you mean 'water_level'?"
            ),
            ("site: s\ndevices: [ { id: a, profile: test, units: { water_level: degC } } ]\n", "not a unit of length"),
            (
                "site: s\ndevices: [ { id: a, profile: test, position: { latitude: 91, longitude: 0 } } ]\n",
                "from -90 to 90"
            ),
            ("site: s\ndevices: [ { id: a, profile: test, interval: soon } ]\n", "must be a duration"),
            ("devices: []\n", "'site' is missing"),
            ("site: s\ndevices: [ { profile: test } ]\n", "'id' is missing"),
            ("site: s\ndevcies: []\n", "did you mean 'devices'?"),
        ])
    func mistakes(inventory: String, expected: String) {
        #expect(read(inventory).contains(expected), "\(read(inventory))")
    }

    @Test(
        "what a profile can get wrong",
        arguments: [
            ("profile: p\ntopic: a/#\nreadings: [ { quantity: rain, pointer: /r } ]\n", "no wildcards"),
            ("profile: p\ntopic: a/{device}\nreadings: [ { quantity: rain, pointer: r } ]\n", "begins with a slash"),
            (
                "profile: p\ntopic: a/{device}\nreadings: [ { quantity: rain, pointer: /r, unit: degC } ]\n",
                "'degC' is a unit of temperature"
            ),
            ("profile: p\ntopic: a/{device}\nreadings: [ { quantity: mood, pointer: /r } ]\n", "needs a unit"),
            (
                "profile: p\ntopic: a/{device}\nreadings: [ { quantity: rain, pointer: /r, plausible: 9 .. 1 } ]\n",
                "from low to high"
            ),
            ("profile: p\ntopic: a/{device}\nreadings: []\n", "at least one reading"),
            (
                "profile: p\ntopic: a/{device}\ntime: { pointer: /t, format: julian }\nreadings: [ { quantity: rain, pointer: /r } ]\n",
                "'format' must be rfc3339, unix"
            ),
        ])
    func profileMistakes(profile: String, expected: String) {
        #expect(read("site: s\ndevices: []\n", profile: profile).contains(expected))
    }

    @Test("topics are found by their bytes, unknown ones not", arguments: [91] as [UInt64])
    func topics(seed: UInt64) {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let topics = (0..<5000).map { "site/\($0)/\(UInt32.random(in: 0...UInt32.max, using: &random))" }
        let table = TopicTable(topics)
        for (index, topic) in topics.enumerated() {
            #expect(Array(topic.utf8).withUnsafeBytes { table.index(of: $0) } == index)
        }
        for unknown in ["", "site", "site/1/", "site/5001/1"] {
            #expect(Array(unknown.utf8).withUnsafeBytes { table.index(of: $0) } == nil)
        }
    }
}
