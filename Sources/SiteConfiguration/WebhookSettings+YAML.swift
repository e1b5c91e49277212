internal import Diagnostics
internal import MQTT
internal import Telemetry
internal import Uplink

extension WebhookSettings {
    static func read(_ reader: inout YAMLReader, _ context: YAMLContext) -> WebhookSettings? {
        let url = reader.required("url")
        var settings = WebhookSettings(url: url?.string ?? "")
        settings.timeout = reader.span("timeout") ?? settings.timeout
        settings.secret = Secret.read(&reader, "secret", context)
        settings.authorization = Secret.read(&reader, "authorization", context)
        if let node = reader.node("tls") {
            let tls = TLSSettings.read(node, context, problems: &reader.problems)
            (settings.authorities, settings.certificate, settings.key) = (tls.authorities, tls.certificate, tls.key)
        }
        if let authorization = settings.authorization,
            !authorization.value.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
        {
            reader.report(
                "bad-secret",
                "the webhook's 'authorization' has a line break or another character that an HTTP header cannot have")
        }
        if let secret = settings.secret, secret.value.utf8.count < 16 {
            reader.report(
                "weak-secret",
                "the webhook's secret has \(secret.value.utf8.count) bytes; a signature needs at least 16")
        }
        if let url, !WebhookSettings.isAllowed(url.string) {
            reader.report(
                "bad-url", "'\(url.string)' is not an https:// address without a password", at: url.location,
                hint: "http:// is only allowed to this machine itself")
        }
        return url == nil ? nil : settings
    }
}
