internal import CMosquitto
internal import Glibc

/// Sets up libmosquitto once for the process, and creates its handles.
enum Library {
    static let isReady: Bool = {
        // OpenSSL writes with write(2), so SIGPIPE would end the process when a broker closes a TLS connection.
        signal(SIGPIPE, SIG_IGN)
        return mosquitto_lib_init() == MOSQ_ERR_SUCCESS.code
    }()

    /// Returns the meaning of an error code of the library.
    /// - Parameter cause: `errno` after the failed call.
    static func text(_ code: Int32, _ cause: Int32) -> String {
        // The system does not call the end of a connection an error: its text would be "Success".
        if code == MOSQ_ERR_ERRNO.code {
            return cause == 0
                ? "the other end closed the connection in the middle of a packet" : String(cString: strerror(cause))
        }
        let text = String(cString: mosquitto_strerror(code))
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    /// Creates a handle with protocol version, credentials and TLS settings.
    /// - Throws: ``MQTTError`` if the library refuses a setting, such as a certificate that cannot be read.
    static func makeHandle(
        _ settings: ConnectionSettings, cleanSession: Bool, version: Int32, userData: UnsafeMutableRawPointer?
    ) throws(MQTTError) -> OpaquePointer {
        guard isReady, let handle = mosquitto_new(settings.clientID, cleanSession, userData) else {
            throw MQTTError("libmosquitto cannot create a client '\(settings.clientID)'")
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
        // 1 is SSL_VERIFY_PEER. libmosquitto uses TLS 1.2 or later unless a version is set.
        try check(mosquitto_tls_opts_set(handle, 1, nil, nil), "set the TLS options")
    }

    private static func check(_ code: Int32, _ what: String) throws(MQTTError) {
        if code != MOSQ_ERR_SUCCESS.code { throw MQTTError("cannot \(what): \(text(code, errno))") }
    }
}

extension mosq_err_t {
    var code: Int32 { Int32(rawValue) }
}
