internal import Diagnostics
internal import Foundation
internal import MQTT

extension TLSSettings {
    /// Reads `tls: true`, or a mapping with the certificates.
    static func read(_ node: YAMLNode, _ context: YAMLContext, problems: inout [Diagnostic]) -> TLSSettings {
        if node.scalar?.string == "true" { return TLSSettings() }
        var reader = YAMLReader(node, "TLS")
        defer { problems += reader.finish() }
        func file(_ key: String) -> String? {
            guard let text = reader.scalar(key) else { return nil }
            let path = context.path(text.string)
            if !FileManager.default.isReadableFile(atPath: path) {
                reader.report("unreadable-file", "the file \(path) of '\(key)' cannot be read", at: text.location)
            }
            if key == "key" { Secret.warnIfOpen(path, &reader, at: text.location) }
            return path
        }
        let settings = TLSSettings(authorities: file("ca"), certificate: file("certificate"), key: file("key"))
        if (settings.certificate == nil) != (settings.key == nil) {
            reader.report("half-certificate", "a client certificate needs both 'certificate' and 'key'")
        }
        return settings
    }
}
