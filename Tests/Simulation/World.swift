import Alarms
import CFaultyDisk
import Foundation
import Synchronization
import Telemetry
import TestSupport
import Uplink

/// The surroundings of the gateway: time, broker, disk, destinations, operators, and their faults.
///
/// Unchecked: one task at a time turns gateway and world, and waits for every turn to end.
final class World: @unchecked Sendable {
    let clock = VirtualClock()
    let broker = SimulatedBroker()
    var random: SeededRandom
    var destinations: [String: DestinationWeather] = [:]
    private(set) var deliveries: [String: [Delivery]] = [:]
    /// The time at which each message was first read.
    private(set) var arrivals: [Int: TimeSpan] = [:]
    /// The number of times that each message was read.
    private(set) var reads: [Int: Int] = [:]
    /// The coming events, the next one last.
    private var agenda: [Happening] = []
    /// Called for events that the world cannot perform by itself.
    var onHappening: (Happening.Kind) -> Void = { _ in }
    /// The notifications that could not be stored: if the process dies, nobody knows of them any more.
    var provisional: Set<String> = []
    /// The events, for people; kept only if somebody wants to read them.
    private(set) var story: [String] = []
    let tellsStory: Bool

    init(seed: UInt64, tellsStory: Bool) {
        random = SeededRandom(seed: seed)
        self.tellsStory = tellsStory
    }

    var uptime: TimeSpan { clock.uptime().sinceStart }
    var isDead: Bool { faulty_disk_is_dead() != 0 }

    func plan(_ happenings: [Happening]) { agenda = happenings.sorted { ($1.at, $1.order) < ($0.at, $0.order) } }

    var nextHappening: TimeSpan? { agenda.last?.at }

    /// Lets time pass, up to the next thing that happens.
    func pass(_ span: TimeSpan) {
        let end = uptime + span
        guard let next = agenda.last, next.at <= end else {
            clock.pass(to: end)
            return broker.settle(at: uptime)
        }
        clock.pass(to: next.at)
        broker.settle(at: uptime)
        while let next = agenda.last, next.at <= uptime {
            agenda.removeLast()
            happen(next.kind)
        }
    }

    private func happen(_ kind: Happening.Kind) {
        switch kind {
        case .reading(let message): broker.publish(message)
        case .linkLost: broker.endLink()
        case .brokerDown(let isDown):
            broker.isDown = isDown
            if isDown { broker.endLink() }
        case .brokerForgets: broker.forget()
        case .brokerHung(let isHung): broker.isHung = isHung
        case .diskFull(let isFull): faulty_disk_set_full(isFull ? 1 : 0)
        case .failingWrites(let isFailing): faulty_disk_set_failing_writes(isFailing ? 1 : 0)
        case .failingSyncs(let isFailing): faulty_disk_set_failing_syncs(isFailing ? 1 : 0, random.next())
        case .destination(let name, let weather): destinations[name] = weather
        case .clockSet(let offset): clock.set(to: offset)
        case .crash, .stop, .order, .reload: break
        }
        if case .reading = kind {} else { tell("\(kind)") }
        onHappening(kind)
    }

    func arrived(_ message: SensorMessage) {
        if arrivals[message.number] == nil { arrivals[message.number] = uptime }
        reads[message.number, default: 0] += 1
        if tellsStory {
            tell(
                "read \(message.number)\(message.wasSent ? " again" : ""): \(String(decoding: message.topic + message.payload, as: UTF8.self))"
            )
        }
    }

    func told(_ name: String, _ message: OutgoingMessage) {
        // A flood's message counts for the escalations that it names.
        var identities = [message.identity]
        if message.identity.hasPrefix("flood/"), let told = FloodContent.identities(message.payload) {
            identities = told
        }
        for identity in identities {
            deliveries[name, default: []].append(
                Delivery(identity: identity, uptime: uptime))
            tell("\(name) is told \(identity)")
        }
    }

    func tell(_ text: @autoclosure () -> String) {
        guard tellsStory else { return }
        story.append("\(String(format: "%10.3f", uptime.seconds)) \(text())")
    }
}

/// An event at a moment.
struct Happening {
    enum Kind {
        case reading(SensorMessage)
        case linkLost, brokerForgets
        case brokerDown(Bool), brokerHung(Bool)
        case diskFull(Bool), failingWrites(Bool), failingSyncs(Bool)
        case destination(String, DestinationWeather)
        case clockSet(TimeSpan)
        /// The process dies after this many more steps, with or without a power cut, and restarts after a while.
        case crash(steps: Int, cutsPower: Bool, pause: TimeSpan)
        /// The process gets a request to stop, and restarts.
        case stop(pause: TimeSpan)
        case order(CommandKind, station: Int)
        case reload
    }

    enum CommandKind { case acknowledge, shelve, unshelve }

    var at: TimeSpan
    var order: Int
    var kind: Kind
}

private struct FloodContent: Decodable {
    struct Content: Decodable { var escalations: [String] }
    var data: Content

    static func identities(_ payload: String) -> [String]? {
        (try? JSONDecoder().decode(FloodContent.self, from: Data(payload.utf8)))?.data.escalations
    }
}
