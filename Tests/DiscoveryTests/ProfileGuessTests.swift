import Devices
import Diagnostics
import Discovery
import Foundation
import Telemetry
import TestSupport
import Testing

@testable import Discovery

/// Which profile a topic's messages get, how sure that is, and what is said when it is not.
@Suite struct ProfileGuessTests {
    private func ears() throws -> Ears { Ears(try ShippedProfiles.all()) }

    /// The guess for one topic with one payload.
    private func guess(_ topic: String, _ payload: String, times: Int = 3) throws -> ProfileGuess {
        var ears = try ears()
        ears.hear([(topic, payload)], times: times)
        return try #require(ears.discovery().groups.first).profile
    }

    @Test(
        "names of fields that only one profile has make it certain",
        arguments: [
            (
                "zigbee2mqtt/kitchen", #"{"temperature": 19.4, "humidity": 70, "linkquality": 57}"#,
                "zigbee2mqtt-temperature-humidity"
            ),
            (
                "zigbee2mqtt/door", #"{"contact": true, "battery": 100, "tamper": false, "linkquality": 57}"#,
                "zigbee2mqtt-contact"
            ),
            ("tele/boiler/SENSOR", #"{"DS18B20": {"Temperature": 49.7}, "TempUnit": "C"}"#, "tasmota-ds18b20"),
            ("shellies/shellyht-B893E5/sensor/temperature", "25", "shelly-ht"),
            ("weather/loop", #"{"usUnits": "16.0", "dateTime": "1", "outTemp_C": "10.7"}"#, "weewx-davis-loop"),
        ])
    func certain(topic: String, payload: String, profile: String) throws {
        let guess = try guess(topic, payload)
        #expect(guess.names == [profile], "\(guess.reason)")
        #expect(guess.certainty == .certain, "\(guess.reason)")
    }

    @Test("bytes of LoRaWAN alone are never sure: all profiles that read them are named")
    func bytes() throws {
        let guess = try guess(
            "application/7/device/24e124136b000002/event/up", Ears.uplink("01755c03673401046865", port: 85))
        #expect(guess.certainty == .unsure)
        #expect(guess.names.contains("milesight-em300-th"))
        #expect(guess.names.count > 1)
    }

    @Test("a model that the network server names decides among profiles that read the bytes", arguments: [true, false])
    func named(isChirpStack: Bool) throws {
        let bytes = "0207d9000390888081006400000c60"
        let base64 = "AgfZAAOQiICBAGQAAAxg"
        let guess = try guess(
            isChirpStack ? "application/7/device/70b3d57ba0000001/event/up" : "v3/app@ttn/devices/gauge-8/up",
            isChirpStack
                ? Ears.uplink(bytes, port: 1, profile: "Decentlab DL-CTD10")
                : """
                {"end_device_ids": {"device_id": "gauge-8"}, "uplink_message": {"f_port": 1, \
                "frm_payload": "\(base64)", "version_ids": {"brand_id": "decentlab", "model_id": "dl-ctd10"}}}
                """)
        #expect(guess.names == ["decentlab-dl-ctd10"])
        #expect(guess.certainty == .certain, "\(guess.reason)")
    }

    @Test(
        "a model that the server names and whose profile does not read the message is offered with the reason, unsure")
    func namedUnfitting() throws {
        let guess = try guess(
            "application/7/device/24e124136b000002/event/up", Ears.uplink("ff0bff", port: 85, profile: "EM300-TH"))
        #expect(guess.names == ["milesight-em300-th"])
        #expect(guess.certainty == .unsure)
        #expect(guess.reason.contains("does not read this message"))
    }

    @Test("a board with several sensors names the profile of each, since one alone would leave values unread")
    func severalSensors() throws {
        let guess = try guess(
            "tele/yard/SENSOR",
            #"{"DS18B20": {"Temperature": 27.9}, "BME280": {"Temperature": 27.8, "Humidity": 54, "Pressure": 1018}}"#)
        #expect(guess.names == ["tasmota-bme280", "tasmota-ds18b20"])
        #expect(guess.certainty == .unsure)
    }

    @Test("degrees Fahrenheit are not taken for Celsius, if the device says so on another topic")
    func fahrenheit() throws {
        var ears = try ears()
        let topic = "homie/car/engine/temperature"
        ears.hear(topic, "68.7")
        ears.hear("homie/car/engine/temperature/$unit", "°F", isRetained: true)
        let found = ears.discovery()
        let guess = try #require(found.group(topic)).profile
        #expect(guess.names == [])
        #expect(guess.reason.contains("would decode it wrongly"))
        #expect(!guess.rejected.isEmpty)
        #expect(found.devices.isEmpty)
    }

    @Test("a pressure in millimetres of mercury is not taken for hectopascals")
    func mercury() throws {
        let guess = try guess(
            "tele/yard/SENSOR",
            #"{"BME280": {"Temperature": 20, "Pressure": 760}, "PressureUnit": "mmHg", "TempUnit": "C"}"#)
        #expect(guess.certainty != .certain)
        #expect(guess.reason.contains("/BME280/Pressure has the unit 'mmHg'"), "\(guess.reason)")
    }

    @Test("a profile that looks at the unit in the payload is offered in any unit")
    func unitAt() throws {
        let profile = try Profile.read(
            SourceFile(
                name: "own.yaml",
                text: """
                    profile: own-board
                    topic: tele/{device}/SENSOR
                    readings:
                      - { quantity: temperature, pointer: /DS18B20/Temperature, unit: degC, unit_at: /TempUnit }
                    """))
        var ears = Ears([profile])
        ears.hear([("tele/boiler/SENSOR", #"{"DS18B20": {"Temperature": 68}, "TempUnit": "degF"}"#)])
        #expect(ears.discovery().devices.map(\.profile.names) == [["own-board"]])
    }

    @Test("the unit that Home Assistant's configuration names for a plain value counts, too")
    func announced() throws {
        var ears = try ears()
        ears.hear(
            "homeassistant/sensor/a/t/config",
            #"{"~": "house/cellar", "stat_t": "~/temperature", "unit_of_meas": "°F", "uniq_id": "a"}"#, isRetained: true
        )
        ears.hear("house/cellar/temperature", "68.7")
        let guess = try #require(ears.discovery().group("house/cellar/temperature")).profile
        #expect(guess.names == [] && guess.reason.contains("°F"), "\(guess)")
    }

    @Test("a profile that would give a value outside its plausible range is not offered")
    func implausible() throws {
        let guess = try guess("zigbee2mqtt/kitchen", #"{"temperature": 812, "linkquality": 57}"#)
        #expect(!guess.names.contains("zigbee2mqtt-temperature-humidity"))
        #expect(guess.rejected.contains { $0.reason.contains("812 degC is outside") })
    }

    @Test("a sample that can be read only in part makes the profile unsure")
    func partly() throws {
        let guess = try guess("tele/esp/SENSOR", #"{"DHT11": {"Temperature": 20, "Humidity": nan}, "TempUnit": "C"}"#)
        #expect(guess.names == ["tasmota-temperature-humidity"])
        #expect(guess.certainty == .unsure)
        #expect(guess.reason.contains("cannot be read"))
    }

    @Test("profiles that read only battery and radio link are not offered")
    func supporting() throws {
        let guess = try guess(
            "zigbee2mqtt/lamp", #"{"state": "ON", "brightness": 254, "linkquality": 120, "battery": 80}"#)
        #expect(guess.names == [])
        #expect(guess.reason.contains("only its battery and radio link"))
    }

    @Test(
        "a profile that fits since it is generic says so",
        arguments: [
            ("sensors/g1/readings", #"{"water_level": 1.88}"#, "generic-json"),
            ("house/cellar/temperature", "19.2", "generic-number-topics"),
            ("plant/line", "level=2.5 battery=3.6", "generic-key-value"),
            ("old/form", #"{"water_level": 1.2}"#, "generic-json"),
        ])
    func generic(topic: String, payload: String, profile: String) throws {
        let guess = try guess(topic, payload)
        #expect(guess.names == [profile])
        #expect(guess.certainty == .unsure)
        #expect(guess.reason.contains("generic"), "\(guess.reason)")
    }

    @Test("what the broker had kept is unsure, since the device may be gone")
    func retained() throws {
        var ears = try ears()
        ears.hear("shellies/shellyht-B893E5/sensor/temperature", "25", isRetained: true)
        let group = try #require(ears.discovery().groups.first)
        #expect(group.isRetainedOnly)
        #expect(group.rate == "retained only")
        #expect(group.profile.certainty == .unsure)
        #expect(group.profile.reason.contains("may be gone"))
    }

    @Test("a time in the future makes the profile unsure, and is told in words")
    func future() throws {
        let guess = try guess(
            "v1/devices/x/telemetry", #"{"ts": 1772366400000, "values": {"temperature": 22.5}}"#)
        #expect(guess.certainty == .unsure)
        #expect(guess.reason.contains("2 h in the future"), "\(guess.reason)")
    }

    @Test("no profile is tried on half a payload, nor on a topic that no inventory can have")
    func notTried() throws {
        let long = #"{"temperature": 20, "linkquality": 1, "x": ""# + String(repeating: "y", count: 5000) + "\"}"
        let cut = try guess("zigbee2mqtt/kitchen", long)
        #expect(cut.names == [] && cut.reason.contains("no profile was tried"))
        var ears = try ears()
        ears.hear(unreadable: [0x61, 0xff], Array("1".utf8))
        let group = try #require(ears.discovery().groups.first)
        #expect(group.profile.names == [] && group.profile.reason.contains("not UTF-8"))
    }

    @Test("the topics of a device are judged together: the state of a board does not choose its sensor")
    func together() throws {
        var ears = try ears()
        ears.hear([
            ("tele/yard/STATE", #"{"Wifi": {"Signal": -86}}"#), ("tele/yard/LWT", "Online"),
            ("tele/yard/SENSOR", #"{"BME280": {"Temperature": 27.8, "Humidity": 54, "Pressure": 1018}}"#),
        ])
        let found = ears.discovery()
        #expect(found.devices.map(\.profile.names) == [["tasmota-bme280"]])
        #expect(found.group("tele/yard/STATE")?.profile.names == [])
    }

    @Test("devices that share a topic are found by the names in their payloads, each with its own profile")
    func shared() throws {
        var ears = try ears()
        ears.hear([
            ("rtl_433/pi/events", #"{"model": "Bresser-5in1", "id": 17, "temperature_C": 16.7, "wind_avg_m_s": 1}"#),
            ("rtl_433/pi/events", #"{"model": "Prologue-TH", "id": 5, "temperature_C": 16.7}"#),
        ])
        let devices = ears.discovery().devices
        #expect(Set(devices.compactMap(\.key)) == ["17", "5"])
        #expect(devices.first { $0.key == "17" }?.profile.names == ["rtl-433-weather-station"])
        #expect(devices.first { $0.key == "17" }?.interval == .seconds(60))
        #expect(devices.first { $0.key == "5" }?.profile.certainty == .unsure)
    }

    @Test("the birth of a Sparkplug device finds its profile, and its data is of the same device")
    func sparkplug() throws {
        let profiles = try ShippedProfiles.all()
        let profile = try #require(profiles.first { $0.name == "sparkplug-gauge" })
        var ears = Ears(profiles)
        for vector in profile.vectors.prefix(2) {
            guard case .inside(let bytes, _) = vector.payload, let topic = vector.topic else { continue }
            for _ in 0..<3 { ears.hear(topic, bytes) }
        }
        let devices = ears.discovery().devices
        #expect(devices.map(\.profile.names) == [["sparkplug-gauge"]])
        #expect(devices.first?.profile.quantities.contains("water_level") == true)
        let text = InventoryStub.text(ears.discovery(), site: "mill", source: "test")
        let site = try Site.read(
            inventory: SourceFile(name: "draft.yaml", text: text), profiles: try ShippedProfiles.files())
        #expect(site.devices.map(\.topics) == [["spBv1.0/plant/DDATA/node1/dev1"]], "\(text)")
    }

    @Test("names of models are compared word by word, so that an LHT65N is not taken for an LHT65")
    func models() {
        #expect(ModelName.match(profile: "milesight-em300-th", model: "Milesight EM300-TH 868M") == .whole)
        #expect(ModelName.match(profile: "milesight-em300-th", model: "em300th") == .whole)
        #expect(ModelName.match(profile: "dragino-lht65", model: "LHT65N") == nil)
        #expect(ModelName.match(profile: "dragino-lht65n", model: "LHT65N-E3") == .whole)
        #expect(ModelName.match(profile: "milesight-em300-sld-zld", model: "EM300-SLD") == .beginning)
        #expect(ModelName.match(profile: "decentlab-dl-ctd10", model: "class A") == nil)
    }

    @Test("the probe of network servers is a profile that the gateway can read")
    func probe() {
        let sample = TopicRecord.Sample(bytes: Array("{}".utf8), arrival: Ears.start)
        #expect(EnvelopeProbe().objection(to: sample)?.contains("not a message of a known network server") == true)
    }
}
