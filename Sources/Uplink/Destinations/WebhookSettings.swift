internal import Foundation
package import MQTT
package import Telemetry

/// The address and the settings of a post over HTTPS.
package struct WebhookSettings: Sendable {
    package var url: String
    /// The key of the signature; without one nothing is signed.
    package var secret: Secret?
    /// The value of the header `Authorization`.
    package var authorization: Secret?
    /// The time limit of a whole request, from the connection to the end of the answer.
    package var timeout: TimeSpan
    /// A file of trusted certificates, instead of the system's; a client certificate and its key.
    package var authorities: String?
    package var certificate: String?
    package var key: String?

    package init(url: String, secret: Secret? = nil, timeout: TimeSpan = .seconds(10)) {
        self.url = url
        self.secret = secret
        self.timeout = timeout
    }

    /// The address without parts that may be secret: services put keys into the path and the query.
    package var shownURL: String {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme, let host = parts.host else {
            return "the webhook's address"
        }
        return "\(scheme)://\(host)\(parts.port.map { ":\($0)" } ?? "")"
            + (parts.path.count > 1 || parts.query != nil || parts.fragment != nil ? "/…" : "")
    }

    /// Allows HTTPS to any host, and plain HTTP only to this machine itself.
    package static func isAllowed(_ url: String) -> Bool {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty, parts.user == nil else {
            return false
        }
        return parts.scheme == "https"
            || parts.scheme == "http" && ["localhost", "127.0.0.1", "::1", "[::1]"].contains(host)
    }
}
