package import Logging

/// A connection that only listens, and leaves nothing behind at the broker: its session is new at each link, and ends
/// with it, in MQTT 5 and in 3.1.1.
///
/// A ``BrokerConnection`` has a session that the broker keeps. A tool that looks on for a minute must not leave such a
/// session, because the broker would collect messages for it. This connection is not a ``BrokerLink``: it acknowledges
/// at once, and what comes while the link is down does not come at all.
///
/// Not thread-safe; every call comes from one thread.
package final class ListeningConnection {
    // A client for publishing has a clean session, and writes acknowledgements by itself.
    private let client: MQTTClient

    /// - Parameters:
    ///   - settings: with a client identifier that no other client has, whose session would end.
    ///   - filters: the filters to subscribe to, at QoS 1.
    package init(_ settings: ConnectionSettings, filters: [String], logger: Logger) {
        client = MQTTClient(settings, .publishing, logger: logger)
        client.subscribe(to: filters)
    }

    package var isConnected: Bool { client.isConnected }

    /// The filters that the broker refuses to subscribe to. Their messages do not come.
    package var refusedFilters: [RefusedFilter] {
        client.subscriptions.refused.map { RefusedFilter(filter: $0.key, reason: $0.value) }.sorted {
            $0.filter < $1.filter
        }
    }

    /// Connects if that is due, and waits until the broker has sent something, `wake` is readable, or the time is over.
    package func keepUp(milliseconds: Int32, wake: Int32) {
        client.keepUp()
        client.wait(milliseconds: milliseconds, wake: wake)
    }

    /// Reads at most `limit` packets that have arrived, acknowledges them, and calls `take` for each message.
    ///
    /// The message's memory is valid during that call only. `take` must not call the connection.
    package func read(atMost limit: Int, _ take: (IncomingMessage) -> Void) {
        _ = client.read(atMost: limit, while: { true }, take)
        client.write()
    }

    /// Ends the link for the rest of its life, and with it the session.
    package func disconnect() { client.disconnect() }
}
