internal import Foundation

/// The size and the port of the bytes that a LoRaWAN device has sent.
struct UplinkBytes: Hashable, Sendable {
    var count: Int
    var port: Int

    init(count: Int, port: Int) {
        self.count = count
        self.port = port
    }

    /// `nil` if the message has no bytes.
    init?(_ node: JSONNode, _ family: Family) {
        let places: (bytes: String, port: String, isHexadecimal: Bool)
        switch family {
        case .chirpStack4, .chirpStack3: places = ("/data", "/fPort", false)
        case .theThingsStack:
            let place = node["uplink_message"] == nil ? "/data" : ""
            places = ("\(place)/uplink_message/frm_payload", "\(place)/uplink_message/f_port", false)
        case .loriot: places = ("/data", "/port", true)
        case .thingPark: places = ("/DevEUI_uplink/payload_hex", "/DevEUI_uplink/FPort", true)
        case .helium: places = ("/payload", "/port", false)
        default: return nil
        }
        guard let text = node.at(places.bytes)?.text, !text.isEmpty else { return nil }
        count = places.isHexadecimal ? text.utf8.count / 2 : Data(base64Encoded: text)?.count ?? 0
        port = node.at(places.port)?.name.flatMap { Int($0) } ?? 1
        guard count > 0 else { return nil }
    }
}
