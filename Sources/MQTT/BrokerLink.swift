/// A link to the broker that readings come over, driven by its owner's thread: what was read is acknowledged only when
/// the owner says so.
///
/// Live it is a ``BrokerConnection``; a simulation has its own.
package protocol BrokerLink: AnyObject {
    var isConnected: Bool { get }

    /// Filters that the broker has refused to subscribe to, so that nothing comes from whoever publishes there.
    var refusedFilters: [RefusedFilter] { get }

    /// Whether the session may still have filters that are no longer wanted.
    var hasFiltersToLeave: Bool { get }

    /// Connects if that is due. Call it once a turn.
    func keepUp()

    /// Waits until the broker has sent something, `wake` is readable, or the time is over.
    func wait(milliseconds: Int32, wake: Int32)

    /// Reads the packets that have arrived, and calls `take` for each message among them, in the order of their arrival.
    ///
    /// The message's memory is valid during that call only. `take` must not call the link.
    /// - Parameters:
    ///   - limit: reads at most this many packets.
    ///   - mayTakeMore: asked before each packet; reading stops at the first `false`.
    /// - Returns: whether there may be more to read.
    func read(atMost limit: Int, while mayTakeMore: () -> Bool, _ take: (IncomingMessage) -> Void) -> Bool

    /// Lets the acknowledgements of everything read so far go.
    func releaseAcknowledgements()

    /// Throws away the link and with it every acknowledgement that was held back: the broker will send those messages
    /// again.
    /// - Parameter receiveMaximum: how many the broker may send from the next connection on before the first is
    ///   acknowledged.
    func dropAcknowledgements(because reason: String, receiveMaximum: Int?)

    /// Whether the broker has begun a session since this was asked last: then it sends nothing again of what it sent
    /// before.
    func takeNewSession() -> Bool

    /// Changes the subscriptions, now if connected and at every connection from now on.
    func subscribe(to wanted: [String])

    /// Says goodbye; the session stays with the broker. Call it after the last commit only.
    func disconnect()
}

extension BrokerLink {
    package var refusedFilters: [RefusedFilter] { [] }
    package var hasFiltersToLeave: Bool { false }
}

/// A filter that the broker refuses to subscribe to.
package struct RefusedFilter: Sendable, Equatable {
    package let filter: String
    package let reason: String

    package init(filter: String, reason: String) {
        self.filter = filter
        self.reason = reason
    }
}

/// A message as it came; the bytes live as long as the call that hands it over.
package struct IncomingMessage {
    package let topic: UnsafeRawBufferPointer
    package let payload: UnsafeRawBufferPointer
    package let qos: Int32
    package let isRetained: Bool
    /// The packet's number; a broker sends a message again under the number that it had. 0 at QoS 0.
    package let identifier: UInt16
    /// The broker marks it as sent again (DUP). Whether it was received before, the broker cannot know.
    package let isDuplicate: Bool
    /// Counts the connections on which the broker went on with its session; 0 where the session was new. What it sends
    /// again comes first on such a connection, in its order (MQTT v5, 4.4 and 4.6).
    package let resumption: Int

    package init(
        topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: Int32, isRetained: Bool,
        identifier: UInt16 = 0,
        isDuplicate: Bool = false, resumption: Int = 0
    ) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.isRetained = isRetained
        self.identifier = identifier
        self.isDuplicate = isDuplicate
        self.resumption = resumption
    }
}
