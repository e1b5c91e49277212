import Devices
import Diagnostics
import Telemetry
import TestSupport
import Testing

/// Several devices on one topic, and several topics of one device.
@Suite struct SharedTopicTests {
    /// Decodes payloads of a site; readings as `device quantity value`.
    private func read(_ devices: String, _ profile: String, _ topic: String, _ payload: String) throws -> [String] {
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: s\ndevices:\n\(devices)"),
            profiles: [SourceFile(name: "p.yaml", text: profile)])
        var names: [String] = []
        let decoder = PayloadDecoder(site: site) { device, quantity in
            let name = "\(device) \(quantity.name)"
            if !names.contains(name) { names.append(name) }
            return SeriesID(index: Int32(names.firstIndex(of: name) ?? 0))
        }
        guard let route = Array(topic.utf8).withUnsafeBytes({ decoder.route(of: $0) }) else { return ["no route"] }
        var readings: [Reading] = []
        let bytes = Array(payload.utf8)
        decoder.begin(route, arrival: DecodingTests.arrival)
        var found: [String] = []
        while let findings = bytes.withUnsafeBytes({ decoder.decodeNext($0, into: &readings) }) {
            if !findings.description.isEmpty { found.append(findings.description) }
        }
        return readings.map { "\(names[Int($0.series.index)]) \(NumberText.short($0.value))" } + found
    }

    private let devices = """
          - { id: a, profile: p, key: "17" }
          - { id: b, profile: p }
          - { id: c, profile: p, key: "x y" }
        """

    @Test("parts of one device may be devices of their own, and its last will ends all of them")
    func sharedAvailability() throws {
        let profile = """
            profile: p
            topic: "homie/{home}/{device}"
            availability: { topic: "homie/{home}/$state", online: ready, offline: lost }
            messages: [ { topic: ~/t, format: text, readings: [ { quantity: temperature, unit: degC } ] } ]
            """
        let parts = "  - { id: a, profile: p, labels: { home: h } }\n  - { id: b, profile: p, labels: { home: h } }\n"
        #expect(try read(parts, profile, "homie/h/$state", "lost") == ["a online 0", "b online 0"])
        #expect(try read(parts, profile, "homie/h/b/t", "21.5") == ["b temperature 21.5"])
    }

    private let keyed = """
        profile: p
        topic: all/events
        device: /id
        readings: [ { quantity: temperature, pointer: /t, unit: degC } ]
        """

    @Test("a device is found by its key, as a text or a number, alone or in an array")
    func keys() throws {
        #expect(try read(devices, keyed, "all/events", #"{"id": "b", "t": 1}"#) == ["b temperature 1"])
        #expect(try read(devices, keyed, "all/events", #"{"id": 17, "t": 2}"#) == ["a temperature 2"])
        let array = #"[{"id": "x y", "t": 3}, {"id": "17", "t": 4}, {"id": "other", "t": 5}, 6, null]"#
        #expect(try read(devices, keyed, "all/events", array) == ["c temperature 3", "a temperature 4"])
        #expect(try read(devices, keyed, "all/events", #"{"id": "stranger", "t": 1}"#) == [])
        #expect(try read(devices, keyed, "all/events", #"{"t": 1}"#) == [])
    }

    @Test("each device has a member of its own")
    func members() throws {
        let profile = keyed.replacing("device: /id", with: "device: { member_of: /sensors }")
        let payload = #"{"sensors": {"b": {"t": 1}, "x y": {"t": 2}, "other": {"t": 3}}}"#
        #expect(try read(devices, profile, "all/events", payload) == ["b temperature 1", "c temperature 2"])
        #expect(try read(devices, profile, "all/events", "{}") == [])
    }

    @Test("a payload that cannot be read is reported once")
    func fault() throws {
        let found = try read(devices, keyed, "all/events", "{")
        #expect(found.count == 1)
        #expect(found[0].hasPrefix("not JSON"))
    }

    @Test("two devices with one topic and no way to tell them apart, or with one key, are refused")
    func conflicts() throws {
        let plain = keyed.replacing("device: /id\n", with: "")
        for (profile, devices, id) in [
            (plain, devices, "shared-topic"),
            (keyed, "  - { id: a, profile: p, key: k }\n  - { id: b, profile: p, key: k }\n", "shared-key"),
        ] {
            do {
                _ = try read(devices, profile, "all/events", "{}")
                Issue.record("it was accepted")
            } catch let list as DiagnosticList {
                #expect(Set(list.diagnostics.map(\.id)) == [id])
            }
        }
    }

    @Test("several topics of one device, with the levels that they share in a topic of its own")
    func topics() throws {
        let profile = """
            profile: p
            topic: shellies/{device}/sensor
            messages:
              - { topic: ~/temperature, format: text, readings: [ { quantity: temperature, unit: degC } ] }
              - topic: ~/flood
                format: text
                readings: [ { quantity: flood, unit: "1", words: { "true": 1, "false": 0 } } ]
            """
        let device = "  - { id: s1, profile: p }\n"
        #expect(try read(device, profile, "shellies/s1/sensor/temperature", "20.5") == ["s1 temperature 20.5"])
        #expect(try read(device, profile, "shellies/s1/sensor/flood", "true") == ["s1 flood 1"])
        #expect(try read(device, profile, "shellies/s1/sensor", "true") == ["no route"])
        let own = "  - { id: s1, profile: p, topic: cellar/water }\n"
        #expect(try read(own, profile, "cellar/water/flood", "false") == ["s1 flood 0"])
    }

    @Test("of the places of one quantity in a message, the first that is there counts")
    func alternatives() throws {
        let profile = """
            profile: p
            topic: t/{device}
            readings:
              - { quantity: temperature, pointer: /c, unit: degC }
              - { quantity: temperature, pointer: /f, unit: degF }
            """
        let device = "  - { id: d, profile: p }\n"
        #expect(try read(device, profile, "t/d", #"{"c": 20, "f": 212}"#) == ["d temperature 20"])
        #expect(try read(device, profile, "t/d", #"{"f": 212}"#) == ["d temperature 100"])
        #expect(try read(device, profile, "t/d", #"[{"f": 212}, {"c": 20}]"#).count == 2)
    }

    @Test("messages of one number: a device's two messages on a topic, and two of its objects")
    func numbers() throws {
        let profile = """
            profile: p
            topic: all
            device: /id
            sequence: /n
            readings:
              - { quantity: temperature, pointer: /t, unit: degC }
            """
        let device = "  - { id: d, profile: p }\n"
        let payload = #"[{"id": "d", "n": 7, "t": 1}, {"id": "d", "n": 7, "t": 2}]"#
        #expect(
            try read(device, profile, "all", payload).filter { $0.contains("temperature") } == [
                "d temperature 1", "d temperature 2",
            ])
    }

    @Test("layouts of one topic are tried one after the other, and only a payload of none is a fault")
    func layouts() throws {
        let profile = """
            profile: p
            topic: t/{device}
            messages:
              - format: binary
                encoding: hex
                fields: [ { name: k, type: u8, only: 1 }, { name: a, type: u8 } ]
                readings: [ { quantity: temperature, pointer: /a, unit: degC } ]
              - format: binary
                encoding: hex
                fields: [ { name: k, type: u8, only: 2 }, { name: b, type: u8 } ]
                readings: [ { quantity: humidity, pointer: /b } ]
            """
        let device = "  - { id: d, profile: p }\n"
        #expect(try read(device, profile, "t/d", "0105") == ["d temperature 5"])
        #expect(try read(device, profile, "t/d", "0206") == ["d humidity 6"])
        #expect(
            try read(device, profile, "t/d", "0306") == ["not laid out as the profile says: 'k' is 3, and not 2"])
    }

    @Test("a device's own topic stands for the profile's, and labels are filled in behind it")
    func ownTopic() throws {
        let profile = """
            profile: p
            topic: tele/{device}
            availability: { topic: ~/LWT }
            messages: [ { topic: "~/{part}/SENSOR", readings: [ { quantity: rain, pointer: /r } ] } ]
            """
        let device = "  - { id: d, profile: p, topic: cellar/x, labels: { part: a }, quantities: [rain] }\n"
        #expect(try read(device, profile, "cellar/x/a/SENSOR", #"{"r": 1}"#) == ["d rain 1"])
        #expect(try read(device, profile, "cellar/x/LWT", "offline") == ["d online 0"])
        #expect(throws: DiagnosticList.self) {
            try read("  - { id: d, profile: p, topic: cellar/x }\n", profile, "cellar/x/LWT", "offline")
        }
    }

    @Test("a quantity of several messages is one series, and has one place in the inventory")
    func sameQuantity() throws {
        let profile = """
            profile: p
            messages:
              - { topic: "a/{device}", readings: [ { quantity: temperature, pointer: /t, unit: degC } ] }
              - { topic: "b/{device}", readings: [ { quantity: temperature, pointer: /f, unit: degF } ] }
            """
        let device = "  - { id: d, profile: p }\n"
        #expect(try read(device, profile, "a/d", #"{"t": 20}"#) == ["d temperature 20"])
        #expect(try read(device, profile, "b/d", #"{"f": 212}"#) == ["d temperature 100"])
        let read = try Profile.read(SourceFile(name: "p.yaml", text: profile))
        #expect(read.fields.map(\.quantity.name) == ["temperature"])
    }
}
