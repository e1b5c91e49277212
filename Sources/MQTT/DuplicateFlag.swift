internal import CMosquitto
internal import Foundation

/// Knows of each message whether the broker marks it as sent again (DUP), which libmosquitto tells only its log.
///
/// The library hands a message over without its DUP flag, but logs the packet first, on the same thread. That costs an
/// allocation a message. Under MQTT v5 a broker may send a message again only after a session was resumed (4.4). So the
/// library is asked to log from then on, until as many messages in a row as can be under way were not marked. Under
/// 3.1.1 a broker may send a message again at any time, and the library goes on logging.
struct DuplicateFlag {
    /// Of the message that is handed over next. A log line that this code cannot read leaves it true: the packet
    /// identifier and the bytes then decide alone.
    private(set) var isSet = false
    /// How many messages in a row may still come without a mark before none with one is expected any more.
    private var unmarked = 0
    /// How many messages can be under way at once; `nil` where a broker may send again at any time.
    private var underWayMax: Int?

    /// - Parameters:
    ///   - isResumed: the broker has kept the session. Without one it has nothing to send again.
    ///   - underWayMax: how many messages can be under way at once; `nil` where the broker may send one again at any
    ///     time.
    mutating func connected(_ handle: OpaquePointer, isResumed: Bool, underWayMax: Int?) {
        self.underWayMax = underWayMax
        unmarked = underWayMax.map { isResumed ? $0 : 0 } ?? 1
        isSet = unmarked > 0
        guard unmarked > 0 else { return mosquitto_log_callback_set(handle, nil) }
        mosquitto_log_callback_set(handle) { _, me, _, text in
            guard let me, let text else { return }
            Unmanaged<MQTTClient>.fromOpaque(me).takeUnretainedValue().duplicateFlag.read(text)
        }
    }

    /// Takes a line of the library's log: `Client gateway received PUBLISH (d1, q1, r0, m5, 'topic', ... (9 bytes))`.
    mutating func read(_ line: UnsafePointer<CChar>) {
        // The first one of the line: a topic stands behind it, and cannot be mistaken for it.
        guard let mark = strstr(line, " received PUBLISH (d") else { return }
        isSet = mark[20] != CChar(UInt8(ascii: "0"))
    }

    /// To be called after each message of QoS 1 was handed over.
    mutating func passed(_ handle: OpaquePointer?) {
        guard unmarked > 0 else { return }
        if let underWayMax { unmarked = isSet ? underWayMax : unmarked - 1 }
        isSet = unmarked > 0
        if unmarked == 0, let handle { mosquitto_log_callback_set(handle, nil) }
    }
}
