import Devices
import Discovery
import Telemetry
import TestSupport
import Testing

@testable import Discovery

/// Which topics are shown together, as one pattern with a number of devices.
@Suite struct GroupingTests {
    private func patterns(_ messages: [(String, String)], profiles: [Profile] = []) -> [String: Int] {
        var ears = Ears(profiles)
        ears.hear(messages.map { ($0.0, $0.1) }, times: 1)
        return Dictionary(ears.discovery().groups.map { ($0.pattern, $0.devices) }) { $0 + $1 }
    }

    @Test("topics that differ in an identifier are one pattern")
    func identifiers() {
        let found = patterns([
            ("plant/24e124136b000001/level", "1"), ("plant/24e124136b000002/level", "2"),
            ("meter/7", "1"), ("meter/12", "2"), ("pumps/pump-1/state", "on"), ("pumps/pump-2/state", "off"),
        ])
        #expect(found == ["plant/+/level": 2, "meter/+": 2, "pumps/+/state": 2])
    }

    @Test("devices of a family are one pattern whatever their names are, and one alone keeps its topic")
    func families() {
        let found = patterns([
            ("zigbee2mqtt/kitchen", #"{"linkquality": 1}"#), ("zigbee2mqtt/attic", #"{"linkquality": 1}"#),
            ("zigbee2mqtt/attic/availability", #"{"state": "online"}"#),
        ])
        #expect(found == ["zigbee2mqtt/+": 2, "zigbee2mqtt/attic/availability": 1])
    }

    @Test("topics with the same names in their JSON are devices of a kind, and others are not")
    func siblings() {
        let found = patterns([
            ("factory/press", #"{"p": 1, "q": 2}"#), ("factory/saw", #"{"p": 3, "q": 4}"#),
            ("factory/lamp", #"{"on": 1}"#),
        ])
        #expect(found == ["factory/+": 2, "factory/lamp": 1])
    }

    @Test("plain values that end alike are devices of a kind, and what a device measures is not")
    func plainValues() {
        let found = patterns([
            ("house/cellar/temperature", "1"), ("house/attic/temperature", "2"), ("house/attic/humidity", "3"),
        ])
        #expect(found == ["house/+/temperature": 2, "house/attic/humidity": 1])
    }

    @Test("devices with different profiles are not put together, although their topics are alike")
    func profiles() throws {
        let found = patterns(
            [
                ("zigbee2mqtt/kitchen", #"{"temperature": 20, "humidity": 50, "linkquality": 1}"#),
                ("zigbee2mqtt/door", #"{"contact": true, "linkquality": 1}"#),
                ("zigbee2mqtt/window", #"{"contact": true, "linkquality": 1}"#),
            ], profiles: try ShippedProfiles.all())
        #expect(found == ["zigbee2mqtt/kitchen": 1, "zigbee2mqtt/+": 2])
    }

    @Test(
        "what looks like an identifier",
        arguments: [
            ("17", true), ("24e124136b000001", true), ("a4:c1:38:ab:cd:ef", true), ("A4C138ABCDEF", true),
            ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", true), ("shellyht-B893E5", true), ("tasmota_C57651", true),
            ("nodeID_5", true), ("sensor12", true), ("!a1b2c3d4", true),
            ("kitchen", false), ("temperature", false), ("outTemp_C", false), ("v3", false), ("", false),
            ("living-room", false), ("sub-facade", false),
        ])
    func identifierTexts(text: String, isIdentifier: Bool) {
        #expect(IdentifierText.isIdentifier(text[...]) == isIdentifier)
    }

    @Test("a rate is said as people say it")
    func rates() {
        var ears = Ears([])
        ears.hear([("x/a", "1")], times: 5, every: .seconds(60))
        ears.hear([("x/b", "1")], times: 5, every: .milliseconds(100))
        ears.hear([("x/c", "1")], times: 2)
        ears.hear("x/d", "1")
        ears.hear("x/e", "1", isRetained: true)
        let rates = ears.discovery().groups.map(\.rate)
        #expect(rates == ["every 1 min", "10 a second", "2 messages", "1 message", "retained only"])
    }
}
