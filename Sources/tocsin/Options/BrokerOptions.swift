import ArgumentParser
import Foundation
import MQTT
internal import SiteConfiguration

/// The broker that a command listens to: one of the command line, or that of the configuration.
struct BrokerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The broker: mqtt://host, mqtt://host:1883, or mqtts://host with TLS. Without it: the broker of the \
            configuration.
            """, valueName: "url"))
    var broker: String?

    @Option(help: ArgumentHelp("The broker's host, instead of --broker.", valueName: "name"))
    var host: String?

    @Option(help: ArgumentHelp("The port of --host.", valueName: "number"))
    var port: Int?

    @Option(help: ArgumentHelp("The user name at the broker.", valueName: "name"))
    var username: String?

    @Option(
        help: ArgumentHelp("A file with the password at the broker.", valueName: "file"), completion: .file())
    var passwordFile: String?

    @Option(
        help: ArgumentHelp(
            "A file of trusted certificates for TLS. Without it: the system's.", valueName: "file"),
        completion: .file())
    var ca: String?

    /// Set if the command line names the broker.
    var isNamed: Bool { broker != nil || host != nil }

    func validate() throws {
        if broker != nil, host != nil { throw ValidationError("Use either --broker or --host.") }
        if port != nil, host == nil { throw ValidationError("--port belongs to --host; --broker has its port in it.") }
        if let port, !(1...65_535).contains(port) { throw ValidationError("--port must be from 1 to 65535.") }
        if !isNamed, username != nil || passwordFile != nil || ca != nil {
            throw ValidationError(
                "Name the broker with --broker or --host, or leave its settings to the configuration.")
        }
        if isNamed { _ = try address() }
    }

    /// Returns the settings of a connection of its own, with an identifier that no other client has.
    /// - Throws: the exit code, after printing what is wrong.
    func settings(_ config: ConfigOption) throws -> ConnectionSettings {
        var settings = isNamed ? try namedSettings() : try config.read().broker
        settings.clientID = Self.clientID()
        settings.sessionExpirySeconds = 0
        // A person waits for it.
        settings.reconnectSecondsMax = 2
        return settings
    }

    /// An identifier that no other client has: with that of the gateway, the broker would end the gateway's link. It
    /// has 23 characters, which every broker accepts (MQTT 3.1.1, 3.1.3.1).
    private static func clientID() -> String {
        let digits = String(UInt64.random(in: 0..<1 << 28), radix: 16)
        return "tocsin-discover-" + String(repeating: "0", count: 7 - digits.count) + digits
    }

    private func namedSettings() throws -> ConnectionSettings {
        let address = try address()
        var settings = ConnectionSettings(host: address.host, port: address.port, clientID: "")
        settings.username = username ?? address.user
        if let passwordFile {
            guard let secret = Secret(file: passwordFile) else {
                Terminal.complain("the file \(passwordFile) with the password cannot be read")
                throw Failure.noInput
            }
            settings.password = secret
        }
        if address.isTLS {
            if let ca, !FileManager.default.isReadableFile(atPath: ca) {
                Terminal.complain("the file \(ca) with the certificates cannot be read")
                throw Failure.noInput
            }
            settings.tls = TLSSettings(authorities: ca)
        }
        return settings
    }

    /// - Throws: `ValidationError` if the address cannot be read.
    private func address() throws -> (host: String, port: Int, isTLS: Bool, user: String?) {
        if let host { return (host, port ?? (ca == nil ? 1883 : 8883), ca != nil, nil) }
        let text = broker ?? ""
        let whole = text.contains("://") ? text : "mqtt://\(text)"
        guard let url = URLComponents(string: whole), let host = url.host, !host.isEmpty, url.path.count <= 1,
            url.query == nil
        else { throw ValidationError("'\(text)' is not the address of a broker, such as mqtt://localhost:1883.") }
        let isTLS: Bool
        switch url.scheme {
        case "mqtt", "tcp": isTLS = false
        case "mqtts", "ssl", "tls": isTLS = true
        default: throw ValidationError("A broker's address begins with mqtt:// or, with TLS, mqtts://.")
        }
        if ca != nil, !isTLS { throw ValidationError("--ca is for TLS: write mqtts:// in --broker.") }
        if url.password != nil {
            throw ValidationError("A password on the command line can be read by others: use --password-file.")
        }
        // The brackets around an address of IPv6 are of the URL only.
        let plain = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        return (plain, url.port ?? (isTLS ? 8883 : 1883), isTLS, url.user)
    }
}
