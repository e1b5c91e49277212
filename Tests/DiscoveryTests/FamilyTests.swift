import Discovery
import Foundation
import Telemetry
import Testing

/// Which family a topic's messages are of.
@Suite struct FamilyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var topic: String
        var payload: String
        var family: Family
        var certainty: Certainty
        var role = FamilyGuess.Role.readings
        var testDescription: String { topic }

        init(
            _ topic: String, _ payload: String, _ family: Family, _ certainty: Certainty = .certain,
            _ role: FamilyGuess.Role = .readings
        ) {
            (self.topic, self.payload, self.family) = (topic, payload, family)
            (self.certainty, self.role) = (certainty, role)
        }
    }

    private func guess(_ topic: String, _ payload: [UInt8]) throws -> FamilyGuess {
        var ears = Ears([])
        ears.hear(topic, payload)
        return try #require(ears.discovery().groups.first).family
    }

    private static let servers = [
        Case("application/7/device/24e124136b000001/event/up", Ears.uplink("01755c", port: 85), .chirpStack4),
        Case(
            "application/7/device/24e124136b000001/event/join", #"{"deviceInfo": {}}"#, .chirpStack4, .certain, .service
        ),
        Case("application/7/device/24e124136b000001/command/down", #"{"fPort": 1}"#, .chirpStack4, .certain, .command),
        Case(
            "application/7/device/a84041/rx", #"{"devEUI": "a84041", "fPort": 2, "fCnt": 1, "data": "AQ=="}"#,
            .chirpStack3),
        Case("eu868/gateway/0016c001f153a14c/event/stats", "x", .chirpStackGateway, .certain, .service),
        Case(
            "v3/app@ttn/devices/gauge/up",
            #"{"end_device_ids": {"device_id": "gauge"}, "uplink_message": {"f_port": 1, "frm_payload": "AQ=="}}"#,
            .theThingsStack),
        Case("v3/app@ttn/devices/gauge/down/queued", "{}", .theThingsStack, .certain, .command),
        Case("v3/app@ttn/devices/gauge/join", "{}", .theThingsStack, .certain, .service),
        Case("loriot/x", #"{"cmd": "rx", "EUI": "A84041", "data": "01ff", "port": 2, "fcnt": 1}"#, .loriot),
        Case("loriot/x", #"{"cmd": "txd", "EUI": "A84041"}"#, .loriot, .certain, .service),
        Case("actility/x", #"{"DevEUI_uplink": {"payload_hex": "01ff", "FPort": 2}}"#, .thingPark),
        Case("helium/x/rx", #"{"dev_eui": "A8", "payload": "AQ==", "hotspots": [], "port": 2}"#, .helium),
    ]

    private static let home = [
        Case("zigbee2mqtt/kitchen", #"{"temperature": 20, "linkquality": 57}"#, .zigbee2MQTT),
        Case("zigbee2mqtt/kitchen", #"{"temperature": 20}"#, .zigbee2MQTT, .likely),
        Case("zigbee2mqtt/bridge/state", #"{"state": "online"}"#, .zigbee2MQTT, .certain, .service),
        Case("zigbee2mqtt/kitchen/availability", #"{"state": "online"}"#, .zigbee2MQTT, .certain, .availability),
        Case("zigbee2mqtt/lamp/set", "{}", .zigbee2MQTT, .certain, .command),
        Case("tele/boiler/SENSOR", #"{"Time": "2019-01-01T00:00:00"}"#, .tasmota),
        Case("tele/boiler/LWT", "Online", .tasmota, .certain, .availability),
        Case("cmnd/boiler/POWER", "ON", .tasmota, .likely, .command),
        Case("house/boiler/tele/SENSOR", "{}", .tasmota, .likely),
        Case("tasmota/discovery/C57651AABBCC/config", "{}", .tasmota, .certain, .description),
        Case("shellies/shellyht-B893E5/sensor/temperature", "25", .shellyGen1),
        Case("shellies/shellyht-B893E5/online", "true", .shellyGen1, .certain, .availability),
        Case("shellies/announce", "{}", .shellyGen1, .certain, .service),
        Case("attic/events/rpc", #"{"src": "shellyplusht-b8", "method": "NotifyStatus", "params": {}}"#, .shellyGen2),
        Case("attic/status/temperature:0", #"{"tC": 19.8}"#, .shellyGen2),
        Case("homie/car/engine/temperature", "21.5", .homie4),
        Case("homie/car/$state", "ready", .homie4, .certain, .availability),
        Case("homie/car/engine/temperature/$unit", "°C", .homie4, .certain, .description),
        Case("homie/5/car/engine/temperature", "21.5", .homie5),
        Case("homie/5/car/$description", "{}", .homie5, .certain, .description),
        Case(
            "homeassistant/sensor/a/temperature/config", #"{"state_topic": "x", "unique_id": "y"}"#, .homeAssistant,
            .certain, .description),
        Case("homeassistant/status", "online", .homeAssistant, .certain, .service),
        Case("attic/sensor/attic_temperature/state", "21.3", .espHome, .likely),
        Case("zwave/Cellar/nodeID_5/sensor_multilevel/endpoint_0/Air_temperature", #"{"value": 20.5}"#, .zwaveJS),
        Case("zwave/_CLIENTS/ZWAVE_GATEWAY-x/status", "{}", .zwaveJS, .certain, .service),
        Case("owntracks/jo/phone", #"{"_type": "location"}"#, .ownTracks, .certain, .service),
        Case("domoticz/in", #"{"idx": 1, "svalue": "2"}"#, .domoticz),
        Case("v1/devices/x/telemetry", #"{"temperature": 1}"#, .thingsBoard),
    ]

    private static let field = [
        Case("spBv1.0/group/DDATA/edge/device", "x", .sparkplugB),
        Case("spBv1.0/group/NCMD/edge", "x", .sparkplugB, .certain, .command),
        Case("spBv1.0/STATE/host", "{}", .sparkplugB, .certain, .service),
        Case("msh/EU_868/2/json/LongFast/!a1b2c3d4", #"{"from": 1, "type": "telemetry"}"#, .meshtasticJSON),
        Case("msh/EU_868/2/e/LongFast/!a1b2c3d4", "x", .meshtasticProtobuf),
        Case("rtl_433/pi/events", #"{"model": "Prologue-TH", "id": 5}"#, .rtl433),
        Case("radio/events", #"{"time": "2019", "model": "Prologue-TH", "id": 5}"#, .rtl433, .likely),
        Case("home/OpenMQTTGateway/BTtoMQTT/A4C138ABCDEF", #"{"id": "A4:C1:38:AB:CD:EF"}"#, .openMQTTGateway),
        Case("home/OpenMQTTGateway/SYStoMQTT", "{}", .openMQTTGateway, .certain, .service),
        Case("weather/loop", #"{"usUnits": "16.0", "dateTime": "1", "outTemp_C": "3"}"#, .weeWX),
        Case("weather/outTemp_C", "3.5", .weeWX, .likely),
        Case("ecowitt2mqtt/station", #"{"tempf": 50}"#, .ecowitt),
        Case("x", "PASSKEY=A&stationtype=B&tempf=50&baromrelin=29", .ecowitt, .likely),
        Case("x/y", #"[{"bn": "urn:dev:mac:0024:", "n": "temperature", "u": "Cel", "v": 18.4}]"#, .senMLJSON),
        Case("tocsin/s/flood", #"{"specversion": "1.0", "type": "tocsin.alarm.raised"}"#, .tocsin, .certain, .service),
    ]

    private static let forms = [
        Case("a/b", "12.5", .number, .unsure), Case("a/b", "12,5 °C", .number, .unsure),
        Case("a/b", "-3e2", .number, .unsure),
        Case("a/b", "12.5;13;9", .csv, .unsure), Case("a/b", "level=2.5 battery=3.6", .keyValue, .unsure),
        Case("a/b", "{\"p\": 1}", .json, .unsure), Case("a/b", "{\"p\": ", .brokenJSON, .unsure),
        Case("a/b", "on", .text, .unsure), Case("a/b", "10:35:00", .text, .unsure),
        Case("a/b", "", .empty, .unsure, .service), Case("a/b", " \n", .empty, .unsure, .service),
    ]

    @Test("each family is told by its topics and its payloads", arguments: servers + home + field + forms)
    func families(example: Case) throws {
        let guess = try guess(example.topic, Array(example.payload.utf8))
        #expect(guess.family == example.family, "\(guess.reason)")
        #expect(guess.certainty == example.certainty, "\(guess.reason)")
        #expect(guess.role == example.role, "\(guess.reason)")
        #expect(!guess.reason.isEmpty && !guess.reason.hasSuffix("."))
    }

    @Test("bytes are binary, SenML in CBOR, or a number that ends in a zero byte")
    func bytes() throws {
        #expect(try guess("a/b", [1, 2, 0xff, 0]).family == .binary)
        // [{0: "temperature", 2: 18.4}], RFC 8428, 6.
        let cbor: [UInt8] = [0x81, 0xa2, 0x00, 0x61, 0x74, 0x02, 0xf9, 0x4c, 0x9a]
        #expect(try guess("a/b", cbor).family == .senMLCBOR)
        #expect(try guess("a/b", Array("12.5\0".utf8)).family == .number)
    }

    @Test("Zigbee2MQTT is found below any base topic where its bridge is, and knows the models of devices there")
    func zigbeeBase() throws {
        var ears = Ears([])
        let devices = """
            [{"friendly_name": "cellar/leak", "definition": {"vendor": "Aqara", "model": "SJCGQ11LM"}}, \
            {"friendly_name": "x"}, {"friendly_name": "Coordinator", "definition": null}]
            """
        ears.hear("house/zigbee/bridge/devices", devices + String(repeating: " ", count: 5000), isRetained: true)
        ears.hear("house/zigbee/cellar/leak", #"{"water_leak": false}"#)
        let group = try #require(ears.discovery().group("house/zigbee/cellar/leak"))
        #expect(group.family.family == .zigbee2MQTT)
        #expect(group.models == ["Aqara SJCGQ11LM"])
    }

    @Test("a message of a network server that the gateway's decoder refuses is not certain, and the reason is told")
    func refused() throws {
        let guess = try guess("x/y", Array(#"{"cmd": "rx", "EUI": "A8", "data": "not digits", "fcnt": 1}"#.utf8))
        #expect(guess.family == .loriot)
        #expect(guess.certainty == .unsure)
        #expect(guess.reason.contains("the gateway cannot read this message"))
    }

    @Test("a payload of which only the beginning was kept is not called broken")
    func cut() throws {
        let guess = try guess("a/b", Array(("{\"a\": \"" + String(repeating: "x", count: 9000) + "\"}").utf8))
        #expect(guess.family == .json)
        #expect(guess.reason.contains("first 4096"))
    }
}
