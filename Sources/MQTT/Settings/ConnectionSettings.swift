/// The settings for reaching a broker, and the client's identity there.
package struct ConnectionSettings: Sendable {
    package enum ProtocolVersion: String, Sendable, CaseIterable {
        /// MQTT 5, or 3.1.1 if the broker refuses MQTT 5.
        ///
        /// In 3.1.1, a broker cannot refuse a message: it acknowledges and drops it, or hangs up (3.3.5). A refused
        /// subscription has one code for all reasons (3.9.3).
        case auto
        case v5 = "5"
        case v311 = "3.1.1"
    }

    package var host: String
    package var port: Int
    package var clientID: String
    package var protocolVersion: ProtocolVersion = .auto
    package var keepaliveSeconds = 30
    /// The longest pause before the next attempt to connect.
    package var reconnectSecondsMax = ReconnectBackoff.longestSeconds
    /// The longest time that the broker may take to acknowledge a published message.
    package var acknowledgementSeconds = 60
    package var username: String?
    package var password: Secret?
    package var tls: TLSSettings?
    /// The time that the broker keeps the session and its messages after the link ends (MQTT 5).
    package var sessionExpirySeconds: UInt32 = 604_800
    /// The most messages that the broker may send before the first is acknowledged (MQTT 5).
    ///
    /// libmosquitto's default is 20, which allows 80 messages a second with a commit every 250 ms.
    package var receiveMaximum = 1000
    /// The longest packet that the broker may send (MQTT 5). It is above the largest payload that a configuration can
    /// allow.
    package var packetBytesMax: UInt32 = 18 << 20

    package init(host: String, port: Int, clientID: String) {
        self.host = host
        self.port = port
        self.clientID = clientID
    }
}
