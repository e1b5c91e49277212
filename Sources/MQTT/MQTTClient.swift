internal import CMosquitto
internal import Glibc
internal import Logging

/// One connection to a broker: libmosquitto's handle, driven by its owner's thread and by a ``ConnectionStateMachine``.
///
/// Both directions use it: ``BrokerConnection`` for readings, and ``Publisher``. It has no thread of its own, so that
/// nothing can end without its owner's knowledge. Every failure leads to another attempt.
///
/// Not thread-safe: every call comes from one thread, and the client calls its handlers on that thread.
final class MQTTClient {
    /// The direction of the messages.
    enum Direction {
        /// The broker keeps the session, and ``write()`` acknowledges what was read.
        case readings(filters: [String], left: Set<String>)
        /// Each link has a new session.
        case publishing
    }

    /// The functions that the client calls when something happens.
    struct Handlers {
        var connected: () -> Void = {}
        var ended: () -> Void = {}
        /// Called for PUBACK, with the packet's identifier and the reason code.
        var acknowledged: (Int32, Int32) -> Void = { _, _ in }
    }

    /// The longest time that a broker may take to CONNACK, even if the keepalive is longer.
    private static let answerSecondsMax = 30

    var settings: ConnectionSettings
    var handlers = Handlers()
    var subscriptions: Subscriptions
    private let isPublishing: Bool
    let logger: Logger
    private var machine: ConnectionStateMachine
    private(set) var handle: OpaquePointer?
    private var generator = SystemRandomNumberGenerator()
    private var connectResult: Int32?
    private var resumptions = ResumptionCount()
    /// The function to which ``read(atMost:while:_:)`` passes each message; `nil` outside that call.
    private var take: ((IncomingMessage) -> Void)?
    /// Messages that came with CONNACK in one TLS record, before the owner knows of the session. The next read passes
    /// them on.
    private var early: [EarlyMessage] = []
    var duplicateFlag = DuplicateFlag()
    /// Set if the broker has begun a session since the owner last checked.
    var hasBegunSession = false
    /// Set while an acknowledgement waits to be written: any other write would send it too.
    private var holdsAcknowledgements = false
    private var nextMisc = 0.0
    /// The text that the library logged about a failed attempt to connect.
    private var libraryError: String?

    init(_ settings: ConnectionSettings, _ direction: Direction, logger: Logger) {
        self.settings = settings
        self.logger = logger
        machine = ConnectionStateMachine(
            settings.protocolVersion, answerSeconds: Double(min(settings.keepaliveSeconds, Self.answerSecondsMax)),
            clientID: settings.clientID,
            reconnectSecondsMax: settings.reconnectSecondsMax)
        switch direction {
        case .readings(let filters, let left):
            isPublishing = false
            subscriptions = Subscriptions(filters, left: left)
        case .publishing:
            isPublishing = true
            subscriptions = Subscriptions([])
        }
    }

    deinit { if let handle { mosquitto_destroy(handle) } }

    var isConnected: Bool { machine.isUp }
    var version: ConnectionStateMachine.Version { machine.version }

    /// The longest time that the owner may wait before it calls ``keepUp()``.
    var millisecondsUntilDue: Int32 {
        guard let due = machine.due else { return 1000 }
        return Int32(max(0, min(1000, (due - MonotonicClock.seconds()) * 1000 + 1)))
    }

    /// Connects if that is due, and repeats refused subscriptions. Call it once per turn of the owner's loop.
    func keepUp() {
        if machine.isConnecting { advanceHandshake() }
        // After DISCONNECT from the broker, the library closes the socket and reports no error.
        if machine.isUp || machine.isConnecting, handle.map({ mosquitto_socket($0) < 0 }) ?? true {
            fail("the broker has ended the connection", isAnswer: true)
        }
        perform(.turn)
        guard machine.isUp, let handle else { return }
        keepSubscriptions(handle)
    }

    /// Waits until the broker has sent something, the socket can accept waiting data, `wake` is readable, or the time
    /// is over.
    func wait(milliseconds: Int32, wake: Int32) {
        var descriptors = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
        if let handle, case let socket = mosquitto_socket(handle), socket >= 0 {
            var events = Int16(POLLIN)
            // On a link for readings, the waiting packets may be acknowledgements that are held back on purpose.
            if isPublishing || machine.isConnecting, mosquitto_want_write(handle) { events |= Int16(POLLOUT) }
            descriptors.append(pollfd(fd: socket, events: events, revents: 0))
        }
        _ = poll(&descriptors, nfds_t(descriptors.count), early.isEmpty ? max(0, milliseconds) : 0)
    }

