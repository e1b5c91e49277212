/// A link to the broker of the readings. Its owner's thread drives it, and decides when messages are acknowledged.
///
/// The live gateway uses a ``BrokerConnection``, a simulation a link to its own broker, and a replay a link to a
/// recording. The conformance tests of `BrokerLinkConformance` check each promise below with each of them.
///
/// Not thread-safe: every call comes from one thread.
package protocol BrokerLink: AnyObject {
    /// True if the broker has accepted the connection. Only ``keepUp()`` begins to connect.
    var isConnected: Bool { get }

    /// The filters that the broker refuses to subscribe to. Their messages do not come.
    var refusedFilters: [RefusedFilter] { get }

    /// True if the session may still have filters from before ``subscribe(to:)``.
    var hasFiltersToLeave: Bool { get }

    /// Connects if that is due. Call it once per turn of the owner's loop.
    func keepUp()

    /// Waits until the broker has sent something, `wake` is readable, or the time is over.
    /// - Parameter wake: a file descriptor; -1 for none.
    func wait(milliseconds: Int32, wake: Int32)

    /// Reads the packets that have arrived, and calls `take` for each message among them, in the order of their
    /// arrival.
    ///
    /// The message's memory is valid during that call only. `take` must not call the link.
    /// - Parameters:
    ///   - limit: reads at most this many packets.
    ///   - mayTakeMore: asked before each packet; reading stops at the first `false`, and nothing is lost.
    /// - Returns: whether there may be more to read. True if reading stopped at the limit or at `mayTakeMore`.
    func read(atMost limit: Int, while mayTakeMore: () -> Bool, _ take: (IncomingMessage) -> Void) -> Bool

    /// Sends the acknowledgements of all messages that were read. The broker does not send them again.
    func releaseAcknowledgements()

    /// Publishes a message at QoS 0.
    ///
    /// Call it only while no acknowledgement is held back, because a write sends all of them.
    /// - Returns: false if it could not be sent, and will not be.
    func publish(_ payload: [UInt8], to topic: String) -> Bool

    /// Ends the link and discards every acknowledgement that was held back.
    ///
    /// On the next link, the broker sends those messages first: in their order, under their identifiers, and marked as
    /// duplicates.
    /// - Parameter receiveMaximum: how many messages the broker may send on the next links before the first is
    ///   acknowledged; `nil` to leave that as it is.
    func dropAcknowledgements(because reason: String, receiveMaximum: Int?)

    /// Returns whether the broker has begun a new session since the last call. In a new session it repeats no older
    /// message.
    ///
    /// ``read(atMost:while:_:)`` passes on no message of the new session before this call.
    func takeNewSession() -> Bool

    /// Changes the subscriptions: at once if connected, and on every later link. A link without subscriptions, such as
    /// a recording's, ignores it.
    func subscribe(to wanted: [String])

    /// Ends the link for the rest of its life. The broker keeps the session and its messages for the next one.
    ///
    /// Call it only after the last commit.
    func disconnect()
}

extension BrokerLink {
    package var refusedFilters: [RefusedFilter] { [] }
    package var hasFiltersToLeave: Bool { false }
    /// A recording takes no message.
    package func publish(_ payload: [UInt8], to topic: String) -> Bool { false }
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

/// A received message. Its bytes are valid only during the call that passes it on.
package struct IncomingMessage {
    package let topic: UnsafeRawBufferPointer
    package let payload: UnsafeRawBufferPointer
    package let qos: Int32
    package let isRetained: Bool
    /// The packet identifier; 0 at QoS 0. A broker sends a message again under the same identifier.
    package let identifier: UInt16
    /// Set if the broker marks the message as sent again (DUP). The broker cannot know whether it was received before.
    package let isDuplicate: Bool
    /// Counts the connections on which the broker resumed the session; 0 if the session was new. On such a connection
    /// the broker first repeats older messages, in their order (MQTT 5, 4.4 and 4.6).
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
