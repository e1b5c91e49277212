package import Escalation
internal import Synchronization
internal import Telemetry
internal import Wire

/// Collects the escalations that arrive upstream, and measures how long after their causes they arrive.
package final class Observer: Sendable {
    package struct Arrival: Sendable {
        package var message: AlarmNotice
        /// Seconds since the causing message was sent; `nil` if a timer caused it.
        package var latency: Double?
    }

    private struct State {
        var arrivals: [Arrival] = []
        var identities: Set<String> = []
        var repeats = 0
        /// The newest event time of each message, and the process's uptime at its sending, by device.
        var sent: [String: [(newest: Instant, at: Uptime)]] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Notes that a message is sent now.
    func sending(_ message: PlayedMessage, arrivalClock: Instant) {
        let at = ProcessUptime.now()
        // A reading from a device with a wrong clock gets its time of arrival.
        let newest = max(message.newest, arrivalClock)
        state.withLock { state in
            state.sent[message.device, default: []].append((newest, at))
            if state.sent[message.device, default: []].count > 512 { state.sent[message.device]?.removeFirst(256) }
        }
    }

    /// Takes a payload that arrived upstream.
    package func received(_ payload: [UInt8]) {
        let at = ProcessUptime.now()
        guard let event = CloudEvent.read(String(decoding: payload, as: UTF8.self)) else { return }
        let notice = event.data.notice
        state.withLock { state in
            guard state.identities.insert(event.id).inserted else {
                state.repeats += 1
                return
            }
            var latency: Double?
            // A repeat, or a later step of a policy, is late on purpose.
            let isAtOnce = notice.step.map { $0.repetition == 0 && $0.reason == "immediately" } ?? true
            if isAtOnce, let device = notice.transition.device {
                let time = notice.transition.time
                latency = state.sent[device]?.first { $0.newest >= time }.map { (at - $0.at).seconds }
            }
            state.arrivals.append(Arrival(message: notice, latency: latency))
        }
    }

    package var arrivals: [Arrival] { state.withLock(\.arrivals) }
    package var repeats: Int { state.withLock(\.repeats) }
}