    /// Reads at most `limit` packets that have arrived, as long as `mayTakeMore` returns true, and calls `take` for
    /// each message among them.
    /// - Returns: whether there may be more to read.
    func read(atMost limit: Int, while mayTakeMore: () -> Bool, _ take: (IncomingMessage) -> Void) -> Bool {
        // The library's callback finds the closure here; it is called from inside `mosquitto_loop_read` only.
        withoutActuallyEscaping(take) { take in
            self.take = take
            defer { self.take = nil }
            return readPackets(atMost: limit, while: mayTakeMore, take)
        }
    }

    private func readPackets(atMost limit: Int, while mayTakeMore: () -> Bool, _ take: (IncomingMessage) -> Void)
        -> Bool
    {
        guard let handle, mosquitto_socket(handle) >= 0 else { return false }
        if machine.isUp, !early.isEmpty {
            for message in early { message.hand(to: take) }
            early.removeAll()
        }
        for _ in 0..<limit {
            guard hasInput(handle) else { return false }
            guard mayTakeMore() else { return true }
            let code = mosquitto_loop_read(handle, 1)
            let cause = errno
            if let result = connectResult {
                connectResult = nil
                perform(.answered(result))
                // The owner must know that a session is new before it gets the first message of it.
                if machine.isUp, !isPublishing { return self.handle != nil }
            }
            // A refusal has removed the handle.
            guard self.handle == handle else { return false }
            if code != MOSQ_ERR_SUCCESS.code {
                fail(code, cause)
                return false
            }
            // If the other end closes during the TLS handshake, the library would ask to read again, forever.
            if machine.isConnecting, hasEnded(mosquitto_socket(handle)) {
                fail("the other end closed the connection before it answered", isAnswer: true)
                return false
            }
        }
        return true
    }

    /// Writes everything that waits, including acknowledgements, and keeps the link alive.
    func write() {
        // The owner has not got the early messages yet, so they must not be acknowledged.
        guard early.isEmpty, let handle, mosquitto_socket(handle) >= 0 else { return }
        holdsAcknowledgements = false
        let now = MonotonicClock.seconds()
        if machine.isUp, now >= nextMisc {
            nextMisc = now + 1
            let code = mosquitto_loop_misc(handle)
            if code != MOSQ_ERR_SUCCESS.code { return fail(code, errno) }
        }
        flush(handle)
    }

    /// Changes the subscriptions: at once if connected, and on every later link.
    func subscribe(to wanted: [String]) {
        let new = subscriptions.want(wanted)
        if machine.isUp, let handle { subscribe(handle, new) }
    }

    /// Ends the link and discards data that waits to be written. The client then connects again.
    /// - Parameters:
    ///   - isAnswer: the other end was reached, and hung up or answered with something other than MQTT.
    ///   - isUnreadable: the broker sent a packet that the library cannot read.
    func fail(_ trouble: String, isAnswer: Bool = false, isUnreadable: Bool = false) {
        var trouble = trouble
        if machine.isUp, !subscriptions.isAnswered { trouble += " (before it answered a subscription)" }
        if let libraryError { trouble += ": \(libraryError)" }
        perform(.failed(trouble, isAnswer: isAnswer, isUnreadable: isUnreadable))
    }

    /// Sends DISCONNECT and stays disconnected. The broker keeps the session.
    func disconnect() {
        if machine.isUp, early.isEmpty, let handle {
            mosquitto_disconnect_v5(handle, 0, nil)
            _ = mosquitto_loop_write(handle, 1)
        }
        perform(.closed)
    }

    // MARK: - The machine's actions

    private func perform(_ event: ConnectionStateMachine.Event) {
        switch machine.handle(event, at: MonotonicClock.seconds(), using: &generator) {
        case .none: break
        case .open(let version): open(version)
        case .announce: announce()
        case .close(let report): close(report)
        }
    }

