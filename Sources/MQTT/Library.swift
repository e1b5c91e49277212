internal import CMosquitto
internal import Foundation

/// libmosquitto's global state, made once for the life of the process.
enum Library {
    static let isReady: Bool = {
        // OpenSSL writes with write(2): a broker that closes a TLS connection would otherwise end the process.
        signal(SIGPIPE, SIG_IGN)
        return mosquitto_lib_init() == MOSQ_ERR_SUCCESS.code
    }()

    /// - Parameter cause: `errno` as the failed call left it.
    static func text(_ code: Int32, _ cause: Int32) -> String {
        // An end of the connection is no error to the system, whose text for it would be "Success".
        if code == MOSQ_ERR_ERRNO.code {
            return cause == 0
                ? "the other end closed the connection in the middle of a packet" : String(cString: strerror(cause))
        }
        let text = String(cString: mosquitto_strerror(code))
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    /// A handle with its credentials and TLS set; the protocol version is `version`.
    static func makeHandle(
        _ settings: ConnectionSettings, cleanSession: Bool, version: Int32, userData: UnsafeMutableRawPointer?
    ) throws(MQTTError) -> OpaquePointer {
        guard isReady, let handle = mosquitto_new(settings.clientID, cleanSession, userData) else {
            throw MQTTError("libmosquitto could not make a client '\(settings.clientID)'")
        }
        do throws(MQTTError) {
            try check(mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, version), "set the protocol version")
            try check(
                mosquitto_int_option(handle, MOSQ_OPT_RECEIVE_MAXIMUM, Int32(settings.receiveMaximum)),
                "set the receive maximum")
            try check(mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1), "set TCP_NODELAY")
            if let username = settings.username {
                try check(mosquitto_username_pw_set(handle, username, settings.password?.value), "set the user name")
            }
            if let tls = settings.tls { try apply(tls, to: handle) }
        } catch {
            mosquitto_destroy(handle)
            throw error
        }
        return handle
    }

    private static func apply(_ tls: TLSSettings, to handle: OpaquePointer) throws(MQTTError) {
        let useSystem = tls.authorities == nil
        if useSystem {
            try check(mosquitto_int_option(handle, MOSQ_OPT_TLS_USE_OS_CERTS, 1), "use the system's certificates")
        }
        try check(
            mosquitto_tls_set(
                handle, tls.authorities, useSystem ? "/etc/ssl/certs" : nil, tls.certificate, tls.key, nil),
            "load the TLS files")
        // 1 is SSL_VERIFY_PEER. libmosquitto's floor is TLS 1.2 unless a version is forced.
        try check(mosquitto_tls_opts_set(handle, 1, nil, nil), "set the TLS options")
    }

    private static func check(_ code: Int32, _ what: String) throws(MQTTError) {
        if code != MOSQ_ERR_SUCCESS.code { throw MQTTError("could not \(what): \(text(code, errno))") }
    }
}

extension mosq_err_t {
    var code: Int32 { Int32(rawValue) }
}
