package import Logging

/// A connection to a broker for readings. Its owner's thread drives it, and decides when messages are acknowledged.
///
/// libmosquitto queues a PUBACK before it passes a message on, but with `mosquitto_threaded_set` it writes nothing from
/// inside `mosquitto_loop_read`. So the owner reads, commits, and then sends the acknowledgements with
/// ``releaseAcknowledgements()``. Any write would send all queued acknowledgements. So nothing is published on this
/// handle while acknowledgements are held back, and keepalive packets are sent only together with them.
///
/// Not thread-safe; every call comes from one thread.
package final class BrokerConnection: BrokerLink {
    private let client: MQTTClient

    /// - Parameters:
    ///   - filters: the filters to subscribe to, at QoS 1.
    ///   - left: filters that the session may still have from an earlier run; the connection unsubscribes from them.
    package init(_ settings: ConnectionSettings, filters: [String], left: Set<String> = [], logger: Logger) {
        client = MQTTClient(settings, .readings(filters: filters, left: left), logger: logger)
    }

    package var isConnected: Bool { client.isConnected }
    package var refusedFilters: [RefusedFilter] {
        client.subscriptions.refused.map { RefusedFilter(filter: $0.key, reason: $0.value) }.sorted {
            $0.filter < $1.filter
        }
    }
    package var hasFiltersToLeave: Bool { !client.subscriptions.left.isEmpty }

    package func wait(milliseconds: Int32, wake: Int32) { client.wait(milliseconds: milliseconds, wake: wake) }

    package func read(atMost limit: Int, while mayTakeMore: () -> Bool, _ take: (IncomingMessage) -> Void) -> Bool {
        client.read(atMost: limit, while: mayTakeMore, take)
    }

    package func releaseAcknowledgements() { client.write() }

    package func publish(_ payload: [UInt8], to topic: String) -> Bool {
        let message = OutgoingMessage(
            ticket: 0, topic: topic, payload: payload, qos: 0, retain: false, contentType: nil)
        guard case .sent = client.publish(message) else { return false }
        return true
    }

    package func keepUp() { client.keepUp() }

    package func takeNewSession() -> Bool {
        defer { client.hasBegunSession = false }
        return client.hasBegunSession
    }

    package func dropAcknowledgements(because reason: String, receiveMaximum: Int?) {
        if let receiveMaximum { client.settings.receiveMaximum = receiveMaximum }
        client.fail(reason)
    }

    package func subscribe(to wanted: [String]) { client.subscribe(to: wanted) }

    package func disconnect() { client.disconnect() }
}
