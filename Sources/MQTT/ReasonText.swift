internal import CMosquitto

/// What the codes of a broker mean, by protocol version: 3.1.1 and 5 use the same numbers for different things.
enum ReasonText {
    static let sessionTakenOver = Int32(MQTT_RC_SESSION_TAKEN_OVER.rawValue)

    /// What the library says of a link on which a ping was not answered.
    static let keepalive = MOSQ_ERR_KEEPALIVE.code

    /// Whether PUBACK says that the message itself is wrong. What a person can mend at the broker, such as a missing
    /// right, is not among that.
    static func isPermanentRefusal(_ code: Int32) -> Bool {
        [MQTT_RC_TOPIC_NAME_INVALID, MQTT_RC_PACKET_TOO_LARGE, MQTT_RC_PAYLOAD_FORMAT_INVALID].contains {
            Int32($0.rawValue) == code
        }
    }

    /// A reason code of MQTT 5 (2.4).
    static func reason(_ code: Int32) -> String { named(String(cString: mosquitto_reason_string(code)), code) }

    /// Why CONNACK says no.
    ///
    /// libmosquitto reports the refusal of an old broker to a CONNECT of MQTT 5 with the code of MQTT 5.
    static func refusal(_ code: Int32, _ version: ConnectionStateMachine.Version) -> String {
        version == .v311 && (1...5).contains(code)
            ? named(String(cString: mosquitto_connack_string(code)), code) : reason(code)
    }

    static func isVersionRefusal(_ code: Int32, _ version: ConnectionStateMachine.Version) -> Bool {
        code == Int32(MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION.rawValue) || code == 1
    }

    /// Why SUBACK refuses a filter; 3.1.1 has the one code 0x80 for every reason.
    static func subscription(_ code: Int32, _ version: ConnectionStateMachine.Version) -> String {
        version == .v311 ? "MQTT 3.1.1 gives no reason" : reason(code)
    }

    /// The library's texts with their full stop, or "Connection Refused: not authorised.", as a part of a sentence.
    private static func named(_ text: String, _ code: Int32) -> String {
        var text = text[...]
        if text.hasSuffix(".") { text.removeLast() }
        if let colon = text.firstRange(of: "Connection Refused: ") { text = text[colon.upperBound...] }
        return "\(text) (\(code < 0x80 ? "\(code)" : "0x\(String(code, radix: 16))"))"
    }
}
