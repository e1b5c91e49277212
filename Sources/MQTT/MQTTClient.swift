internal import CMosquitto
internal import Foundation
internal import Logging

/// One connection to a broker: libmosquitto's handle, driven by its owner's thread and by a ``ConnectionStateMachine``.
///
/// Both directions use it: ``BrokerConnection`` for readings, and ``Publisher``. It owns no thread, so that nothing can
/// end behind its owner's back; every failure leads to another attempt.
///
/// Not thread-safe; every call comes from one thread, and so does everything that it calls.
final class MQTTClient {
    /// Which way messages go.
    enum Direction {
        /// The session is kept, and what was read is acknowledged only by ``write()``.
        case readings(filters: [String], left: Set<String>)
        /// The session is new with each link.
        case publishing
    }

    /// Calls its owner.
    struct Handlers {
        var connected: () -> Void = {}
        var ended: () -> Void = {}
        /// PUBACK came: the packet's identifier, and the reason code.
        var acknowledged: (Int32, Int32) -> Void = { _, _ in }
    }

    /// How long a broker may take to CONNACK at most, however long it may be silent later.
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
    /// What the caller of ``read(atMost:while:_:)`` does with a message; `nil` outside that call.
    private var take: ((IncomingMessage) -> Void)?
    /// Messages that came with CONNACK in one TLS record, before the owner knows of the session. They are handed over
    /// with the next read.
    private var early: [EarlyMessage] = []
    var duplicateFlag = DuplicateFlag()
    /// The broker has begun a session since its owner looked last.
    var hasBegunSession = false
    /// An acknowledgement waits to be written: nothing else may be, as it would let that go as well.
    private var holdsAcknowledgements = false
    private var nextMisc = 0.0
    /// What the library logged of a connection that could not be made.
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

    /// How long the owner may wait at most before it calls ``keepUp()``.
    var millisecondsUntilDue: Int32 {
        guard let due = machine.due else { return 1000 }
        return Int32(max(0, min(1000, (due - Self.monotonicSeconds()) * 1000 + 1)))
    }

    /// Connects if that is due, and asks again for what was refused. Call it once a turn.
    func keepUp() {
        if machine.isConnecting { advanceHandshake() }
        // The broker has said goodbye; the library then closes the socket, and calls it no error.
        if machine.isUp || machine.isConnecting, handle.map({ mosquitto_socket($0) < 0 }) ?? true {
            fail("the broker has ended the connection", isAnswer: true)
        }
        perform(.turn)
        guard machine.isUp, let handle else { return }
        keepSubscriptions(handle)
    }

    /// Waits until the broker has sent something, something can be written that waits for it, `wake` is readable, or
    /// the time is over.
    func wait(milliseconds: Int32, wake: Int32) {
        var descriptors = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
        if let handle, case let socket = mosquitto_socket(handle), socket >= 0 {
            var events = Int16(POLLIN)
            // What waits may be acknowledgements that are held back; those do not wait for the socket.
            if isPublishing || machine.isConnecting, mosquitto_want_write(handle) { events |= Int16(POLLOUT) }
            descriptors.append(pollfd(fd: socket, events: events, revents: 0))
        }
        _ = poll(&descriptors, nfds_t(descriptors.count), early.isEmpty ? max(0, milliseconds) : 0)
    }

