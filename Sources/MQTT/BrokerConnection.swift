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
    private let client: MQTTClient

    /// - Parameters:
    ///   - filters: what to subscribe to, at QoS 1.
    ///   - left: filters that the session may still have from an earlier run; they are unsubscribed from.
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