    private func open(_ version: ConnectionStateMachine.Version) {
        close(nil)
        do {
            let number = version == .v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311
            let me = Unmanaged.passUnretained(self).toOpaque()
            let handle = try Library.makeHandle(settings, cleanSession: isPublishing, version: number, userData: me)
            self.handle = handle
            setCallbacks(handle)
            if isPublishing {
                mosquitto_int_option(handle, MOSQ_OPT_SEND_MAXIMUM, 1000)
            } else {
                // With this the library writes nothing from inside a read.
                mosquitto_threaded_set(handle, true)
                if version == .v5 { setConnectProperties(handle) }
            }
            // The other calls block for minutes if nobody answers.
            let code = mosquitto_connect_async(
                handle, settings.host, Int32(settings.port), Int32(settings.keepaliveSeconds))
            if code != MOSQ_ERR_SUCCESS.code { fail(Library.text(code, errno)) }
        } catch {
            fail(error.description)
        }
    }

    private func announce() {
        guard let handle else { return }
        // The library makes a text of every packet for the callback, which is worth its cost only for the DUP flag.
        if isPublishing { mosquitto_log_callback_set(handle, nil) }
        if !isPublishing, resumptions.current == 0 { hasBegunSession = true }
        libraryError = nil
        nextMisc = 0
        if isPublishing {
            logger.info("connected", metadata: brokerMetadata)
        } else {
            logger.notice("connected to the broker", metadata: brokerMetadata)
        }
        // Call this before the first write, which may end the link.
        handlers.connected()
        subscribe(handle, subscriptions.connected(at: MonotonicClock.seconds()))
        flushUnlessHeld(handle)
    }

    private func close(_ report: ConnectionStateMachine.Report?) {
        connectResult = nil
        libraryError = nil
        holdsAcknowledgements = false
        early.removeAll()
        if let handle {
            self.handle = nil
            mosquitto_destroy(handle)
            handlers.ended()
        }
        guard let report else { return }
        if !report.isWarning { return logger.notice("\(report.text)", metadata: brokerMetadata) }
        let link = isPublishing ? "no connection" : "no connection to the broker"
        logger.warning("\(link), trying again until there is one: \(report.text)", metadata: brokerMetadata)
    }

    /// Sets the library's log callback, which gives the DUP flags of messages.
    private func readDuplicateFlags() {
        guard let handle else { return }
        duplicateFlag.connected(
            handle, isResumed: resumptions.current > 0, underWayMax: version == .v5 ? settings.receiveMaximum : nil)
    }

    /// Gives the handle its CONNECT properties.
    ///
    /// Only the blocking call accepts properties. It stores them before it looks at the host, and returns at once if
    /// there is no host. The asynchronous call then sends them. A test checks that the session outlives the link, so a
    /// library that behaves otherwise is noticed.
    private func setConnectProperties(_ handle: OpaquePointer) {
        var properties: OpaquePointer?
        mosquitto_property_add_int32(
            &properties, Int32(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue), settings.sessionExpirySeconds)
        // The library reads a packet into memory as a whole before it can be checked, so the broker must not send
        // larger ones.
        mosquitto_property_add_int32(
            &properties, Int32(MQTT_PROP_MAXIMUM_PACKET_SIZE.rawValue), settings.packetBytesMax)
        _ = mosquitto_connect_bind_v5(handle, nil, 0, Int32(settings.keepaliveSeconds), nil, properties)
        mosquitto_property_free_all(&properties)
    }

    // MARK: - The link

