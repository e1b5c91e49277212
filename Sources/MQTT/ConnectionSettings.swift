/// How to reach a broker, and as whom.
package struct ConnectionSettings: Sendable {
    package enum ProtocolVersion: String, Sendable, CaseIterable {
        /// MQTT v5, and 3.1.1 where the broker refuses it.
        ///
        /// 3.1.1 has no answer for a message that is refused: the broker acknowledges it and drops it, or hangs up
        /// (3.3.5). A refused subscription has one code for all reasons (3.9.3).
        case auto
        case v5 = "5"
        case v311 = "3.1.1"
    }

    package var host: String
    package var port: Int
    package var clientID: String
    package var protocolVersion: ProtocolVersion = .auto
    package var keepaliveSeconds = 30
    /// How long to wait at most before the next attempt to connect.
    package var reconnectSecondsMax = ReconnectBackoff.longestSeconds
    /// How long a broker may take to acknowledge a message that is published.
    package var acknowledgementSeconds = 60
    package var username: String?
    package var password: Secret?
    package var tls: TLSSettings?
    /// How long the broker keeps the session, and what came in meanwhile, after the link is gone (v5).
    package var sessionExpirySeconds: UInt32 = 604_800
    /// How many messages the broker may send before the first is acknowledged (v5). libmosquitto asks for
    /// 20 unless it is told, which at one commit in 250 ms would be 80 messages a second.
    package var receiveMaximum = 1000
    /// Longer packets the broker keeps to itself, where MQTT 5 is spoken. More than the largest payload that may be
    /// allowed.
    package var packetBytesMax: UInt32 = 18 << 20

    package init(host: String, port: Int, clientID: String) {
        self.host = host
        self.port = port
        self.clientID = clientID
    }
}

/// TLS 1.2 or later, with the broker's certificate verified against its name; that cannot be switched off.
package struct TLSSettings: Sendable {
    /// A file of trusted certificates; `nil` for the system's.
    package var authorities: String?
    /// A client certificate and its key.
    package var certificate: String?
    package var key: String?

    package init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
    }
}

/// Something that libmosquitto refused, in its own words.
package struct MQTTError: Error, CustomStringConvertible, Sendable {
    package let description: String
    /// Another try with the same message cannot work: it is too large for the broker, or wrong in itself.
    package let isPermanent: Bool

    init(_ description: String, isPermanent: Bool = false) {
        self.description = description
        self.isPermanent = isPermanent
    }
}
