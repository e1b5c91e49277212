internal import CMosquitto
internal import Foundation
package import Logging
internal import Synchronization

/// A connection that publishes: a thread of its own drives the same ``MQTTClient`` as the sensors' side, and makes the
/// connection again for as long as the publisher lives.
///
/// It is never the connection that readings come in on, not even to the same broker: a publish there would
/// let acknowledgements go that are still held back.
package final class Publisher: Sendable {
    private let settings: ConnectionSettings
    private let logger: Logger
    private let queue: PublishQueue

    /// - Throws: ``MQTTError`` if the settings are of no use, such as a certificate that cannot be read.
    package init(_ settings: ConnectionSettings, logger: Logger) throws(MQTTError) {
        self.settings = settings
        self.logger = logger
        queue = try PublishQueue(place: "\(settings.host):\(settings.port)")
        // A mistake in the settings is told now, and not by a link that never comes up.
        mosquitto_destroy(
            try Library.makeHandle(settings, cleanSession: true, version: MQTT_PROTOCOL_V5, userData: nil))
    }

    deinit { queue.stop() }

    /// Starts connecting; returns at once.
    package func start() {
        let thread = Thread { [settings, logger, queue] in
            PublishLoop(MQTTClient(settings, .publishing, logger: logger), queue, settings).run()
        }
        thread.name = "tocsin-publisher"
        thread.stackSize = 1 << 20
        thread.start()
    }

    package var isConnected: Bool { queue.isConnected }
    /// How many messages the broker has acknowledged.
    package var acknowledged: Int { queue.acknowledged }

    /// Publishes at QoS 1 and returns when the broker has acknowledged.
    /// - Throws: ``MQTTError`` without a connection, when it is lost before the acknowledgement, or when the
    ///   broker refuses the message; permanent where it would refuse it again.
    /// - Parameter contentType: what the payload is, told to receivers that speak MQTT 5.
    package func publish(topic: String, payload: [UInt8], retain: Bool = false, contentType: String? = nil) async throws
    {
        let ticket = queue.nextTicket()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
                queue.add(
                    OutgoingMessage(
                        ticket: ticket, topic: topic, payload: payload, qos: 1, retain: retain, contentType: contentType
                    ), waiter)
            }
        } onCancel: {
            queue.cancel(ticket)
        }
    }

    /// Publishes without waiting for an acknowledgement; at QoS 1 it is repeated, also on a later connection, until it
    /// comes.
    /// - Throws: ``MQTTError`` if too much waits already.
    package func post(topic: String, payload: [UInt8], qos: Int32 = 1) throws(MQTTError) {
        try queue.post(
            OutgoingMessage(
                ticket: queue.nextTicket(), topic: topic, payload: payload, qos: qos, retain: false, contentType: nil))
    }
}

/// What a publisher's thread does.
private final class PublishLoop {
    private static let messagesPerTurn = 1000

    private let client: MQTTClient
    private let queue: PublishQueue
    /// Messages without an acknowledgement, by the packet's identifier.
    private var underWay: [Int32: OutgoingMessage] = [:]
    /// The oldest of them, since when it is the oldest, and when that was looked at.
    private var oldest: (ticket: UInt64?, since: ContinuousClock.Instant) = (nil, .now)
    private var oldestLookedAt = ContinuousClock.now
    private let acknowledgementTimeout: Duration

    init(_ client: MQTTClient, _ queue: PublishQueue, _ settings: ConnectionSettings) {
        self.client = client
        self.queue = queue
        acknowledgementTimeout = .seconds(settings.acknowledgementSeconds)
        client.handlers.connected = { [queue] in queue.setConnected(true) }
        client.handlers.ended = { [unowned self] in ended() }
        client.handlers.acknowledged = { [unowned self] in acknowledged($0, $1) }
    }

    func run() {
        while !queue.isStopped {
            client.keepUp()
            client.wait(milliseconds: client.millisecondsUntilDue, wake: queue.wakeDescriptor)
            queue.drainWake()
            if client.isConnected { send() }
            _ = client.read(atMost: 256, while: { true }, { _ in })
            client.write()
            watchOldest()
        }
        client.disconnect()
        queue.end()
    }

    /// Ends the link to a broker that answers pings and others' messages, and leaves one without an answer.
    ///
    /// A broker acknowledges in the order in which it was sent to (MQTT v5, 4.6). So the oldest message changes as long
    /// as anything moves, however much waits behind it.
    private func watchOldest() {
        let now = ContinuousClock.now
        guard client.isConnected, now - oldestLookedAt >= .milliseconds(500) else { return }
        oldestLookedAt = now
        let ticket = underWay.values.lazy.map(\.ticket).min()
        if ticket != oldest.ticket {
            oldest = (ticket, now)
        } else if ticket != nil, now - oldest.since > acknowledgementTimeout {
            client.fail("the broker did not acknowledge a message within \(acknowledgementTimeout)")
        }
    }

    private func send() {
        var messages = queue.take(atMost: Self.messagesPerTurn)[...]
        while let message = messages.first {
            switch client.publish(message) {
            case .sent(let id):
                if message.qos > 0 { underWay[id] = message }
            case .refused(let error): finish(message, error)
            case .linkFailed(let trouble):
                // They go over the next link, behind what was sent over this one.
                queue.putBack(messages)
                return client.fail(trouble)
            }
            messages.removeFirst()
        }
    }

    private func finish(_ message: OutgoingMessage, _ error: MQTTError?) {
        let isHeard = queue.finish(message.ticket, error)
        if let error, !isHeard { client.complain(undelivered: message, error) }
    }

    private func acknowledged(_ id: Int32, _ reason: Int32) {
        queue.countAcknowledgement()
        guard let message = underWay.removeValue(forKey: id) else { return }
        // From 0x80 on a reason code is a refusal (MQTT v5, 2.4).
        guard reason >= 0x80 else { return finish(message, nil) }
        finish(
            message,
            MQTTError(
                "the broker refuses the message: \(ReasonText.reason(reason))",
                isPermanent: ReasonText.isPermanentRefusal(reason)))
    }

    private func ended() {
        let messages = underWay.values.sorted { $0.ticket < $1.ticket }
        underWay.removeAll()
        oldest = (nil, .now)
        queue.lost(messages)
    }
}
