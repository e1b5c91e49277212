internal import CMosquitto
internal import Glibc

/// Reads from libmosquitto's log whether the broker marks a message as sent again (DUP).
///
/// The library passes a message on without its DUP flag, but logs the packet first, on the same thread. The log costs
/// an allocation for each message. In MQTT 5, a broker may send a message again only after a session was resumed (4.4).
/// So the library logs from then on, until as many messages in a row as can be under way were not marked. In 3.1.1, a
/// broker may send a message again at any time, and the library always logs.
struct DuplicateFlag {
    /// The flag of the next message.
    ///
    /// It stays set if the log cannot be read. Then the packet identifier and the bytes alone decide.
    private(set) var isSet = false
    /// The number of unmarked messages that must still come before the log is switched off.
    private var unmarked = 0
    /// The most messages that can be under way at once; `nil` if the broker may send a message again at any time.
    private var underWayMax: Int?

    /// Begins a new link.
    /// - Parameters:
    ///   - isResumed: set if the broker has kept the session. In a new session it has nothing to send again.
    ///   - underWayMax: the most messages that can be under way at once; `nil` if the broker may send a message again
    ///     at any time.
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

    /// Reads a line of the library's log: `Client gateway received PUBLISH (d1, q1, r0, m5, 'topic', ... (9 bytes))`.
    mutating func read(_ line: UnsafePointer<CChar>) {
        // The first match is the right one, since the topic comes after it.
        guard let mark = strstr(line, " received PUBLISH (d") else { return }
        isSet = mark[20] != CChar(UInt8(ascii: "0"))
    }

    /// Call this after each message of QoS 1.
    mutating func passed(_ handle: OpaquePointer?) {
        guard unmarked > 0 else { return }
        if let underWayMax { unmarked = isSet ? underWayMax : unmarked - 1 }
        isSet = unmarked > 0
        if unmarked == 0, let handle { mosquitto_log_callback_set(handle, nil) }
    }
}
