internal import Foundation
internal import Synchronization

/// A message on its way to a publisher's thread.
struct OutgoingMessage: Sendable {
    /// In the order in which they were handed over.
    let ticket: UInt64
    let topic: String
    let payload: [UInt8]
    let qos: Int32
    let retain: Bool
    let contentType: String?
    /// Somebody waits for its acknowledgement.
    var isAwaited = false
}

/// Messages from any thread for the one thread that owns the connection, which a byte in a pipe wakes.
final class PublishQueue: Sendable {
    /// How many messages may wait that nobody waits for.
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
    private let place: String
    let wakeDescriptor: Int32
    private let wakeEnd: Int32

    /// - Parameter place: the broker, for errors.
    init(place: String) throws(MQTTError) {
        self.place = place
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw MQTTError("no pipe: \(String(cString: strerror(errno)))") }
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

    /// Queues a message that somebody waits for; fails it at once without a connection.
    func add(_ message: OutgoingMessage, _ waiter: CheckedContinuation<Void, any Error>) {
        let problem: (any Error)? = state.withLock { state in
            // A task that was cancelled earlier has called ``cancel(_:)`` already, in vain.
            if Task.isCancelled { return CancellationError() }
            guard state.isConnected, !state.isStopped else { return MQTTError("no connection to \(place)") }
            var message = message
            message.isAwaited = true
            state.waiters[message.ticket] = waiter
            state.messages.append(message)
            return nil
        }
        if let problem { waiter.resume(throwing: problem) } else { wake() }
    }

    func post(_ message: OutgoingMessage) throws(MQTTError) {
        let isFull = state.withLock { state in
            guard state.messages.count < Self.postedMax else { return true }
            state.messages.append(message)
            return false
        }
        if isFull { throw MQTTError("\(Self.postedMax) messages wait for \(place) already") }
        wake()
    }

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

    /// A full pipe wakes as well as one more byte would.
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

    /// Puts messages back that were taken and not sent.
    func putBack(_ messages: ArraySlice<OutgoingMessage>) {
        state.withLock { $0.messages.insert(contentsOf: messages, at: 0) }
    }

    /// The message is delivered, or `error` says why it is not.
    /// - Returns: whether a caller was waiting for it.
    func finish(_ ticket: UInt64, _ error: MQTTError?) -> Bool {
        guard let waiter = state.withLock({ $0.waiters.removeValue(forKey: ticket) }) else { return false }
        if let error { waiter.resume(throwing: error) } else { waiter.resume() }
        return true
    }

    /// The link is gone: whoever waits is told, and what was only posted goes with the next.
    /// - Parameter underWay: what was sent and not acknowledged, in its order.
    func lost(_ underWay: [OutgoingMessage]) {
        let waiters = state.withLock { state in
            state.isConnected = false
            let waiters = state.waiters
            state.waiters.removeAll()
            // What somebody waited for is theirs to send again; what was cancelled is nobody's.
            state.messages = (underWay + state.messages).filter { !$0.isAwaited }
            return waiters
        }
        for waiter in waiters.values {
            waiter.resume(throwing: MQTTError("the connection was lost before the acknowledgement"))
        }
    }

    /// The thread ends.
    func end() { lost([]) }
}
