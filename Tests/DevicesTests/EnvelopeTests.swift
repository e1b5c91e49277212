import Devices
import Diagnostics
import Telemetry
import TestSupport
import Testing

/// Uplinks of LoRaWAN as network servers publish them.
@Suite struct EnvelopeTests {
    private static let profile = """
        envelope: lorawan
        format: binary
        port: 85
        fields: [ { choose: u16, cases: { 0x0175: [ { name: battery, type: u8 } ] } } ]
        readings:
          - { quantity: battery, pointer: /battery }
          - { quantity: link_rssi, link: rssi, unit: dBm }
          - { quantity: link_snr, link: snr, unit: dB }
        """

    private static let chirpStack = """
        {"time": "2018-06-03T22:04:30+00:00", "deviceInfo": {"devEui": "1"}, "fCnt": 4, "fPort": 85, "data": "AXVk",
         "rxInfo": [{"rssi": -95, "snr": -3.5}, {"rssi": -60, "snr": 9.5}]}
        """
    private static let theThingsStack = """
        {"end_device_ids": {"device_id": "d"}, "received_at": "2018-06-03T22:04:31Z",
         "uplink_message": {"f_port": 85, "f_cnt": 4, "frm_payload": "AXVk", "received_at": "2018-06-03T22:04:30Z",
          "rx_metadata": [{"rssi": -60, "snr": 9.5}]}}
        """
    private static let loriot = """
        {"cmd": "rx", "EUI": "1", "ts": 1528063470000, "fcnt": 4, "port": 85, "data": "017564", "rssi": -60, "snr": 9.5}
        """
    private static let thingPark = """
        {"DevEUI_uplink": {"Time": "2018-06-03T22:04:30Z", "FPort": 85, "FCntUp": 4, "payload_hex": "017564",
         "LrrRSSI": -60, "LrrSNR": 9.5}}
        """
    private static let helium = """
        {"dev_eui": "1", "fcnt": 4, "port": 85, "payload": "AXVk", "reported_at": 1528063470000,
         "hotspots": [{"rssi": -60, "snr": 9.5}]}
        """
    private static let chirpStack3 = """
        {"devEUI": "1", "fPort": 85, "fCnt": 4, "data": "AXVk", "rxInfo": [{"rssi": -60, "loRaSNR": 9.5,
         "time": "2018-06-03T22:04:30Z"}]}
        """

    @Test(
        "bytes, time and radio link of every server, of the gateway that heard best",
        arguments: [chirpStack, chirpStack3, theThingsStack, loriot, thingPark, helium])
    func servers(_ payload: String) throws {
        let run = try DecodingTests.run(Self.profile, payload)
        #expect(run.readings.map(\.value) == [100, -60, 9.5])
        #expect(run.findings.description.isEmpty)
        #expect(run.readings.allSatisfy { $0.time == DecodingTests.arrival - .seconds(30) })
    }

    @Test("another port gives nothing, and is no problem")
    func otherPort() throws {
        let run = try DecodingTests.run(Self.profile, Self.chirpStack.replacing("\"fPort\": 85", with: "\"fPort\": 6"))
        #expect(run.readings.isEmpty)
        #expect(run.findings.description.isEmpty)
    }

