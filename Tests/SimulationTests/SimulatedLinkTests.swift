import MQTT
import TestSupport
import Testing

@testable import Simulation

/// The link of the simulation keeps what every link promises, as the real one does.
extension SimulationTests {
    private struct Bench: BrokerLinkBench {
        static var keepsSessions: Bool { true }

        private let world = World(seed: 1, tellsStory: false)
        private let counter = Counter()

        private final class Counter {
            var messages = 0
        }

        func makeLink() throws -> SimulatedLink { SimulatedLink(world, receiveMaximum: 100) }

        func publish(_ payload: String, on topic: String) throws {
            counter.messages += 1
            world.broker.publish(
                SensorMessage(
                    number: counter.messages, topic: Array(topic.utf8), payload: Array(payload.utf8), qos: 1))
        }
    }

    /// The simulated broker sends everything that is published, and its time passes without descriptors.
    private static let promises = BrokerLinkPromise.allCases.filter {
        $0 != .changesSubscriptions && $0 != .wakesFromWait
    }

    @Test("the simulation's link keeps the promises of a link", arguments: promises)
    func linkConformance(promise: BrokerLinkPromise) throws {
        try BrokerLinkConformance<Bench>.check(promise, with: Bench.self)
    }
}
