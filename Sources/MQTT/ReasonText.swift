internal import CMosquitto

/// Returns the meaning of a broker's codes. MQTT 3.1.1 and 5 use the same numbers for different things.
enum ReasonText {
    static let sessionTakenOver = Int32(MQTT_RC_SESSION_TAKEN_OVER.rawValue)

    /// The library's code for a link on which the broker did not answer a ping.
    static let keepalive = MOSQ_ERR_KEEPALIVE.code

    /// Returns whether PUBACK says that the message itself is wrong. A refusal that a person can correct at the broker,
    /// such as a missing permission, is not permanent.
    static func isPermanentRefusal(_ code: Int32) -> Bool {
        [MQTT_RC_TOPIC_NAME_INVALID, MQTT_RC_PACKET_TOO_LARGE, MQTT_RC_PAYLOAD_FORMAT_INVALID].contains {
            Int32($0.rawValue) == code
        }
    }

    /// Returns the text of a reason code of MQTT 5 (2.4).
    static func reason(_ code: Int32) -> String { named(String(cString: mosquitto_reason_string(code)), code) }

    /// Returns why CONNACK refuses the connection.
    ///
    /// If an old broker refuses a CONNECT of MQTT 5, libmosquitto reports that with the code of MQTT 5.
    static func refusal(_ code: Int32, _ version: ConnectionStateMachine.Version) -> String {
        version == .v311 && (1...5).contains(code)
            ? named(String(cString: mosquitto_connack_string(code)), code) : reason(code)
    }

    static func isVersionRefusal(_ code: Int32, _ version: ConnectionStateMachine.Version) -> Bool {
        code == Int32(MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION.rawValue) || code == 1
    }

    /// Returns why SUBACK refuses a filter. MQTT 3.1.1 has one code, 0x80, for every reason.
    static func subscription(_ code: Int32, _ version: ConnectionStateMachine.Version) -> String {
        version == .v311 ? "MQTT 3.1.1 gives no reason" : reason(code)
    }

    /// Turns the library's text into part of a sentence: it has a full stop and may begin with "Connection Refused: ".
    private static func named(_ text: String, _ code: Int32) -> String {
        var text = text[...]
        if text.hasSuffix(".") { text.removeLast() }
        if let colon = text.firstRange(of: "Connection Refused: ") { text = text[colon.upperBound...] }
        return "\(text) (\(code < 0x80 ? "\(code)" : "0x\(String(code, radix: 16))"))"
    }
}
