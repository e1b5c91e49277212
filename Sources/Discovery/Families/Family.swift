/// A family of messages: a program, a network server or a convention that decides how topics and payloads look.
package enum Family: String, Sendable, CaseIterable, Encodable {
    case chirpStack4 = "chirpstack-4"
    case chirpStack3 = "chirpstack-3"
    case chirpStackGateway = "chirpstack-gateway"
    case theThingsStack = "the-things-stack-3"
    case loriot, thingPark = "thingpark", helium
    case zigbee2MQTT = "zigbee2mqtt"
    case tasmota
    case shellyGen1 = "shelly-gen1"
    case shellyGen2 = "shelly-gen2"
    case homie4 = "homie-4"
    case homie5 = "homie-5"
    case homeAssistant = "home-assistant"
    case sparkplugB = "sparkplug-b"
    case senMLJSON = "senml-json"
    case senMLCBOR = "senml-cbor"
    case ecowitt, weeWX = "weewx", rtl433 = "rtl-433"
    case openMQTTGateway = "openmqttgateway"
    case zwaveJS = "zwave-js-ui"
    case espHome = "esphome"
    case ownTracks = "owntracks"
    case meshtasticJSON = "meshtastic-json"
    case meshtasticProtobuf = "meshtastic-protobuf"
    case thingsBoard = "thingsboard"
    case domoticz, tocsin
    case number, csv, keyValue = "key-value", json, brokenJSON = "broken-json", text, binary, empty

    /// The name that people read.
    package var name: String {
        switch self {
        case .chirpStack4: "ChirpStack 4"
        case .chirpStack3: "ChirpStack 3"
        case .chirpStackGateway: "ChirpStack gateway"
        case .theThingsStack: "The Things Stack"
        case .loriot: "LORIOT"
        case .thingPark: "ThingPark"
        case .helium: "Helium"
        case .zigbee2MQTT: "Zigbee2MQTT"
        case .tasmota: "Tasmota"
        case .shellyGen1: "Shelly Gen1"
        case .shellyGen2: "Shelly Gen2+"
        case .homie4: "Homie 3 or 4"
        case .homie5: "Homie 5"
        case .homeAssistant: "Home Assistant"
        case .sparkplugB: "Sparkplug B"
        case .senMLJSON: "SenML (JSON)"
        case .senMLCBOR: "SenML (CBOR)"
        case .ecowitt: "Ecowitt"
        case .weeWX: "WeeWX"
        case .rtl433: "rtl_433"
        case .openMQTTGateway: "OpenMQTTGateway"
        case .zwaveJS: "Z-Wave JS UI"
        case .espHome: "ESPHome"
        case .ownTracks: "OwnTracks"
        case .meshtasticJSON: "Meshtastic (JSON)"
        case .meshtasticProtobuf: "Meshtastic (protobuf)"
        case .thingsBoard: "ThingsBoard"
        case .domoticz: "Domoticz"
        case .tocsin: "Tocsin"
        case .number: "plain number"
        case .csv: "CSV"
        case .keyValue: "key=value"
        case .json: "JSON"
        case .brokenJSON: "broken JSON"
        case .text: "text"
        case .binary: "binary"
        case .empty: "empty"
        }
    }

    /// True for a LoRaWAN network server whose messages profiles read with `envelope: lorawan`.
    var isNetworkServer: Bool {
        switch self {
        case .chirpStack4, .chirpStack3, .theThingsStack, .loriot, .thingPark, .helium: true
        default: false
        }
    }

    /// True if the payload's form alone has decided, and nothing says who sent it.
    package var isForm: Bool {
        switch self {
        case .number, .csv, .keyValue, .json, .brokenJSON, .text, .binary, .empty: true
        default: false
        }
    }
}
