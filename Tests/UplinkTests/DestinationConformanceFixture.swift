import Alarms
import Escalation
import Foundation
import Logging
import MQTT
import Telemetry
import TestSupport
import Testing
import Uplink

/// The kinds of destinations that ship, each beside the receiver that it is tested with.
enum DestinationKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case mqtt, webhook, capFolder, capMQTT, capWebhook, exec, log, journal

    var testDescription: String { rawValue }

    /// Whether its receiver can take its time: a file cannot.
    var canHang: Bool { self != .capFolder && self != .log }

    /// Whether it has to read the message. The others hand it on as it is.
    var readsMessage: Bool { self != .webhook && self != .exec && self != .log }

    /// A destination of this kind, and its receiver, which accepts.
    func fixture() async throws -> DestinationFixture {
        switch self {
        case .mqtt:
            let broker = try await BrokerReceiver()
            return DestinationFixture(
                MQTTDestination(name: "up", publisher: broker.publisher, topic: try Self.topic()), broker)
        case .capMQTT:
            let broker = try await BrokerReceiver()
            return try Self.cap(.mqtt(broker.publisher, try Self.topic(), timeout: .seconds(65)), broker)
        case .webhook:
            let server = try await WebhookReceiver()
            return DestinationFixture(
                try WebhookDestination(name: "up", server.settings, clock: Self.clock), server)
        case .capWebhook:
            let server = try await WebhookReceiver()
            return try Self.cap(.webhook(server.settings), server)
        case .capFolder:
            let folder = try FolderReceiver()
            return try Self.cap(.folder(folder.path), folder)
        case .exec:
            let program = try ProgramReceiver()
            return DestinationFixture(
                ProgramDestination(name: "up", command: program.command, timeout: .seconds(120)), program)
        case .log:
            let file = try FileReceiver()
            return DestinationFixture(try LogDestination(name: "up", path: file.path, clock: Self.clock), file)
        case .journal:
            let journal = try JournalReceiver()
            return DestinationFixture(JournalDestination(name: "up", path: journal.path, levels: 4), journal)
        }
    }

    private static var clock: ManualClock { ManualClock(AlarmBench.start, hasRealUptime: true) }

    private static func topic() throws -> TopicTemplate {
        let template = TopicTemplate(BrokerReceiver.topic)
        return try #require(template)
    }

    private static func cap(_ carrier: CAPDestination.Carrier, _ receiver: any Receiver) throws -> DestinationFixture {
        let settings = CAPSettings(sender: "tocsin@example.org", status: .test, ladder: SmallSite.ladder)
        return DestinationFixture(
            try CAPDestination(name: "up", settings, carrier: carrier, clock: clock), receiver)
    }
}

/// A destination and its receiver. Whatever of `Destination` may get another name is called here, and nowhere else in
/// the suite.
struct DestinationFixture: Sendable {
    /// Stands in everything of the settings that is secret.
    static let secret = "s3cr3t"

    let receiver: any Receiver
    private let destination: any Destination

    init(_ destination: any Destination, _ receiver: any Receiver) {
        (self.destination, self.receiver) = (destination, receiver)
    }

    func deliver(_ escalation: Escalation) async throws { try await destination.deliver(escalation, after: []) }

    /// Whether an error says that another try cannot work.
    func isPermanent(_ error: any Error) -> Bool { (error as? DeliveryError)?.isPermanent ?? false }

    /// The identities of what the receiver has accepted, the oldest first.
    func identities() async throws -> [String] {
        try await receiver.accepted().map { message in
            let identity = Self.identity(of: message)
            return try #require(identity, "the receiver got '\(message)'")
        }
    }

    func close() async {
        await destination.close()
        await receiver.close()
    }

    /// What is due of an alarm's beginning.
    /// - Parameter number: another number is another alarm, raised later.
    static func escalation(_ number: Int = 1) throws -> Escalation {
        var bench = try AlarmBench()
        var planner = EscalationPlanner(
            site: "s", destinations: [.init(name: "up", minimumLevel: .init(rank: 1))], policies: PolicySet())
        let transitions = bench.feed([(Int64(number) * 60, 2.5)])
        let escalation = transitions.flatMap { planner.note($0) }.first
        return try #require(escalation)
    }

    /// As the receiver finds it: the `id` of a CloudEvent, or the identifier of a CAP message.
    private static func identity(of message: String) -> String? {
        if message.hasPrefix("{") {
            let object = try? JSONSerialization.jsonObject(with: Data(message.utf8))  // nil is reported by the caller
            return (object as? [String: Any])?["id"] as? String
        }
        return message.firstMatch(of: /<identifier>(.*?)<\/identifier>/).map { String($0.1) }
    }
}
