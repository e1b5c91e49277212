import Foundation
import Gateway
import POSIX
import Store
import TestSupport
import Testing

/// The gateway among operators, scripts and signals that ask too much of it.
@Suite struct ControlServerTests {
    @Test(
        "an operator is answered beside clients that say nothing, and others that send a byte now and then without end")
    func dripping() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try await gateway.startConnected()
        let clients = try (0..<6).map { _ in try RawClient(gateway.storePath + ".control") }
        let drip = Thread {
            while !Thread.current.isCancelled {
                for client in clients.prefix(3) { client.send("x") }
                usleep(500_000)
            }
        }
        drip.start()
        for _ in 0..<3 {
            let answer = try TocsinBinary.run(["outbox", "--retry", "--config", gateway.folder.file("tocsin.yaml")])
            #expect(answer.code == 0, "\(answer)")
        }
        // Whoever has not said within its time what it wants is let go.
        try await eventually("they are cut off") { clients.allSatisfy(\.isOver) }
        drip.cancel()
        #expect(gateway.stop() == 0)
    }

    @Test("an operator is answered although more clients say nothing than are served at once")
    func crowd() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try await gateway.startConnected()
        let clients = try (0..<20).map { _ in try RawClient(gateway.storePath + ".control") }
        let answer = try TocsinBinary.run(["outbox", "--retry", "--config", gateway.folder.file("tocsin.yaml")])
        #expect(answer.code == 0, "\(answer)")
        try await eventually("all are cut off") { clients.allSatisfy(\.isOver) }
        #expect(gateway.stop() == 0)
    }

    @Test("sensors that are taken out of service at the same time are all out of service")
    func simultaneous() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try await gateway.startConnected()
        let configuration = gateway.folder.file("tocsin.yaml")
        let devices = ["d1", "d2", "d3"]
        try await withThrowingTaskGroup { group in
            for device in devices {
                group.addTask {
                    try TocsinBinary.run([
                        "out-of-service", "--device", device, "-m", "cleaning", "--config", configuration,
                    ])
                }
            }
            for try await answer in group { #expect(answer.code == 0, "\(answer)") }
        }
        #expect(try StoreReader(path: gateway.storePath).maintenance().map(\.device).sorted() == devices)
        #expect(gateway.stop() == 0)
    }

    @Test(
        "a control socket that was removed is made again, and one that another process has put there stays when the gateway ends"
    )
    func takenAway() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try await gateway.startConnected()
        let path = gateway.storePath + ".control"
        try FileManager.default.removeItem(atPath: path)
        try await eventually("it is there again") { FileManager.default.fileExists(atPath: path) }
        let answer = try TocsinBinary.run(["outbox", "--retry", "--config", gateway.folder.file("tocsin.yaml")])
        #expect(answer.code == 0, "\(answer)")
        // Another listens in its place, before the gateway has noticed.
        let other = try ListeningSocket(path)
        #expect(gateway.stop() == 0)
        #expect(FileManager.default.fileExists(atPath: path))
        withExtendedLifetime(other) {}
    }

    @Test("a storm of SIGHUP is read as few, and SIGTERM ends the gateway all the same, with everything stored")
    func hangups() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port, devices: 300)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        for number in 0..<50 {
            try sensor.publisher.post(
                topic: "test/d1", payload: Sensor.payload(1, at: Sensor.nowMilliseconds + Int64(number)))
        }
        for _ in 0..<2000 { gateway.signal(SIGHUP) }
        try await eventually("the readings are stored") {
            try StoreReader(path: gateway.storePath).count(.reading) == 50
        }
        for _ in 0..<200 { gateway.signal(SIGHUP) }
        #expect(gateway.stop() == 0)
        #expect(gateway.log.components(separatedBy: "asked to reload").count - 1 < 500)
    }
}

/// A socket that another process has put in the place of the gateway's.
private struct ListeningSocket {
    private let socket: UnixSocket

    init(_ path: String) throws {
        socket = try UnixSocket(.stream)
        // At another path first, so that there is no moment without a socket.
        let address = try #require(UnixAddress(path: path + "2"))
        try socket.listen(at: address, hiddenMode: 0o117, queueMax: 8)
        guard rename(path + "2", path) == 0 else { throw TestFailure("no socket at \(path)") }
    }
}

/// A connection to the control socket that keeps to no rules.
private struct RawClient: Sendable {
    private let socket: UnixSocket

    init(_ path: String) throws {
        socket = try UnixSocket(.stream)
        try socket.connect(to: try #require(UnixAddress(path: path)), waitingAtMost: 5)
    }

    /// Sends a text; does nothing if the gateway has closed the connection.
    func send(_ text: String) { _ = try? socket.send(Data(text.utf8)) }

    /// Whether the gateway has closed the connection.
    var isOver: Bool {
        do {
            return try socket.receive(atMost: 1).isEmpty
        } catch {
            return error.code == ECONNRESET
        }
    }
}