    /// Advances TCP, TLS and CONNECT. This also works while the owner does not read.
    private func advanceHandshake() {
        guard let handle, case let socket = mosquitto_socket(handle), socket >= 0 else { return }
        var descriptor = pollfd(fd: socket, events: 0, revents: 0)
        if poll(&descriptor, 1, 0) > 0, descriptor.revents & Int16(POLLERR) != 0 {
            var code: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &length)
            if code != 0 { return fail(String(cString: strerror(code)), isAnswer: code == ECONNRESET) }
        }
        flushUnlessHeld(handle)
    }

    /// Writes CONNECT or SUBSCRIBE, unless an acknowledgement would be sent with it.
    private func flushUnlessHeld(_ handle: OpaquePointer) {
        guard !holdsAcknowledgements, mosquitto_socket(handle) >= 0 else { return }
        flush(handle)
    }

    private func flush(_ handle: OpaquePointer) {
        guard mosquitto_want_write(handle) else { return }
        let code = mosquitto_loop_write(handle, 1)
        if code != MOSQ_ERR_SUCCESS.code { fail(code, errno) }
    }

    private func fail(_ code: Int32, _ cause: Int32) {
        let isAnswer =
            switch code {
            case MOSQ_ERR_CONN_LOST.code, MOSQ_ERR_PROTOCOL.code, MOSQ_ERR_MALFORMED_PACKET.code: true
            case MOSQ_ERR_ERRNO.code: cause == 0 || cause == ECONNRESET || cause == EPIPE
            default: false
            }
        let isUnreadable =
            code == MOSQ_ERR_PROTOCOL.code || code == MOSQ_ERR_MALFORMED_PACKET.code
            || code == MOSQ_ERR_MALFORMED_UTF8.code
        fail(Library.text(code, cause), isAnswer: isAnswer, isUnreadable: isUnreadable)
    }

    /// Returns whether the other end has closed the connection and everything it sent has been read.
    private func hasEnded(_ socket: Int32) -> Bool {
        var byte: UInt8 = 0
        let count = recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
    }

    private func hasInput(_ handle: OpaquePointer) -> Bool {
        var descriptor = pollfd(fd: mosquitto_socket(handle), events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) > 0
    }

    // MARK: - What the library calls

    private static func client(_ me: UnsafeMutableRawPointer) -> MQTTClient {
        Unmanaged<MQTTClient>.fromOpaque(me).takeUnretainedValue()
    }

    private func setCallbacks(_ handle: OpaquePointer) {
        mosquitto_connect_v5_callback_set(handle) { _, me, reason, flags, _ in
            guard let me else { return }
            let client = MQTTClient.client(me)
            client.connectResult = reason
            client.resumptions.answered(reason, flags: flags)
            if reason == 0, !client.isPublishing { client.readDuplicateFlags() }
        }
        mosquitto_disconnect_v5_callback_set(handle) { _, me, reason, _ in
            if let me { MQTTClient.client(me).perform(.goodbye(reason)) }
        }
        mosquitto_message_v5_callback_set(handle) { _, me, message, _ in
            guard let me, let message = message?.pointee, let topic = message.topic else { return }
            let client = MQTTClient.client(me)
            if message.qos > 0 { client.holdsAcknowledgements = true }
            let incoming = IncomingMessage(
                topic: UnsafeRawBufferPointer(start: topic, count: strlen(topic)),
                payload: UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen)),
                qos: message.qos, isRetained: message.retain, identifier: UInt16(truncatingIfNeeded: message.mid),
                isDuplicate: message.qos > 0 && client.duplicateFlag.isSet, resumption: client.resumptions.current)
            // The library reads on while TLS has more data, so the message may have come together with CONNACK.
            if client.connectResult == nil, let take = client.take {
                take(incoming)
            } else {
                client.early.append(EarlyMessage(incoming))
            }
            if message.qos > 0 { client.duplicateFlag.passed(client.handle) }
        }
        mosquitto_publish_v5_callback_set(handle) { _, me, id, reason, _ in
            if let me { MQTTClient.client(me).handlers.acknowledged(id, reason) }
        }
        mosquitto_subscribe_v5_callback_set(handle) { _, me, id, count, codes, _ in
            // Each SUBSCRIBE has one filter, so SUBACK has one code.
            if let me, count > 0, let code = codes?.pointee { MQTTClient.client(me).subscribed(id, code) }
        }
        mosquitto_unsubscribe_v5_callback_set(handle) { _, me, id, _ in
            if let me { MQTTClient.client(me).unsubscribed(id) }
        }
        mosquitto_log_callback_set(handle) { _, me, level, text in
            guard let me, level == Int32(MOSQ_LOG_ERR), let text else { return }
            // The cause is the last part of "OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed".
            let cause = String(cString: text).split(separator: ":").last
            MQTTClient.client(me).libraryError = cause.map { String($0.drop { $0 == " " }) }
        }
    }

    /// The broker and the client, for the log.
    var brokerMetadata: Logger.Metadata {
        ["broker": "\(settings.host):\(settings.port)", "client": "\(settings.clientID)"]
    }
}
