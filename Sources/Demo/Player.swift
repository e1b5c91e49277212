internal import MQTT
internal import Replay
internal import Synchronization
internal import Telemetry

/// Sends a scenario's messages at their times, and moves the scenario's clock with them.
final class Player: Sendable {
    struct Progress: Sendable {
        var act = 0
        var title = ""
        /// The part of the whole scenario that has been played, from 0 to 1.
        var share = 0.0
        var messages = 0
        /// The number of readings that the messages so far must become.
        var readings = 0
    }

    private let acts: [Act]
    private let publisher: Publisher
    private let clock: ScenarioClock
    private let observer: Observer
    /// Returns how many messages the gateway has taken.
    private let taken: @Sendable () -> Int
    private let state = Mutex(Progress())

    init(
        _ acts: [Act], publisher: Publisher, clock: ScenarioClock, observer: Observer,
        taken: @escaping @Sendable () -> Int
    ) {
        self.acts = acts
        self.taken = taken
        self.publisher = publisher
        self.clock = clock
        self.observer = observer
    }

    var progress: Progress { state.withLock { $0 } }

    /// Plays all acts; returns when the broker has acknowledged every message.
    func play() async throws {
        let total = acts.map(\.seconds).reduce(0, +)
        var before = 0.0
        for (number, act) in acts.enumerated() {
            guard let first = act.messages.first?.sent, let last = act.messages.last?.sent else { continue }
            state.withLock {
                $0.act = number + 1
                $0.title = act.title
            }
            let length = max((last - first).seconds, 1)
            let start = ProcessUptime.now().sinceStart.seconds
            for message in act.messages {
                let share = (message.sent - first).seconds / length
                try await keepPace(until: start + share * act.seconds)
                if message.sent > clock.now() { try await catchUp() }
                clock.advance(to: message.sent)
                observer.sending(message, arrivalClock: message.sent)
                try publisher.post(topic: message.topic, payload: message.payload)
                state.withLock {
                    $0.messages += 1
                    $0.readings += message.readings
                    $0.share = (before + share * act.seconds) / total
                }
            }
            before += act.seconds
            // The next act may be months later, and the messages on their way belong to this one.
            try await settle()
        }
        state.withLock { $0.share = 1 }
    }

    /// - Parameter moment: in seconds of the process's uptime.
    private func keepPace(until moment: Double) async throws {
        let wait = moment - ProcessUptime.now().sinceStart.seconds
        if wait > 0.002 { try await Task.sleep(for: .seconds(wait)) }
        // A real sensor keeps only some messages in memory, so do not run further ahead of the broker.
        while progress.messages - publisher.acknowledged > 500 { try await Task.sleep(for: .milliseconds(1)) }
    }

    /// Waits until the gateway has taken every message so far. Otherwise a message with a few milliseconds of delay
    /// would be minutes late on the scenario's clock.
    private func catchUp() async throws {
        let deadline = ProcessUptime.now() + .seconds(20)
        while taken() < progress.messages {
            guard ProcessUptime.now() < deadline else {
                throw DemoError("the gateway has taken no message for 20 s: see gateway.log")
            }
            try await Task.sleep(for: .microseconds(300))
        }
    }

    private func settle() async throws {
        while publisher.acknowledged < progress.messages { try await Task.sleep(for: .milliseconds(5)) }
        try await Task.sleep(for: .milliseconds(200))
    }
}
