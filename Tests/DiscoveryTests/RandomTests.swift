import Devices
import Diagnostics
import Discovery
import Telemetry
import TestSupport
import Testing

/// Random topics and payloads, made of the parts by which families are told.
@Suite struct RandomTests {
    private static let levels = [
        "zigbee2mqtt", "bridge", "devices", "set", "availability", "tele", "stat", "cmnd", "SENSOR", "LWT", "shellies",
        "events", "rpc", "status", "temperature:0", "homie", "5", "$state", "$unit", "homeassistant", "config",
        "application", "device", "event", "up", "command", "gateway", "v3", "spBv1.0", "DDATA", "DBIRTH", "STATE",
        "msh",
        "2", "json", "e", "!a1b2c3d4", "rtl_433", "BTtoMQTT", "MQTTtoBT", "zwave", "nodeID_5", "endpoint_0",
        "owntracks",
        "loop", "outTemp_C", "domoticz", "in", "v1", "telemetry", "tocsin", "readings", "sensor", "state", "esphome",
        "temperature", "", "24e124136b000001", "kitchen", "{x}", "a b", "\u{202e}", "日本",
    ]

    private static let payloads = [
        "", "1", "12,5 °C", "on", "{}", "[]", "null", "{\"linkquality\": 1}", "{\"deviceInfo\": {}}",
        "{\"deviceInfo\": {}, \"data\": \"AQ==\", \"fPort\": 85, \"fCnt\": 1}", "{\"uplink_message\": 1}",
        "{\"data\": {\"uplink_message\": {}}}", "{\"EUI\": 1, \"cmd\": \"rx\", \"data\": \"0\"}",
        "{\"DevEUI_uplink\": []}",
        "{\"TempUnit\": \"F\", \"DS18B20\": {\"Temperature\": 68}}",
        "{\"temperature\": nan, \"model\": \"x\", \"id\": 1}",
        "[{\"n\": \"temperature\", \"v\": 1}]", "[{\"bn\": \"\", \"v\": \"x\"}, 1]", "{\"_type\": \"location\"}",
        "{\"idx\": 1, \"svalue\": \"2\"}", "a=1 b=2", "1;2;3", "PASSKEY=1&tempf=50&stationtype=x&baromrelin=3",
        "{\"usUnits\": 1, \"dateTime\": 2, \"outTemp_C\": 3}", "{\"src\": \"shelly-\", \"method\": \"NotifyX\"}",
        "{\"a\": ",
        "{\"specversion\": \"1\", \"type\": \"tocsin.x\"}", "{\"state_topic\": \"~\", \"unit_of_measurement\": \"°F\"}",
        "-",
    ]

    @Test("whatever is published, the guesses end, and the draft can be read", arguments: [1, 2, 3] as [UInt64])
    func draft(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var ears = Ears(try ShippedProfiles.all())
        for _ in 0..<1500 {
            let topic = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                Self.levels.randomElement(using: &random) ?? ""
            }.joined(separator: "/")
            var payload = Array((Self.payloads.randomElement(using: &random) ?? "").utf8)
            if Int.random(in: 0..<8, using: &random) == 0, let index = payload.indices.randomElement(using: &random) {
                payload[index] = UInt8.random(in: 0...255, using: &random)
            }
            ears.hear(topic, payload, isRetained: Bool.random(using: &random))
        }
        let found = ears.discovery()
        #expect(found.groups.map(\.topics.count).reduce(0, +) >= ears.heard.census.records.count)
        let text = InventoryStub.text(found, site: "random", source: "seed \(seed)")
        let parsed = try Site.parse(
            inventory: SourceFile(name: "draft.yaml", text: text), profiles: try ShippedProfiles.files())
        #expect(parsed.problems.map(\.message) == [], "seed \(seed)")
    }
}
