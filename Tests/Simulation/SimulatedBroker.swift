import CFaultyDisk
import MQTT
import Telemetry
import TestSupport

/// A message of a sensor, on its way.
struct SensorMessage {
    var number: Int
    var topic: [UInt8]
    var payload: [UInt8]
    var qos: Int32
    /// The packet identifier that the broker gave at the first sending, and a flag that is set if it was sent before.
    var identifier: UInt16 = 0
    var wasSent = false
}

/// The way in which a broker gives identifiers to packets.
enum IdentifierChoice {
    /// The broker counts on, as mosquitto and EMQX do.
    case counting
    /// The broker takes the lowest free one, as HiveMQ does: the next message often has that of the one before.
    case lowestFree
}

/// A broker that keeps one session, the gateway's, as MQTT requires. Messages without an acknowledgement at the end
/// of a link are sent again on the next, before anything else. They keep their order and their identifiers, and are
/// marked (DUP).
///
/// It fills the link as far as it may, as mosquitto does: a message marked as sent before may not have been read.
final class SimulatedBroker {
    var choice = IdentifierChoice.counting
    private var lastIdentifier: UInt16 = 0
    private var hasSession = false
    private var receiveMaximum = 0
    /// The messages that were not sent on this link yet, and the sent ones without an acknowledgement so far.
    private(set) var waiting: [SensorMessage] = []
    private(set) var underWay: [SensorMessage] = []
    /// Messages whose acknowledgement has come: the gateway has promised to have them.
    private(set) var acknowledged: Set<Int> = []
    /// Acknowledgements on the wire, which are lost with the link.
    private var onTheWire: [(due: TimeSpan, number: Int)] = []
    private(set) var mostUnderWay = 0
    var isDown = false
    var isHung = false
    /// The number of the link that is up.
    private(set) var link: Int?
    private var links = 0

    var isAtRest: Bool { waiting.isEmpty && underWay.isEmpty }

    func publish(_ message: SensorMessage) {
        guard !isDown else { return }
        if message.qos > 0 || link != nil { waiting.append(message) }
    }

    func connect(receiveMaximum: Int) -> (link: Int, isResumed: Bool)? {
        guard !isDown, !isHung else { return nil }
        endLink()
        self.receiveMaximum = receiveMaximum
        links += 1
        link = links
        defer { hasSession = true }
        return (links, hasSession)
    }

    func endLink() {
        let wasUp = link != nil
        link = nil
        onTheWire.removeAll()
        waiting = underWay + waiting.filter { $0.qos > 0 }
        // The messages for which the link had room were on their way.
        for index in waiting.indices.prefix(wasUp ? receiveMaximum : underWay.count) {
            waiting[index] = identified(waiting[index])
            waiting[index].wasSent = true
        }
        underWay.removeAll()
    }

    /// Forgets the session, as after a crash without persistence.
    func forget() {
        endLink()
        waiting.removeAll()
        hasSession = false
        lastIdentifier = 0
    }

    /// Returns the next message for the gateway, if it may have one.
    func next() -> SensorMessage? {
        guard !isHung, var message = waiting.first, underWay.count < receiveMaximum else { return nil }
        waiting.removeFirst()
        if message.qos > 0 {
            message = identified(message)
            underWay.append(message)
        }
        mostUnderWay = max(mostUnderWay, underWay.count)
        return message
    }

    /// Returns a message with the identifier under which it is sent.
    private func identified(_ message: SensorMessage) -> SensorMessage {
        guard message.qos > 0, message.identifier == 0 else { return message }
        var message = message
        switch choice {
        case .counting:
            lastIdentifier = lastIdentifier == .max ? 1 : lastIdentifier + 1
            message.identifier = lastIdentifier
        case .lowestFree:
            let used = Set((underWay + waiting).map(\.identifier))
            message.identifier = (1...UInt16.max).first { !used.contains($0) } ?? 1
        }
        return message
    }

    func acknowledge(_ number: Int, arriving: TimeSpan) { onTheWire.append((arriving, number)) }

    func settle(at now: TimeSpan) {
        while let first = onTheWire.first, first.due <= now {
            onTheWire.removeFirst()
            acknowledged.insert(first.number)
            underWay.removeAll { $0.number == first.number }
        }
    }
}

/// The gateway's end of the link: it takes the place of libmosquitto.
final class SimulatedLink: BrokerLink {
    private let world: World
    private var link: Int?
    private var retryAt = TimeSpan.zero
    private var receiveMaximum: Int
    private var isNewSession = false
    private var isResumed = false
    private var isClosed = false
    /// The numbers of messages that were read and not acknowledged.
    private var held: [Int] = []

    init(_ world: World, receiveMaximum: Int) {
        self.world = world
        self.receiveMaximum = receiveMaximum
    }

    var isConnected: Bool { link != nil && link == world.broker.link }

    func keepUp() {
        guard !isConnected, !isClosed, !world.isDead else { return }
        if link != nil { lose() }
        guard world.uptime >= retryAt else { return }
        let connection = world.broker.connect(receiveMaximum: receiveMaximum)
        link = connection?.link
        if let connection { (isNewSession, isResumed) = (!connection.isResumed, connection.isResumed) }
        if link == nil { retryAt = world.uptime + .milliseconds(Int64.random(in: 50...2000, using: &world.random)) }
    }

    func wait(milliseconds: Int32, wake: Int32) { world.pass(.milliseconds(Int64(max(milliseconds, 1)))) }

    func takeNewSession() -> Bool {
        defer { isNewSession = false }
        return isNewSession
    }

    func read(atMost limit: Int, while mayTakeMore: () -> Bool, _ take: (IncomingMessage) -> Void) -> Bool {
        // As with the real link, its owner hears of a new session before it gets a message of it.
        guard !isNewSession else { return true }
        for _ in 0..<limit {
            guard mayTakeMore() else { return true }
            guard isConnected, !world.isDead, let message = world.broker.next() else { return false }
            guard faulty_disk_step() != 0 else { return false }
            if message.qos > 0 { held.append(message.number) }
            world.arrived(message)
            message.topic.withUnsafeBytes { topic in
                message.payload.withUnsafeBytes { payload in
                    take(
                        IncomingMessage(
                            topic: topic, payload: payload, qos: message.qos, isRetained: false,
                            identifier: message.identifier,
                            isDuplicate: message.wasSent, resumption: isResumed ? link ?? 0 : 0))
                }
            }
        }
        return true
    }

    func releaseAcknowledgements() {
        guard isConnected, !world.isDead else { return }
        for number in held {
            // The process may die between two of them.
            guard faulty_disk_step() != 0 else { return }
            world.broker.acknowledge(
                number, arriving: world.uptime + .milliseconds(Int64.random(in: 0...80, using: &world.random)))
        }
        held.removeAll()
    }

    func dropAcknowledgements(because reason: String, receiveMaximum: Int?) {
        guard !world.isDead else { return }
        if let receiveMaximum { self.receiveMaximum = min(receiveMaximum, 65_535) }
        if isConnected { world.broker.endLink() }
        lose()
    }

    func subscribe(to wanted: [String]) {}

    func disconnect() {
        if isConnected, !world.isDead { world.broker.endLink() }
        link = nil
        isClosed = true
    }

    private func lose() {
        link = nil
        held.removeAll()
        retryAt = world.uptime + .milliseconds(Int64.random(in: 50...2000, using: &world.random))
    }
}
