import Foundation
import Gateway
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
private final class ListeningSocket {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // Beside it first, so that there is no moment without one.
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array((path + "2").utf8)) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0, listen(descriptor, 8) == 0, rename(path + "2", path) == 0 else {
            throw TestFailure("no socket at \(path)")
        }
    }

    deinit { close(descriptor) }
}

/// A connection to the control socket that keeps to no rules.
private final class RawClient: Sendable {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else { throw TestFailure("no connection to \(path)") }
    }

    deinit { close(descriptor) }

    func send(_ text: String) { _ = Foundation.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL)) }

    /// The gateway has closed it.
    var isOver: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) == 0 || errno == ECONNRESET
    }
}
