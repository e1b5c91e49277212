/// The certificates of a TLS connection.
///
/// The connection uses TLS 1.2 or later and verifies the broker's certificate and name. Neither can be switched off.
package struct TLSSettings: Sendable {
    /// The path of a file of trusted certificates (PEM); `nil` for the system's certificates.
    package var authorities: String?
    /// The path of the client's certificate (PEM); `nil` for none.
    package var certificate: String?
    /// The path of the key of ``certificate`` (PEM).
    package var key: String?

    package init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
    }
}
