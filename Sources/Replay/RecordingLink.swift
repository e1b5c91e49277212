package import Diagnostics
internal import Glibc
package import MQTT
internal import Telemetry

/// A link that gives the messages of a recording to a pipeline, as fast as the pipeline reads them.
///
/// It moves the scenario's clock to the time of each message before the message can be read, so the pipeline must use
/// the same clock. On the way it stops at every timer that the pipeline waits for, and at least once a minute. So
/// timers, shelves and escalation steps happen at their times.
///
/// It keeps the promises of a broker with one session: messages without an acknowledgement are sent again. It ignores
/// subscriptions, since a recording holds received messages.
///
///     let clock = ScenarioClock(merge.start ?? .distantPast)
///     let link = RecordingLink(clock: clock) { () throws(DiagnosticList) in try merge.next() }
///     let pipeline = try Pipeline(…, clock: clock, …, link: link, …)
///     while !link.isAtEnd { _ = pipeline.turn() }
///     pipeline.drain()
///     if let failure = link.failure { throw failure }
///
/// Not thread-safe; every call comes from one thread.
package final class RecordingLink: BrokerLink {
    private struct Packet {
        var message: RecordedMessage
        var identifier: UInt16
        var wasSent = false
    }

    private static let longestStep = TimeSpan.minutes(1)

    private let clock: ScenarioClock
    private let source: () throws(DiagnosticList) -> RecordedMessage?
    /// Messages that are sent again, before anything else.
    private var again: [Packet] = []
    private var head: Packet?
    /// Messages that were read and not acknowledged.
    private var held: [Packet] = []
    private var receiveMaximum = Int.max
    private var lastIdentifier: UInt16 = 0
    private var connections = 0
    private var isNewSession = false
    private var isClosed = false

    package private(set) var isConnected = false
    /// The reason why the recording ends early: a line that cannot be read. Everything before that line is read.
    package private(set) var failure: DiagnosticList?

    /// - Parameters:
    ///   - clock: the pipeline's clock, not later than the first message.
    ///   - source: gives the next message, in the order of time; `nil` where there is none now.
    package init(clock: ScenarioClock, source: @escaping () throws(DiagnosticList) -> RecordedMessage?) {
        self.clock = clock
        self.source = source
    }

    /// Set if every message has been read, or the rest cannot be read.
    package var isAtEnd: Bool {
        fetch()
        return again.isEmpty && head == nil
    }

    package func keepUp() {
        guard !isConnected, !isClosed else { return }
        isConnected = true
        connections += 1
        isNewSession = connections == 1
    }

    /// Moves the clock to the next message or timer. Real time passes only if nothing can be read.
    package func wait(milliseconds: Int32, wake: Int32) {
        fetch()
        guard isConnected, held.count < receiveMaximum, let next = again.first ?? head else {
            var descriptor = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
            _ = poll(&descriptor, 1, max(0, milliseconds))
            return
        }
        let now = clock.now()
        var end = min(next.message.time, now + Self.longestStep)
        // A timer that is already due has had its turn.
        if let timer = clock.takeAwaited(), timer > now { end = min(end, timer) }
        clock.advance(to: end)
    }

    package func read(atMost limit: Int, while mayTakeMore: () -> Bool, _ take: (IncomingMessage) -> Void) -> Bool {
        guard isConnected else { return false }
        // The owner hears of a new session before it gets a message of it.
        guard !isNewSession else { return true }
        let now = clock.now()
        for _ in 0..<limit {
            fetch()
            guard held.count < receiveMaximum, let packet = again.first ?? head, packet.message.time <= now else {
                return false
            }
            guard mayTakeMore() else { return true }
            if again.isEmpty { head = nil } else { again.removeFirst() }
            held.append(packet)
            hand(packet, to: take)
        }
        return true
    }

    private func hand(_ packet: Packet, to take: (IncomingMessage) -> Void) {
        var topic = packet.message.topic
        topic.withUTF8 { topic in
            packet.message.payload.withUnsafeBytes { payload in
                take(
                    IncomingMessage(
                        topic: UnsafeRawBufferPointer(topic), payload: payload, qos: 1, isRetained: false,
                        identifier: packet.identifier, isDuplicate: packet.wasSent, resumption: connections - 1))
            }
        }
    }

    package func releaseAcknowledgements() {
        if isConnected { held.removeAll(keepingCapacity: true) }
    }

    package func dropAcknowledgements(because reason: String, receiveMaximum: Int?) {
        if let receiveMaximum { self.receiveMaximum = receiveMaximum }
        isConnected = false
        for index in held.indices { held[index].wasSent = true }
        again = held + again
        held.removeAll()
    }

    package func takeNewSession() -> Bool {
        defer { isNewSession = false }
        return isNewSession
    }

    package func subscribe(to wanted: [String]) {}

    package func disconnect() {
        isConnected = false
        isClosed = true
    }

    /// Reads the next message of the recording, unless one is there already.
    private func fetch() {
        guard head == nil, failure == nil else { return }
        do throws(DiagnosticList) {
            guard let message = try source() else { return }
            lastIdentifier = lastIdentifier == .max ? 1 : lastIdentifier + 1
            head = Packet(message: message, identifier: lastIdentifier)
        } catch {
            failure = error
        }
    }
}