    /// Reads at most `limit` packets that have arrived, as long as `mayTakeMore` says so, and calls `take` for each
    /// message among them.
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
                // What a session begins with is read only when its owner knows that it is new.
                if machine.isUp, !isPublishing { return self.handle != nil }
            }
            // A refusal has taken the handle away.
            guard self.handle == handle else { return false }
            if code != MOSQ_ERR_SUCCESS.code {
                fail(code, cause)
                return false
            }
            // The library takes the end of a connection during the TLS handshake for a reason to read again, without
            // end.
            if machine.isConnecting, hasEnded(mosquitto_socket(handle)) {
                fail("the other end closed the connection before it answered", isAnswer: true)
                return false
            }
        }
        return true
    }

    /// Writes everything that waits, acknowledgements with it, and keeps the link alive.
    func write() {
        // Whoever has not had a message cannot let its acknowledgement go.
        guard early.isEmpty, let handle, mosquitto_socket(handle) >= 0 else { return }
        holdsAcknowledgements = false
        let now = Self.monotonicSeconds()
        if machine.isUp, now >= nextMisc {
            nextMisc = now + 1
            let code = mosquitto_loop_misc(handle)
            if code != MOSQ_ERR_SUCCESS.code { return fail(code, errno) }
        }
        flush(handle)
    }

    /// Changes the subscriptions, now if connected and at every connection from now on.
    func subscribe(to wanted: [String]) {
        let new = subscriptions.want(wanted)
        if machine.isUp, let handle { subscribe(handle, new) }
    }

    /// Throws the link away, and with it whatever waits to be written; another is made.
    /// - Parameter isAnswer: the other end was reached, and answered with something else than MQTT or hung up.
    func fail(_ trouble: String, isAnswer: Bool = false, isUnreadable: Bool = false) {
        var trouble = trouble
        if machine.isUp, !subscriptions.isAnswered { trouble += " (before it answered a subscription)" }
        if let libraryError { trouble += ": \(libraryError)" }
        perform(.failed(trouble, isAnswer: isAnswer, isUnreadable: isUnreadable))
    }

    /// Says goodbye, for ever; the session stays with the broker.
    func disconnect() {
        if machine.isUp, early.isEmpty, let handle {
            mosquitto_disconnect_v5(handle, 0, nil)
            _ = mosquitto_loop_write(handle, 1)
        }
        perform(.closed)
    }

    // MARK: - The machine's actions

    private func perform(_ event: ConnectionStateMachine.Event) {
        switch machine.handle(event, at: Self.monotonicSeconds(), using: &generator) {
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
                // Nothing is written from inside a read.
                mosquitto_threaded_set(handle, true)
                if version == .v5 { setConnectProperties(handle) }
            }
            // The asynchronous call alone does not block for minutes where nobody answers.
            let code = mosquitto_connect_async(
                handle, settings.host, Int32(settings.port), Int32(settings.keepaliveSeconds))
            if code != MOSQ_ERR_SUCCESS.code { fail(Library.text(code, errno)) }
        } catch {
            fail(error.description)
        }
    }

    private func announce() {
        guard let handle else { return }
        // From now on the library would make a text of every packet for it, which only the mark of repeats is worth.
        if isPublishing { mosquitto_log_callback_set(handle, nil) }
        if !isPublishing, resumptions.current == 0 { hasBegunSession = true }
        libraryError = nil
        nextMisc = 0
        let place = place
        if isPublishing {
            logger.info("connected", metadata: place)
        } else {
            logger.notice("connected to the broker", metadata: place)
        }
        // Before anything is written, which may end the link.
        handlers.connected()
        subscribe(handle, subscriptions.connected(at: Self.monotonicSeconds()))
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
        if !report.isWarning { return logger.notice("\(report.text)", metadata: place) }
        let link = isPublishing ? "no connection" : "no connection to the broker"
        logger.warning("\(link), trying again until there is: \(report.text)", metadata: place)
    }

    /// Lets the library log what says which messages are sent again, and nothing else: it makes a text of every packet
    /// for it.
    private func readDuplicateFlags() {
        guard let handle else { return }
        duplicateFlag.connected(
            handle, isResumed: resumptions.current > 0, underWayMax: version == .v5 ? settings.receiveMaximum : nil)
    }

    /// Gives the handle its CONNECT properties.
    ///
    /// Only the blocking call takes them. It keeps them before it looks at the host, and without one it
    /// returns at once; the asynchronous call then sends them. A test sees that the session outlives the
    /// link, so a version of the library that does otherwise is noticed.
    private func setConnectProperties(_ handle: OpaquePointer) {
        var properties: OpaquePointer?
        mosquitto_property_add_int32(
            &properties, Int32(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue), settings.sessionExpirySeconds)
        // The library takes a packet into memory as a whole, before anything can look at it. The broker keeps larger
        // ones to itself.
        mosquitto_property_add_int32(
            &properties, Int32(MQTT_PROP_MAXIMUM_PACKET_SIZE.rawValue), settings.packetBytesMax)
        _ = mosquitto_connect_bind_v5(handle, nil, 0, Int32(settings.keepaliveSeconds), nil, properties)
        mosquitto_property_free_all(&properties)
    }

    // MARK: - The link

    /// Brings TCP, TLS and CONNECT forward. A gateway that cannot store anything connects all the same.
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

    /// Writes CONNECT or SUBSCRIBE without letting an acknowledgement go.
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

    /// Whether everything that the other end sent has been read, and no more can come.
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
            // The library reads on as long as TLS has more: this may have come together with CONNACK.
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
            // One filter a packet, so one code.
            if let me, count > 0, let code = codes?.pointee { MQTTClient.client(me).subscribed(id, code) }
        }
        mosquitto_unsubscribe_v5_callback_set(handle) { _, me, id, _ in
            if let me { MQTTClient.client(me).unsubscribed(id) }
        }
        mosquitto_log_callback_set(handle) { _, me, level, text in
            guard let me, level == Int32(MOSQ_LOG_ERR), let text else { return }
            // "OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed": the last part says what it
            // is.
            let words = String(cString: text).split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
            MQTTClient.client(me).libraryError = words
        }
    }

    var place: Logger.Metadata {
        ["broker": "\(settings.host):\(settings.port)", "client": "\(settings.clientID)"]
    }

    static func monotonicSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
