import Diagnostics
import Replay
import Telemetry
import TestSupport
import Testing

/// A link over a recording keeps what every link promises.
@Suite struct RecordingLinkTests {
    private struct Bench: BrokerLinkBench {
        static var keepsSessions: Bool { false }

        private final class Messages {
            var waiting: [RecordedMessage] = []
        }

        private let clock = ScenarioClock(Instant(nanoseconds: 0))
        private let messages = Messages()

        func makeLink() throws -> RecordingLink {
            RecordingLink(clock: clock) { [messages] () throws(DiagnosticList) -> RecordedMessage? in
                messages.waiting.isEmpty ? nil : messages.waiting.removeFirst()
            }
        }

        func publish(_ payload: String, on topic: String) throws {
            messages.waiting.append(
                RecordedMessage(time: clock.now() + .seconds(1), topic: topic, payload: Array(payload.utf8)))
        }
    }

    /// A recording holds what was received, whatever the subscriptions are now.
    private static let promises = BrokerLinkPromise.allCases.filter { $0 != .changesSubscriptions }

    @Test("a recording's link keeps the promises of a link", arguments: promises)
    func conformance(promise: BrokerLinkPromise) throws {
        try BrokerLinkConformance<Bench>.check(promise, with: Bench.self)
    }
}
