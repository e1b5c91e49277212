internal import Diagnostics
internal import MQTT
internal import Telemetry

extension ConnectionSettings {
    /// Reads a connection to a broker.
    /// - Parameters:
    ///   - what: the broker's name in messages: `the broker`.
    ///   - defaultClient: the client identifier if the file has none; `nil`: the file must have one.
    static func read(
        _ node: YAMLNode, _ what: String, defaultClient: String?, _ context: YAMLContext,
        problems: inout [Diagnostic]
    ) -> ConnectionSettings? {
        var reader = YAMLReader(node, what)
        defer { problems += reader.finish() }
        let tls = reader.node("tls").map { TLSSettings.read($0, context, problems: &reader.problems) }
        let host = reader.required("host")
        let port = reader.int("port", in: 1...65_535) ?? (tls == nil ? 1883 : 8883)
        let client = reader.string("client_id") ?? defaultClient
        if client == nil {
            reader.reportMissing(
                "client_id", "the broker keeps the session under this name, so it must stay the same")
        }
        guard let host, let client else { return nil }
        var settings = ConnectionSettings(host: host.string, port: port, clientID: client)
        settings.tls = tls
        settings.protocolVersion =
            reader.value("protocol", expected: "auto, 5 or 3.1.1") { ProtocolVersion(rawValue: $0) } ?? .auto
        // The keep-alive has two bytes in CONNECT (MQTT v5, 3.1.2.10).
        if let keepalive = reader.span("keepalive", in: .seconds(5)...(.seconds(65_535))) {
            settings.keepaliveSeconds = Int(keepalive.seconds)
        }
        settings.username = reader.string("username")
        settings.password = Secret.read(&reader, "password", context)
        settings.receiveMaximum = reader.int("receive_maximum", in: 20...65_535) ?? settings.receiveMaximum
        if let expiry = reader.span("session_expiry") {
            settings.sessionExpirySeconds = UInt32(clamping: Int64(expiry.seconds))
        }
        return settings
    }
}
