internal import CMosquitto
internal import Foundation
package import Logging

/// One connection to a broker for readings, driven by its owner's thread: what was read is acknowledged
/// only when the owner says so.
///
/// libmosquitto queues a PUBACK before it hands a message over, but with `mosquitto_threaded_set` it writes
/// nothing from inside `mosquitto_loop_read`. So the owner reads, commits, and then lets the
/// acknowledgements go with ``releaseAcknowledgements()``. Nothing is ever published on this handle, and
/// keep-alive packets go only together with acknowledgements: any write would let all of them go.
///
/// Not thread-safe; every call comes from one thread.
package final class BrokerConnection: BrokerLink {
    private enum Link {
        case down(retryAt: Double)
        case connecting(since: Double)
        case up(since: Double)
    }

    private var settings: ConnectionSettings
    private let logger: Logger
    private let handler: (IncomingMessage) -> Void
    private var filters: [String]
    private var handle: OpaquePointer?
    private var version: Int32
    private var link = Link.down(retryAt: 0)
    private var backoff = ReconnectBackoff()
    private var generator = SystemRandomNumberGenerator()
    /// Said once until it changes, however often it is tried.
    private var lastTrouble: String?
    private var connectResult: (reason: Int32, isResumed: Bool)?
    var duplicateFlag = DuplicateFlag()
    private var isNewSession = false
    /// How many connections went on with a session, and the number of the one that is up, or 0.
    private var resumptions = 0
    private var resumption = 0
    /// Why the broker has said that it ends the connection (v5).
    private var goodbye: Int32?
    private var nextMisc = 0.0
    /// How many links in a row ended soon after they were made.
    private var shortLinks = 0

    /// - Parameters:
    ///   - filters: what to subscribe to, at QoS 1.
    ///   - handler: called for every message from inside ``read(atMost:)``.
    package init(
        _ settings: ConnectionSettings, filters: [String], logger: Logger, handler: @escaping (IncomingMessage) -> Void
    ) {
        self.settings = settings
        self.filters = filters
        self.logger = logger
        self.handler = handler
        version = settings.protocolVersion == .v311 ? MQTT_PROTOCOL_V311 : MQTT_PROTOCOL_V5
    }

    deinit { if let handle { mosquitto_destroy(handle) } }

    package var isConnected: Bool { if case .up = link { true } else { false } }

    /// Waits until the broker has sent something, `wake` is readable, or the time is over.
    package func wait(milliseconds: Int32, wake: Int32) {
        var descriptors = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
        let socket = handle.map { mosquitto_socket($0) } ?? -1
        if socket >= 0 {
            var events = Int16(POLLIN)
            if case .connecting = link { events |= Int16(POLLOUT) }
            descriptors.append(pollfd(fd: socket, events: events, revents: 0))
        }
        _ = poll(&descriptors, nfds_t(descriptors.count), max(0, milliseconds))
    }

    /// Reads at most `limit` packets that are there; returns true if there may be more.
    package func read(atMost limit: Int) -> Bool {
        guard let handle, mosquitto_socket(handle) >= 0 else { return false }
        for _ in 0..<limit {
            guard hasInput(handle) else { return false }
            let code = mosquitto_loop_read(handle, 1)
            if let result = connectResult {
                finishConnecting(result.reason)
                // What a session begins with is read only when its owner knows that it is new.
                return self.handle != nil
            }
            if code != MOSQ_ERR_SUCCESS.code {
                lose(Library.text(code))
                return false
            }
        }
        return true
    }

    /// Lets the acknowledgements of everything read so far go, with whatever else waits to be written.
    package func releaseAcknowledgements() {
        guard let handle, mosquitto_socket(handle) >= 0 else { return }
        let now = Self.monotonicSeconds()
        if now >= nextMisc {
            nextMisc = now + 1
            let code = mosquitto_loop_misc(handle)
            if code != MOSQ_ERR_SUCCESS.code { return lose(Library.text(code)) }
        }
        if mosquitto_want_write(handle) {
            let code = mosquitto_loop_write(handle, 1)
            if code != MOSQ_ERR_SUCCESS.code { lose(Library.text(code)) }
        }
    }

    /// Connects if that is due. Call it once a turn.
    package func keepUp() {
        let now = Self.monotonicSeconds()
        switch link {
        case .down(let retryAt) where now >= retryAt: connect(now)
        case .connecting(let since) where now - since > Double(settings.keepaliveSeconds): lose("no answer from the broker")
        case .connecting: writeHandshake()
        // The broker has said goodbye; the library then closes the socket, and calls it no error.
        case .up where handle.map({ mosquitto_socket($0) < 0 }) ?? true: lose("the broker has ended the connection")
        default: break
        }
    }

    /// Throws away the link and with it every acknowledgement that was held back: the broker will send
    /// those messages again. For when they could not be stored.
    /// - Parameter receiveMaximum: how many the broker may send from the next connection on before the first is acknowledged.
    package func dropAcknowledgements(because reason: String, receiveMaximum: Int?) {
        if let receiveMaximum { settings.receiveMaximum = receiveMaximum }
        lose(reason)
    }

    package func hasNewSession() -> Bool {
        defer { isNewSession = false }
        return isNewSession
    }

    /// Changes the subscriptions, now if connected and at every connection from now on.
    package func subscribe(to wanted: [String]) {
        let gone = Set(filters).subtracting(wanted)
        let new = Set(wanted).subtracting(filters)
        filters = wanted
        guard isConnected, let handle else { return }
        for filter in gone { mosquitto_unsubscribe(handle, nil, filter) }
        if !new.isEmpty { subscribe(handle, new.sorted()) }
    }

    /// Says goodbye; the session stays with the broker. Call it after the last commit only.
    package func disconnect() {
        guard let handle else { return }
        if isConnected {
            mosquitto_disconnect_v5(handle, 0, nil)
            _ = mosquitto_loop_write(handle, 1)
        }
        mosquitto_destroy(handle)
        self.handle = nil
        link = .down(retryAt: .infinity)
    }

    // MARK: -

    /// Writes CONNECT or SUBSCRIBE. Nothing has been read on this handle yet but the broker's answer to CONNECT, so that no
    /// acknowledgement goes with them; a gateway that cannot store anything connects all the same.
    private func writeHandshake() {
        guard let handle, mosquitto_socket(handle) >= 0, mosquitto_want_write(handle) else { return }
        let code = mosquitto_loop_write(handle, 1)
        if code != MOSQ_ERR_SUCCESS.code { lose(Library.text(code)) }
    }

    private func connect(_ now: Double) {
        if let handle { mosquitto_destroy(handle) }
        handle = nil
        do {
            let me = Unmanaged.passUnretained(self).toOpaque()
            let handle = try Library.makeHandle(settings, cleanSession: false, version: version, userData: me)
            self.handle = handle
            setCallbacks(handle)
            mosquitto_threaded_set(handle, true)
            if version == MQTT_PROTOCOL_V5 { setSessionExpiry(handle) }
            // The asynchronous call alone does not block for minutes where nobody answers.
            let code = mosquitto_connect_async(handle, settings.host, Int32(settings.port), Int32(settings.keepaliveSeconds))
            guard code == MOSQ_ERR_SUCCESS.code else {
                return lose(code == MOSQ_ERR_ERRNO.code ? String(cString: strerror(errno)) : Library.text(code))
            }
            link = .connecting(since: now)
        } catch {
            lose(error.description)
        }
    }

    /// Gives the handle its CONNECT properties.
    ///
    /// Only the blocking call takes them. It keeps them before it looks at the host, and without one it
    /// returns at once; the asynchronous call then sends them. A test sees that the session outlives the
    /// link, so a version of the library that does otherwise is noticed.
    private func setSessionExpiry(_ handle: OpaquePointer) {
        var properties: OpaquePointer?
        mosquitto_property_add_int32(&properties, Int32(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue), settings.sessionExpirySeconds)
        _ = mosquitto_connect_bind_v5(handle, nil, 0, Int32(settings.keepaliveSeconds), nil, properties)
        mosquitto_property_free_all(&properties)
    }

    private func setCallbacks(_ handle: OpaquePointer) {
        mosquitto_connect_v5_callback_set(handle) { _, me, reason, flags, _ in
            guard let me else { return }
            Unmanaged<BrokerConnection>.fromOpaque(me).takeUnretainedValue().connectResult = (reason, flags & 1 == 1)
        }
        mosquitto_disconnect_v5_callback_set(handle) { _, me, reason, _ in
            guard let me else { return }
            Unmanaged<BrokerConnection>.fromOpaque(me).takeUnretainedValue().goodbye = reason
        }
        mosquitto_message_v5_callback_set(handle) { _, me, message, _ in
            guard let me, let message = message?.pointee, let topic = message.topic else { return }
            let connection = Unmanaged<BrokerConnection>.fromOpaque(me).takeUnretainedValue()
            connection.handler(
                IncomingMessage(
                    topic: UnsafeRawBufferPointer(start: topic, count: strlen(topic)),
                    payload: UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen)),
                    qos: message.qos, isRetained: message.retain, identifier: UInt16(truncatingIfNeeded: message.mid),
                    isDuplicate: message.qos > 0 && connection.duplicateFlag.isSet, resumption: connection.resumption))
            if message.qos > 0 { connection.duplicateFlag.passed(connection.handle) }
        }
    }

    private func finishConnecting(_ reason: Int32) {
        let isResumed = connectResult?.isResumed ?? false
        connectResult = nil
        guard let handle else { return }
        guard reason == 0 else {
            let isOldBroker = reason == Int32(MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION.rawValue) || reason == 1
            if isOldBroker, settings.protocolVersion == .auto, version == MQTT_PROTOCOL_V5 {
                version = MQTT_PROTOCOL_V311
                logger.notice("the broker knows no MQTT v5, going on with 3.1.1", metadata: place)
                link = .down(retryAt: 0)
                mosquitto_destroy(handle)
                self.handle = nil
                return
            }
            let text = version == MQTT_PROTOCOL_V5 ? Library.reasonText(reason) : String(cString: mosquitto_connack_string(reason))
            return lose("the broker refuses the connection: \(text)")
        }
        lastTrouble = nil
        if isResumed { resumptions += 1 } else { isNewSession = true }
        resumption = isResumed ? resumptions : 0
        duplicateFlag.connected(handle, isResumed: isResumed, underWayMax: version == MQTT_PROTOCOL_V5 ? settings.receiveMaximum : nil)
        link = .up(since: Self.monotonicSeconds())
        logger.notice("connected to the broker", metadata: place)
        subscribe(handle, filters)
        writeHandshake()
    }

    /// QoS 1; retained messages only for a subscription that is new, not at every reconnection.
    private func subscribe(_ handle: OpaquePointer, _ filters: [String]) {
        let options = version == MQTT_PROTOCOL_V5 ? Int32(MQTT_SUB_OPT_SEND_RETAIN_NEW.rawValue) : 0
        for filter in filters {
            let code = mosquitto_subscribe_v5(handle, nil, filter, 1, options, nil)
            if code != MOSQ_ERR_SUCCESS.code {
                logger.error("cannot subscribe to \(filter): \(Library.text(code))", metadata: place)
            }
        }
    }

    private func lose(_ trouble: String) {
        let now = Self.monotonicSeconds()
        // From 0x80 on it is the broker's own reason (MQTT v5, 2.4); below, what the library makes of the socket's end.
        var reason =
            switch goodbye {
            case Int32(MQTT_RC_SESSION_TAKEN_OVER.rawValue)?: "another client has the same identifier, and has taken the session"
            case let code? where code >= 0x80: "\(trouble): \(Library.reasonText(code))"
            default: trouble
            }
        goodbye = nil
        if case .up(let since) = link { shortLinks = now - since < ReconnectBackoff.stableSeconds ? shortLinks + 1 : 0 }
        // Brokers that do not say so end the link of the one when the other comes.
        if shortLinks >= 2 {
            reason += " (links end soon after they are made: another client may have the identifier \(settings.clientID) too)"
        }
        if case .up(let since) = link { backoff.linkEnded(afterSeconds: now - since) }
        if let handle { mosquitto_destroy(handle) }
        handle = nil
        connectResult = nil
        let wait = backoff.next(using: &generator)
        link = .down(retryAt: now + wait)
        if lastTrouble != reason {
            lastTrouble = reason
            logger.warning("no connection to the broker, trying again until there is: \(reason)", metadata: place)
        }
    }

    private func hasInput(_ handle: OpaquePointer) -> Bool {
        var descriptor = pollfd(fd: mosquitto_socket(handle), events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) > 0
    }

    private var place: Logger.Metadata {
        ["broker": "\(settings.host):\(settings.port)", "client": "\(settings.clientID)"]
    }

    private static func monotonicSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
