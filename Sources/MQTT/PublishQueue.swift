internal import Glibc
internal import Synchronization

/// A message for a publisher's thread.
struct OutgoingMessage: Sendable {
    /// The number of the message, in the order of the calls.
    let ticket: UInt64
    let topic: String
    let payload: [UInt8]
    let qos: Int32
    let retain: Bool
    let contentType: String?
    /// Set if a caller waits for the acknowledgement.
    var isAwaited = false
}

/// Passes messages from any thread to the thread that owns the connection, and wakes it with a byte in a pipe.
final class PublishQueue: Sendable {
    /// The most messages that may wait without a waiting caller.
    private static let postedMax = 100_000

    private struct State {
        var isConnected = false
        var isStopped = false
        var acknowledged = 0
        var lastTicket: UInt64 = 0
        var messages: [OutgoingMessage] = []
        var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
    }

    private let state = Mutex(State())
    private let broker: String
    let wakeDescriptor: Int32
    private let wakeEnd: Int32

    /// - Parameter broker: the broker's address, for errors.
    init(broker: String) throws(MQTTError) {
        self.broker = broker
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw MQTTError("cannot create a pipe: \(String(cString: strerror(errno)))") }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (wakeDescriptor, wakeEnd) = (ends[0], ends[1])
    }

    deinit {
        close(wakeDescriptor)
        close(wakeEnd)
    }

    var isConnected: Bool { state.withLock(\.isConnected) }
    var isStopped: Bool { state.withLock(\.isStopped) }
    var acknowledged: Int { state.withLock(\.acknowledged) }

    func nextTicket() -> UInt64 {
        state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
    }

    // MARK: - From any thread

    /// Queues a message whose caller waits; fails at once if there is no connection.
    func add(_ message: OutgoingMessage, _ waiter: CheckedContinuation<Void, any Error>) {
        let problem: (any Error)? = state.withLock { state in
            // If the task was cancelled before this call, ``cancel(_:)`` has run already and found no waiter.
            if Task.isCancelled { return CancellationError() }
            guard state.isConnected, !state.isStopped else { return MQTTError("no connection to \(broker)") }
            var message = message
            message.isAwaited = true
            state.waiters[message.ticket] = waiter
            state.messages.append(message)
            return nil
        }
        if let problem { waiter.resume(throwing: problem) } else { wake() }
    }

    /// Queues a message whose caller does not wait.
    func post(_ message: OutgoingMessage) throws(MQTTError) {
        let isFull = state.withLock { state in
            guard state.messages.count < Self.postedMax else { return true }
            state.messages.append(message)
            return false
        }
        if isFull { throw MQTTError("\(Self.postedMax) messages already wait for \(broker)") }
        wake()
    }

    /// Ends the wait of one caller, and removes the message if it is not sent yet.
    func cancel(_ ticket: UInt64) {
        let waiter = state.withLock { state in
            state.messages.removeAll { $0.ticket == ticket }
            return state.waiters.removeValue(forKey: ticket)
        }
        waiter?.resume(throwing: CancellationError())
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        wake()
    }

    /// Wakes the thread. If the pipe is full, it is readable anyway.
    private func wake() {
        var byte: UInt8 = 1
        _ = write(wakeEnd, &byte, 1)
    }

    // MARK: - From the publisher's thread

    func drainWake() {
        var bytes = [UInt8](repeating: 0, count: 256)
        while read(wakeDescriptor, &bytes, bytes.count) == bytes.count {}
    }

    func setConnected(_ isConnected: Bool) { state.withLock { $0.isConnected = isConnected } }

    func countAcknowledgement() { state.withLock { $0.acknowledged += 1 } }

    func take(atMost limit: Int) -> [OutgoingMessage] {
        let (messages, isMore) = state.withLock { state in
            let messages = Array(state.messages.prefix(limit))
            state.messages.removeFirst(messages.count)
            return (messages, !state.messages.isEmpty)
        }
        if isMore { wake() }
        return messages
    }

    /// Puts back messages that were taken and not sent.
    func putBack(_ messages: ArraySlice<OutgoingMessage>) {
        state.withLock { $0.messages.insert(contentsOf: messages, at: 0) }
    }

    /// Ends the wait for a message.
    /// - Parameter error: why the message is not delivered; `nil` if it is.
    /// - Returns: whether a caller was waiting.
    func finish(_ ticket: UInt64, _ error: MQTTError?) -> Bool {
        guard let waiter = state.withLock({ $0.waiters.removeValue(forKey: ticket) }) else { return false }
        if let error { waiter.resume(throwing: error) } else { waiter.resume() }
        return true
    }

    /// Ends all waits after the link has ended. Posted messages are sent on the next link.
    /// - Parameter underWay: the messages that were sent and not acknowledged, in their order.
    func lost(_ underWay: [OutgoingMessage]) {
        let waiters = state.withLock { state in
            state.isConnected = false
            let waiters = state.waiters
            state.waiters.removeAll()
            // A caller that waited decides by itself whether to send again; a cancelled message is not sent again.
            state.messages = (underWay + state.messages).filter { !$0.isAwaited }
            return waiters
        }
        for waiter in waiters.values {
            waiter.resume(throwing: MQTTError("the connection was lost before the acknowledgement"))
        }
    }

    /// Ends all waits when the thread ends.
    func end() { lost([]) }
}
