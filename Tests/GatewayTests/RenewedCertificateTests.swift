import Foundation
import TestSupport
import Testing

/// Certificates that are wrong while the gateway runs, and are renewed while it runs.
@Suite struct RenewedCertificateTests {
    private func broker(_ certificates: Certificates) throws -> RealBroker {
        try RealBroker(
            options: "certfile \(certificates.currentServer)\nkeyfile \(certificates.currentServerKey)\n")
    }

    @Test(
        "a broker's certificate that is over, of another host, or of a stranger is refused, and a renewed one taken without a restart",
        arguments: ["expired", "elsewhere", "stranger"])
    func wrong(server: String) async throws {
        let certificates = try Certificates()
        try certificates.use(server: server)
        let broker = try broker(certificates)
        let gateway = try GatewayProcess(brokerPort: broker.port, broker: ", tls: { ca: \(certificates.trusted) }")
        try gateway.start()
        try await eventually("it says why there is no connection: \(gateway.log)") {
            gateway.log.contains("no connection to the broker") && gateway.log.contains("certificate")
        }
        #expect(gateway.connections == 0)
        try certificates.use(server: "server")
        broker.stop()
        try broker.start()
        try await eventually(within: 40, "it connects: \(gateway.log)") { gateway.connections == 1 }
        #expect(gateway.stop() == 0)
    }

    @Test("another authority is trusted from the next connection on, and the one before no longer")
    func authority() async throws {
        let certificates = try Certificates()
        let broker = try broker(certificates)
        let gateway = try GatewayProcess(brokerPort: broker.port, broker: ", tls: { ca: \(certificates.trusted) }")
        try await gateway.startConnected()
        try certificates.use(trusted: "other")
        broker.stop()
        try broker.start()
        try await eventually(within: 40, "the old one is refused: \(gateway.log)") {
            gateway.log.contains("certificate")
        }
        #expect(gateway.connections == 1)
        try certificates.use(server: "stranger")
        broker.stop()
        try broker.start()
        try await eventually(within: 40, "the new one is taken: \(gateway.log)") { gateway.connections == 2 }
        #expect(gateway.stop() == 0)
    }
}
