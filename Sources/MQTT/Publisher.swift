internal import CMosquitto
internal import Foundation
package import Logging
internal import Synchronization

/// A connection that publishes, on a thread of its own. It reconnects for as long as the publisher lives.
///
/// Readings never come in on this connection, not even from the same broker: a publish would send acknowledgements that
/// are still held back. Safe to use from any thread.
package final class Publisher: Sendable {
    private let settings: ConnectionSettings
    private let logger: Logger
    private let queue: PublishQueue

    /// - Throws: ``MQTTError`` if the settings cannot work, such as a certificate that cannot be read.
    package init(_ settings: ConnectionSettings, logger: Logger) throws(MQTTError) {
        self.settings = settings
        self.logger = logger
        queue = try PublishQueue(broker: "\(settings.host):\(settings.port)")
        // A handle shows mistakes in the settings now, instead of a link that never comes up.
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
    /// The number of messages that the broker has acknowledged.
    package var acknowledged: Int { queue.acknowledged }

    /// Publishes at QoS 1 and returns when the broker has acknowledged the message.
    ///
    /// If the task is cancelled, only this call ends. The message may have been sent.
    /// - Parameter contentType: the type of the payload, for receivers that use MQTT 5.
    /// - Throws: ``MQTTError`` if there is no connection, if it ends before the acknowledgement, or if the broker
    ///   refuses the message; `CancellationError`.
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

    /// Publishes without waiting. At QoS 1 the message is repeated, also on later links, until it is acknowledged.
    /// - Throws: ``MQTTError`` if too many messages are waiting already.
    package func post(topic: String, payload: [UInt8], qos: Int32 = 1) throws(MQTTError) {
        try queue.post(
            OutgoingMessage(
                ticket: queue.nextTicket(), topic: topic, payload: payload, qos: qos, retain: false, contentType: nil))
    }
}

/// The loop of a publisher's thread.
private final class PublishLoop {
    private static let messagesPerTurn = 1000

    private let client: MQTTClient
    private let queue: PublishQueue
    /// Messages without an acknowledgement, by the packet's identifier.
    private var underWay: [Int32: OutgoingMessage] = [:]
    /// The oldest of them, the time since which it is the oldest, and the time of the last check.
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

    /// Ends the link if the broker leaves one message without an answer, even if it answers pings and other messages.
    ///
    /// A broker acknowledges messages in the order in which it got them (MQTT 5, 4.6). So the oldest message changes as
    /// long as the broker acknowledges anything.
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
                // The messages are sent on the next link, after those that were sent on this one.
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
        // Reason codes from 0x80 on are refusals (MQTT 5, 2.4).
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