    @Test("frames of other ports and without bytes are not missing ones, and what has no number is no copy")
    func otherFrames() throws {
        let profile = SourceFile(name: "p.yaml", text: "profile: p\ntopic: t/{device}\n" + Self.profile)
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: s\ndevices: [ { id: d, profile: p } ]"),
            profiles: [profile])
        let names = site.devices[0].fields.map(\.quantity.name)
        let decoder = JudgingDecoder(site: site) { _, quantity in
            SeriesID(index: Int32(names.firstIndex(of: quantity.name) ?? -1))
        }
        var readings: [Reading] = []
        func take(_ payload: String) {
            Array(payload.utf8).withUnsafeBytes {
                _ = decoder.decode($0, from: 0, arrival: DecodingTests.arrival, into: &readings)
            }
        }
        take(Self.chirpStack)
        take(Self.chirpStack.replacing("\"fCnt\": 4, \"fPort\": 85", with: "\"fCnt\": 5, \"fPort\": 6"))
        take(Self.chirpStack.replacing("\"fCnt\": 4", with: "\"fCnt\": 6").replacing("\"data\": \"AXVk\",", with: ""))
        take(Self.chirpStack.replacing("\"fCnt\": 4", with: "\"fCnt\": 7"))
        let missing = readings.filter { names[Int($0.series.index)] == "missing_messages" }
        #expect(missing.map(\.value) == [0, 0, 0])
        #expect(readings.count { names[Int($0.series.index)] == "battery" } == 2)
        readings.removeAll()
        for _ in 0..<3 { take(#"{"deviceInfo": {}, "fPort": 85, "data": "AXVk"}"#) }
        #expect(readings.count == 3)
    }

    @Test("messages of two ports on one topic")
    func twoPorts() throws {
        let profile = """
            messages:
              - topic: t/{device}
                envelope: lorawan
                format: binary
                port: 1
                fields: [ { name: level, type: u8 } ]
                readings: [ { quantity: water_level, pointer: /level, unit: m } ]
              - topic: t/{device}
                envelope: lorawan
                format: binary
                port: [2, 3]
                fields: [ { name: level, type: u16 }, { name: bat, type: u8 } ]
                readings:
                  - { quantity: water_level, pointer: /level, unit: mm }
                  - { quantity: battery, pointer: /bat }
            """
        #expect(try DecodingTests.values(profile, hex: "02", port: 1) == ["water_level 2"])
        #expect(try DecodingTests.values(profile, hex: "07d063", port: 3) == ["water_level 2", "battery 99"])
        #expect(try DecodingTests.values(profile, hex: "07d063", port: 9) == [])
    }

    @Test("what a server has decoded, by pointers into it")
    func object() throws {
        let profile = """
            envelope: lorawan
            readings: [ { quantity: water_level, pointer: /level, unit: m } ]
            """
        let chirpStack = #"{"deviceInfo": {}, "data": "AA==", "object": {"level": 2.5}}"#
        let theThingsStack = #"{"uplink_message": {"frm_payload": "AA==", "decoded_payload": {"level": 2.5}}}"#
        for payload in [chirpStack, theThingsStack] {
            #expect(try DecodingTests.values(profile, payload).map(\.value) == [2.5])
        }
        // The bytes may be JSON themselves: {"level":2.5}
        let bytes = #"{"deviceInfo": {}, "data": "eyJsZXZlbCI6Mi41fQ=="}"#
        #expect(try DecodingTests.values(profile, bytes).map(\.value) == [2.5])
        let nothing = try DecodingTests.run(profile, #"{"deviceInfo": {}}"#)
        #expect(nothing.findings.description.hasPrefix("ChirpStack has not decoded the payload"))
    }

    @Test("a message of no server, or without bytes that can be read, is named")
    func faults() throws {
        #expect(
            try DecodingTests.run(Self.profile, #"{"level": 1}"#).findings.description.hasPrefix(
                "not a message of a known network server (ChirpStack,"))
        let bad = Self.chirpStack.replacing("AXVk", with: "%%%%")
        #expect(
            try DecodingTests.run(Self.profile, bad).findings.description
                == #"/data is the text "%%%%", not the payload's bytes"#)
        #expect(try DecodingTests.run(Self.profile, #"{"deviceInfo": {}, "fPort": 85}"#).findings.faults.isEmpty)
        #expect(!(try DecodingTests.run(Self.profile, "nonsense").findings.faults.isEmpty))
    }

    @Test("an envelope of another server, by its places")
    func ownEnvelope() throws {
        let profile = """
            envelope: { bytes: /p, encoding: hex, counter: /n, time: /at, time_format: unix, rssi: /r }
            format: binary
            fields: [ { name: a, type: u8 } ]
            readings:
              - { quantity: battery, pointer: /a }
              - { quantity: link_rssi, link: rssi, unit: dBm }
            """
        let run = try DecodingTests.run(profile, #"{"p": "64", "n": 3, "at": 1528063470, "r": -60}"#)
        #expect(run.readings.map(\.value) == [100, -60])
        #expect(run.readings[0].time == DecodingTests.arrival - .seconds(30))
    }

    @Test("copies of a frame that several gateways heard count once, and a missing frame is counted")
    func frameCounter() throws {
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: s\ndevices: [ { id: d, profile: p } ]"),
            profiles: [SourceFile(name: "p.yaml", text: "profile: p\ntopic: t/{device}\n" + Self.profile)])
        let names = site.devices[0].fields.map(\.quantity.name)
        let decoder = JudgingDecoder(site: site) { _, quantity in
            SeriesID(index: Int32(names.firstIndex(of: quantity.name) ?? -1))
        }
        var readings: [Reading] = []
        for number in [4, 4, 5, 8] {
            let payload = Array(Self.chirpStack.replacing("\"fCnt\": 4", with: "\"fCnt\": \(number)").utf8)
            payload.withUnsafeBytes { _ = decoder.decode($0, from: 0, arrival: DecodingTests.arrival, into: &readings) }
        }
        let found = readings.map { "\(names[Int($0.series.index)]) \(NumberText.short($0.value))" }
        #expect(found.count { $0 == "battery 100" } == 3)
        #expect(found.filter { $0.hasPrefix("missing_messages") } == ["missing_messages 0", "missing_messages 2"])
    }
}
