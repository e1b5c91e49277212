/// What to do about messages that no profile reads.
enum ProfileAdvice {
    /// Returns a sentence with the page to read; it has no full stop.
    static func text(_ family: Family) -> String {
        switch family {
        case .chirpStack4, .chirpStack3, .theThingsStack, .loriot, .thingPark, .helium:
            "write one for the sensor's bytes: docs/profiles.md, 'Binary payloads' and 'LoRaWAN network servers'"
        case .chirpStackGateway: "nothing is to be read there"
        case .zigbee2MQTT:
            "copy one of Devices/profiles/zigbee2mqtt and change its readings: docs/devices.md, 'Write a profile'"
        case .tasmota, .shellyGen1, .shellyGen2, .homie4, .espHome, .zwaveJS, .weeWX:
            "write one with its topics: docs/profiles.md, 'Several messages of one device'"
        case .homie5:
            "the shipped profile is for Homie 3 and 4, so write one: docs/profiles.md, 'Several messages of one device'"
        case .rtl433, .openMQTTGateway, .meshtasticJSON, .domoticz, .thingsBoard:
            "write one that finds the device in the payload: docs/profiles.md, 'Several devices on one topic'"
        case .sparkplugB:
            "write one with its metrics, whose names are in the births that come when a node connects: "
                + "docs/profiles.md, 'Sparkplug B'"
        case .meshtasticProtobuf: "profiles do not read protobuf, so switch JSON on in the radio's MQTT module"
        case .senMLCBOR:
            "copy Devices/profiles/senml.yaml, and change its topic, its records, and its format to senml_cbor: "
                + "docs/devices.md, 'SenML'"
        case .senMLJSON: "copy Devices/profiles/senml.yaml and change its topic and records: docs/devices.md, 'SenML'"
        case .number, .text: "write one with 'format: text': docs/profiles.md, 'Formats'"
        case .csv, .keyValue:
            "write one with 'format: \(family == .csv ? "csv" : "key_value")': docs/profiles.md, 'Formats'"
        case .ecowitt, .json: "write one: docs/devices.md, 'Write a profile'"
        case .brokenJSON: "look at what the device sends: docs/devices.md, 'What is read of a payload'"
        case .binary: "write one if you know what the bytes mean: docs/profiles.md, 'Binary payloads'"
        case .homeAssistant, .ownTracks, .tocsin, .empty: "nothing is to be read there"
        }
    }
}
