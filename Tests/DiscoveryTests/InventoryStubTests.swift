import Devices
import Diagnostics
import Discovery
import Foundation
import Telemetry
import TestSupport
import Testing

@testable import Discovery

/// The draft of an inventory: the gateway can read it, and what is not sure is a comment.
@Suite struct InventoryStubTests {
    private func stub(_ ears: Ears, known: [Device] = []) -> String {
        InventoryStub.text(ears.discovery(known: known), site: "mill", source: "localhost:1883")
    }

    private func read(_ text: String) throws -> Site {
        try Site.read(inventory: SourceFile(name: "draft.yaml", text: text), profiles: try ShippedProfiles.files())
    }

    /// Confirms the devices that are comments, as a person would.
    private func confirmed(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            let isDevice = line.hasPrefix("  # - id:") || line.hasPrefix("  #   ")
            return isDevice ? "  " + line.dropFirst(4) : String(line)
        }.joined(separator: "\n")
    }

    private static let families: [(topic: String, payload: String, device: String, quantity: String, value: Double)] = [
        (
            "application/7/device/24e124136b000001/event/up",
            Ears.uplink("01755c03673401046865", port: 85, profile: "EM300-TH", name: "Cellar"), "cellar", "temperature",
            30.8
        ),
        (
            "v3/app@ttn/devices/gauge-8/up",
            """
            {"end_device_ids": {"device_id": "gauge-8"}, "uplink_message": {"f_port": 1, "frm_payload": \
            "AgfZAAOQiICBAGQAAAxg", "version_ids": {"model_id": "dl-ctd10"}, "rx_metadata": [{"rssi": -80, "snr": 3}]}}
            """, "gauge-8", "water_level", 4.232
        ),
        (
            "zigbee2mqtt/kitchen", #"{"temperature": 19.4, "humidity": 70, "linkquality": 57}"#, "kitchen", "humidity",
            70
        ),
        ("tele/boiler/SENSOR", #"{"DS18B20": {"Temperature": 49.7}, "TempUnit": "C"}"#, "boiler", "temperature", 49.7),
        ("shellies/shellyht-B893E5/sensor/temperature", "25", "B893E5", "temperature", 25),
        ("weather/loop", #"{"usUnits": "16.0", "dateTime": "1", "outTemp_C": "10.5"}"#, "weather", "temperature", 10.5),
        (
            "rtl_433/pi/events", #"{"model": "Bresser-5in1", "id": 17, "temperature_C": 16.7, "wind_avg_m_s": 1}"#,
            "bresser-5in1-17", "wind_speed", 1
        ),
        (
            "senml/box", #"[{"bn": "urn:dev:mac:0024befffe804ff1:", "n": "temperature", "u": "Cel", "v": 18.4}]"#,
            "box",
            "temperature", 18.4
        ),
    ]

    @Test("a draft for eight families is read without a mistake, and its devices decode what was heard")
    func families() throws {
        var ears = Ears(try ShippedProfiles.all())
        ears.hear(Self.families.map { ($0.topic, $0.payload) })
        let text = stub(ears)
        let site = try read(text)
        #expect(site.name == "mill")
        #expect(Set(site.devices.map(\.id)) == Set(Self.families.map(\.device)), "\(text)")
        #expect(site.devices.allSatisfy { $0.interval == .minutes(1) })
        let decoder = PayloadDecoder(site: site) { device, quantity in
            let index = site.devices.firstIndex { $0.id == device } ?? 0
            return SeriesID(
                index: Int32(index * 100 + (site.devices[index].fields.firstIndex { $0.quantity == quantity } ?? 0)))
        }
        for family in Self.families {
            let route = try #require(
                Array(family.topic.utf8).withUnsafeBytes { decoder.route(of: $0) }, "\(family.topic): \(text)")
            var readings: [Reading] = []
            decoder.begin(route, arrival: Ears.start)
            while let findings = Array(family.payload.utf8).withUnsafeBytes({ decoder.decodeNext($0, into: &readings) })
            {
                #expect(findings.faults.isEmpty, "\(family.topic): \(findings)")
            }
            let index = try #require(site.devices.firstIndex { $0.id == family.device })
            let field = try #require(site.devices[index].fields.firstIndex { $0.quantity.name == family.quantity })
            let value = try #require(readings.first { Int($0.series.index) == index * 100 + field }?.value)
            #expect(abs(value - family.value) < 1e-9, "\(family.topic)")
        }
    }

    @Test("only what was heard is named, so that a sensor that is not there does not count as silent")
    func quantities() throws {
        var ears = Ears(try ShippedProfiles.all())
        ears.hear([("zigbee2mqtt/kitchen", #"{"temperature": 19.4, "linkquality": 57}"#)])
        let text = stub(ears)
        let device = try #require(try read(text).devices.first)
        let names = device.fields.filter(\.source.isInPayload).map(\.quantity.name)
        #expect(Set(names) == ["temperature", "link_quality", "online"])
        #expect(text.contains("# not heard: humidity, pressure, battery"))
    }

    @Test("what is not sure is a comment with what to check, and can be read once it is confirmed")
    func unsure() throws {
        var ears = Ears(try ShippedProfiles.all())
        ears.hear([
            ("sensors/g1/readings", #"{"water_level": 1.88}"#), ("house/cellar/temperature", "19.2"),
            ("application/7/device/24e124136b000002/event/up", Ears.uplink("01755c03673401046865", port: 85)),
            ("plant/line3", "level=2.5 battery=3.6"),
            ("zigbee2mqtt/kitchen", #"{"temperature": 20, "linkquality": 57}"#),
        ])
        ears.hear("shellies/shellyflood-AB12CD/sensor/flood", "false", isRetained: true)
        let text = stub(ears)
        #expect(try read(text).devices.map(\.id) == ["kitchen"])
        #expect(text.contains("  # check: "))
        let confirmed = try read(confirmed(text))
        #expect(
            Set(confirmed.devices.map(\.id))
                == ["kitchen", "g1", "cellar", "24e124136b000002", "line3", "AB12CD"], "\(text)")
        #expect(confirmed.devices.first { $0.id == "cellar" }?.topics.contains("house/cellar/temperature") == true)
    }

    @Test("topics without a profile are listed at the end, with the page to read")
    func unknown() throws {
        var ears = Ears(try ShippedProfiles.all())
        ears.hear([("factory/press", #"{"p": 1}"#), ("spBv1.0/g/DDATA/e/d", "x")])
        let text = stub(ears)
        #expect(try read(text).devices.isEmpty)
        #expect(text.contains("# Topics without a profile:"))
        #expect(text.contains("# factory/press: JSON, every 1 min"))
        #expect(text.contains("docs/"))
    }

    @Test("names of devices become ids that are valid and unique, also beside those of the inventory")
    func ids() throws {
        var names = DeviceNames(taken: ["kitchen"])
        #expect(names.make("kitchen") == "kitchen-2")
        #expect(names.make("kitchen") == "kitchen-3")
        #expect(names.make("Capteur Chambre d'été") == "Capteur-Chambre-d-t")
        #expect(names.make("gateway") == "gateway-2")
        #expect(names.make("日本") == "device")
        #expect(names.make("a/b+c#d") == "a-b-c-d")
        #expect(names.make("--") == "device-2")
    }

    @Test("hostile topics and payloads cannot break the draft")
    func hostile() throws {
        let hostile = "\u{1b}[2J\n- id: owned\u{202e}\u{fffe}\"': %&*!|>\u{85}\u{2028}"
        var ears = Ears(try ShippedProfiles.all())
        ears.hear([
            ("zigbee2mqtt/a b: \"c\" {d} \u{1b}[31m\nx", #"{"temperature": 20, "linkquality": 57, "x": "\#u{fffe}"}"#),
            ("zigbee2mqtt/\(hostile)", #"{"temperature": 20, "linkquality": 57}"#),
            ("tele/\(hostile)/SENSOR", #"{"DS18B20": {"Temperature": 49.7}}"#),
            ("factory/\(hostile)", hostile),
            ("v3/a/devices/x/up", #"{"end_device_ids": {"device_id": "\#nid: x"}, "uplink_message": {"f_port": 1}}"#),
        ])
        ears.hear("house/\(hostile)/temperature", "19.2")
        let text = stub(ears)
        let allowed = text.unicodeScalars.allSatisfy { $0 == "\n" || !ControlCharacters.contains($0) }
        #expect(allowed)
        let site = try read(text)
        #expect(!site.devices.contains { $0.id == "owned" })
        #expect(site.devices.contains { $0.topics.contains("zigbee2mqtt/\(hostile)") }, "\(text)")
        // Braces would be a label in the inventory, so that device stays a comment.
        #expect(text.contains("# check: the topic has a character that a label cannot have"))
    }

    @Test("two nodes of one Homie device share topics, so the second one is a comment")
    func sharedTopics() throws {
        var ears = Ears(try ShippedProfiles.all())
        ears.hear([
            ("homie/car/front/temperature", "20"), ("homie/car/back/temperature", "21"), ("homie/car/$state", "ready"),
        ])
        let text = confirmed(stub(ears))
        #expect(throws: DiagnosticList.self) { try read(text) }
        let site = try read(stub(ears))
        #expect(site.devices.count <= 1)
    }

    @Test("devices that the inventory has already are not written again")
    func known() throws {
        let device = "{ id: cook, profile: zigbee2mqtt-temperature-humidity, topic: zigbee2mqtt/kitchen }"
        let inventory = "site: mill\ndevices: [ \(device) ]\n"
        let site = try read(inventory)
        var ears = Ears(try ShippedProfiles.all())
        ears.hear([
            ("zigbee2mqtt/kitchen", #"{"temperature": 20, "linkquality": 57}"#),
            ("zigbee2mqtt/attic", #"{"temperature": 20, "linkquality": 57}"#),
        ])
        let text = stub(ears, known: site.devices)
        #expect(try read(text).devices.map(\.id) == ["attic"])
        #expect(text.contains("Already in the inventory: 1"))
        #expect(ears.discovery(known: site.devices).groups.flatMap(\.known) == ["cook"])
    }

    @Test("measured intervals are rounded to those that people set, and never to much less")
    func intervals() {
        let measured: [(Double, TimeSpan)] = [
            (0.2, .seconds(1)), (9.8, .seconds(10)), (58, .minutes(1)), (61, .minutes(1)), (70, .minutes(2)),
            (1190, .minutes(20)),
            (3500, .hours(1)), (90_000, .days(1)), (1_000_000, .days(12)),
        ]
        for (seconds, rounded) in measured {
            #expect(NiceInterval.rounded(TimeSpan(seconds: seconds) ?? .zero) == rounded, "\(seconds)")
        }
    }
}
