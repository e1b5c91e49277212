package import Escalation
internal import Synchronization
internal import Telemetry

/// Collects the escalations that arrive upstream, and measures how long after their causes they arrive.
package final class Observer: Sendable {
    package struct Arrival: Sendable {
        package var message: EscalationMessage
        /// Seconds from sending the message that caused it; `nil` if a timer caused it.
        package var latency: Double?
    }

    private struct State {
        var arrivals: [Arrival] = []
        var identities: Set<String> = []
        var repeats = 0
        /// By device: the newest event time of each message, and the process's uptime when it was sent.
        var sent: [String: [(newest: Instant, at: Uptime)]] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Remembers that a message goes out now.
    func sending(_ message: PlayedMessage, arrivalClock: Instant) {
        let at = ProcessUptime.now()
        // A device whose clock is off is dated by its arrival.
        let newest = max(message.newest, arrivalClock)
        state.withLock { state in
            state.sent[message.device, default: []].append((newest, at))
            if state.sent[message.device, default: []].count > 512 { state.sent[message.device]?.removeFirst(256) }
        }
    }

    /// Takes what arrived upstream.
    package func received(_ payload: [UInt8]) {
        let at = ProcessUptime.now()
        guard let message = CloudEvent.read(String(decoding: payload, as: UTF8.self))?.data else { return }
        state.withLock { state in
            guard state.identities.insert(message.id).inserted else {
                state.repeats += 1
                return
            }
            var latency: Double?
            // A policy repeats and delays escalations on purpose, so those have no latency.
            let isAtOnce = message.escalation.map { $0.repetition == 0 && $0.reason == "immediately" } ?? true
            if isAtOnce, let device = message.transition.device,
                let time = Instant(rfc3339: message.transition.time.utf8)
            {
                latency = state.sent[device]?.first { $0.newest >= time }.map { (at - $0.at).seconds }
            }
            state.arrivals.append(Arrival(message: message, latency: latency))
        }
    }

    package var arrivals: [Arrival] { state.withLock(\.arrivals) }
    package var repeats: Int { state.withLock(\.repeats) }
}
