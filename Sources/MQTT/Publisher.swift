internal import CMosquitto
internal import Foundation
package import Logging
internal import Synchronization

/// A connection that publishes, on libmosquitto's own thread, and reconnects by itself.
///
/// It is never the connection that readings come in on, not even to the same broker: a publish there would
/// let acknowledgements go that are still held back.
package final class Publisher: Sendable {
    private struct State {
        var isConnected = false
        var waiters: [Int32: CheckedContinuation<Void, any Error>] = [:]
        var lastTrouble: String?
        var acknowledged = 0
    }

    private let state = Mutex(State())
    private let settings: ConnectionSettings
    private let logger: Logger
    /// libmosquitto locks its handle itself; it is set once in `init` and read from then on.
    private nonisolated(unsafe) let handle: OpaquePointer
    private let context: Context

    /// What the C callbacks see: it outlives the handle, since the publisher owns both.
    private final class Context: Sendable {
        let publisher = Mutex<WeakPublisher>(WeakPublisher())
        func callAsFunction(_ body: (Publisher) -> Void) {
            if let publisher = publisher.withLock({ $0.value }) { body(publisher) }
        }
    }

    private struct WeakPublisher: Sendable {
        weak var value: Publisher?
    }

    package init(_ settings: ConnectionSettings, logger: Logger) throws(MQTTError) {
        self.settings = settings
        self.logger = logger
        context = Context()
        let pointer = Unmanaged.passUnretained(context).toOpaque()
        let version = settings.protocolVersion == .v311 ? MQTT_PROTOCOL_V311 : MQTT_PROTOCOL_V5
        handle = try Library.makeHandle(settings, cleanSession: true, version: version, userData: pointer)
        context.publisher.withLock { $0.value = self }
        setCallbacks()
        mosquitto_int_option(handle, MOSQ_OPT_SEND_MAXIMUM, 1000)
        mosquitto_reconnect_delay_set(handle, UInt32.random(in: 1...3), 60, true)
    }

    deinit {
        mosquitto_disconnect(handle)
        mosquitto_loop_stop(handle, true)
        mosquitto_destroy(handle)
    }

    /// Starts connecting; returns at once.
    package func start() throws(MQTTError) {
        let code = mosquitto_connect_async(handle, settings.host, Int32(settings.port), Int32(settings.keepaliveSeconds))
        if code != MOSQ_ERR_SUCCESS.code { note(Library.text(code)) }
        let started = mosquitto_loop_start(handle)
        if started != MOSQ_ERR_SUCCESS.code { throw MQTTError("no thread for the connection: \(Library.text(started))") }
    }

    package var isConnected: Bool { state.withLock(\.isConnected) }
    /// How many messages the broker has acknowledged.
    package var acknowledged: Int { state.withLock(\.acknowledged) }

    /// Publishes at QoS 1 and returns when the broker has acknowledged.
    /// - Throws: ``MQTTError`` without a connection, when it is lost before the acknowledgement, or when the
    ///   broker refuses the message.
    /// - Parameter contentType: what the payload is, told to receivers that speak MQTT 5.
    package func publish(topic: String, payload: [UInt8], retain: Bool = false, contentType: String? = nil) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                // The lock is held over the call, so that the acknowledgement cannot come before its waiter.
                let problem: MQTTError? = state.withLock { state in
                    guard state.isConnected else { return MQTTError("no connection to \(settings.host):\(settings.port)") }
                    do throws(MQTTError) {
                        state.waiters[try send(topic, payload, qos: 1, retain, contentType)] = continuation
                        return nil
                    } catch {
                        return error
                    }
                }
                if let problem { continuation.resume(throwing: problem) }
            }
        } onCancel: {
            fail(with: CancellationError())
        }
    }

    /// Publishes without waiting for an acknowledgement; at QoS 1 libmosquitto repeats it until it comes.
    package func post(topic: String, payload: [UInt8], qos: Int32 = 1) throws(MQTTError) {
        _ = try send(topic, payload, qos: qos, false, nil)
    }

    private func send(_ topic: String, _ payload: [UInt8], qos: Int32, _ retain: Bool, _ contentType: String?) throws(MQTTError) -> Int32 {
        var id: Int32 = 0
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        if let contentType, settings.protocolVersion != .v311 {
            mosquitto_property_add_string(&properties, Int32(MQTT_PROP_CONTENT_TYPE.rawValue), contentType)
        }
        let code = payload.withUnsafeBytes {
            mosquitto_publish_v5(handle, &id, topic, Int32($0.count), $0.baseAddress, qos, retain, properties)
        }
        if code != MOSQ_ERR_SUCCESS.code { throw MQTTError("cannot publish to \(topic): \(Library.text(code))") }
        return id
    }

    private func setCallbacks() {
        mosquitto_connect_v5_callback_set(handle) { _, me, reason, _, _ in
            guard let me else { return }
            Unmanaged<Context>.fromOpaque(me).takeUnretainedValue()() { $0.connected(reason) }
        }
        mosquitto_disconnect_v5_callback_set(handle) { _, me, reason, _ in
            guard let me else { return }
            Unmanaged<Context>.fromOpaque(me).takeUnretainedValue()() { $0.disconnected(reason) }
        }
        mosquitto_publish_v5_callback_set(handle) { _, me, id, reason, _ in
            guard let me else { return }
            Unmanaged<Context>.fromOpaque(me).takeUnretainedValue()() { $0.acknowledged(id, reason) }
        }
    }

    private func connected(_ reason: Int32) {
        guard reason == 0 else { return note("the broker refuses the connection: \(Library.reasonText(reason))") }
        state.withLock {
            $0.isConnected = true
            $0.lastTrouble = nil
        }
        logger.info("connected", metadata: ["broker": "\(settings.host):\(settings.port)"])
    }

    private func disconnected(_ reason: Int32) {
        state.withLock { $0.isConnected = false }
        if reason != 0 { note(Library.text(reason)) }
        fail(with: MQTTError("the connection was lost before the acknowledgement"))
    }

    private func acknowledged(_ id: Int32, _ reason: Int32) {
        let waiter = state.withLock { state in
            state.acknowledged += 1
            return state.waiters.removeValue(forKey: id)
        }
        // From 0x80 on a reason code is a refusal (MQTT v5, 2.4).
        if reason >= 0x80 {
            waiter?.resume(throwing: MQTTError("the broker refuses the message: \(Library.reasonText(reason))"))
        } else {
            waiter?.resume()
        }
    }

    private func fail(with error: any Error) {
        let waiters = state.withLock { state in
            defer { state.waiters.removeAll() }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume(throwing: error) }
    }

    /// Says once what is wrong with the link, until it is something else.
    private func note(_ trouble: String) {
        let isNew = state.withLock { state in
            defer { state.lastTrouble = trouble }
            return state.lastTrouble != trouble
        }
        if isNew {
            logger.warning(
                "no connection, trying again until there is: \(trouble)", metadata: ["broker": "\(settings.host):\(settings.port)"])
        }
    }
}
