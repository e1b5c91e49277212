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
}

/// A broker that keeps one session, the gateway's, as MQTT says: what is not acknowledged when a link ends is sent again on
/// the next, in its order.
final class SimulatedBroker {
    /// What has not been sent on this link yet, and what has been, without an acknowledgement so far.
    private(set) var waiting: [SensorMessage] = []
    private(set) var underWay: [SensorMessage] = []
    /// Messages whose acknowledgement has come: the gateway has promised to have them.
    private(set) var acknowledged: Set<Int> = []
    /// Acknowledgements that are on the wire, and get lost with the link.
    private var onTheWire: [(due: TimeSpan, number: Int)] = []
    private(set) var mostUnderWay = 0
    var isDown = false
    var isHung = false
    /// The link that is up, by its number.
    private(set) var link: Int?
    private var links = 0

    var isAtRest: Bool { waiting.isEmpty && underWay.isEmpty }

    func publish(_ message: SensorMessage) {
        guard !isDown else { return }
        if message.qos > 0 || link != nil { waiting.append(message) }
    }

    func connect() -> Int? {
        guard !isDown, !isHung else { return nil }
        endLink()
        links += 1
        link = links
        return links
    }

    func endLink() {
        link = nil
        onTheWire.removeAll()
        waiting = underWay + waiting.filter { $0.qos > 0 }
        underWay.removeAll()
    }

    /// It forgets the session, as after a crash without persistence.
    func forget() {
        endLink()
        waiting.removeAll()
    }

    /// The next message for the gateway, if it may have one.
    func next(_ receiveMaximum: Int) -> SensorMessage? {
        guard !isHung, let message = waiting.first, underWay.count < receiveMaximum else { return nil }
        waiting.removeFirst()
        if message.qos > 0 { underWay.append(message) }
        mostUnderWay = max(mostUnderWay, underWay.count)
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
    private let handler: (IncomingMessage) -> Void
    private var link: Int?
    private var retryAt = TimeSpan.zero
    private var receiveMaximum: Int
    /// Read, and not acknowledged.
    private var held: [Int] = []

    init(_ world: World, receiveMaximum: Int, handler: @escaping (IncomingMessage) -> Void) {
        self.world = world
        self.receiveMaximum = receiveMaximum
        self.handler = handler
    }

    var isConnected: Bool { link != nil && link == world.broker.link }

    func keepUp() {
        guard !isConnected, !world.isDead else { return }
        if link != nil { lose() }
        guard world.uptime >= retryAt else { return }
        link = world.broker.connect()
        if link == nil { retryAt = world.uptime + .milliseconds(Int64.random(in: 50...2000, using: &world.random)) }
    }

    func wait(milliseconds: Int32, wake: Int32) { world.pass(.milliseconds(Int64(max(milliseconds, 1)))) }

    func read(atMost limit: Int) -> Bool {
        for _ in 0..<limit {
            guard isConnected, !world.isDead, let message = world.broker.next(receiveMaximum) else { return false }
            guard faulty_disk_step() != 0 else { return false }
            if message.qos > 0 { held.append(message.number) }
            world.arrived(message)
            message.topic.withUnsafeBytes { topic in
                message.payload.withUnsafeBytes { payload in
                    // It keeps its session over every connection but the first.
                    handler(
                        IncomingMessage(topic: topic, payload: payload, qos: message.qos, isRetained: false, resumption: (link ?? 1) - 1))
                }
            }
        }
        return true
    }

    func releaseAcknowledgements() {
        guard isConnected, !world.isDead else { return }
        for number in held {
            // It may die between two of them.
            guard faulty_disk_step() != 0 else { return }
            world.broker.acknowledge(number, arriving: world.uptime + .milliseconds(Int64.random(in: 0...80, using: &world.random)))
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
    }

    private func lose() {
        link = nil
        held.removeAll()
        retryAt = world.uptime + .milliseconds(Int64.random(in: 50...2000, using: &world.random))
    }
}
