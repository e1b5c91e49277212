import Diagnostics
import Foundation
import Gateway
import SiteConfiguration
import Store
import TestSupport
import Testing

/// The gateway's files among those of others.
@Suite struct GatewayNeighbourTests {
    @Test("a second gateway on a store is refused and says who has it; after a kill the store is free")
    func second() async throws {
        let broker = try RealBroker()
        let first = try GatewayProcess(brokerPort: broker.port)
        try await first.startConnected()
        let second = try GatewayProcess(brokerPort: broker.port)
        let path = second.folder.file("tocsin.yaml")
        let text = try String(contentsOfFile: path, encoding: .utf8).replacing("data/t.db", with: first.storePath)
            .replacing("client_id: gateway", with: "client_id: second")
        try second.folder.write("tocsin.yaml", text + "\ncontrol_socket: second.control\n")
        try second.start()
        try await eventually("it ends: \(second.log)") { !second.isRunning }
        #expect(second.log.contains("belongs to a gateway that is running (process "), "\(second.log)")
        #expect(first.isRunning)
        let repair = try TocsinBinary.run(["store", "repair", "--force", "--config", path])
        #expect(repair.code == 1 && repair.errors.contains("belongs to a gateway that is running"), "\(repair)")
        first.kill()
        try await second.startConnected()
        #expect(second.stop() == 0)
    }

    @Test("a store behind a link keeps its log and its marks beside the real file, and commands find it by the link")
    func link() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        let files = FileManager.default
        try files.createDirectory(atPath: gateway.folder.file("data"), withIntermediateDirectories: true)
        try files.createDirectory(atPath: gateway.folder.file("disk"), withIntermediateDirectories: true)
        try files.createSymbolicLink(atPath: gateway.storePath, withDestinationPath: "../disk/real.db")
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        try await sensor.send(2.5, at: Sensor.nowMilliseconds)
        try await eventually("the alarm is stored") {
            try TocsinBinary.run(["alarms", "--store", gateway.storePath]).output.contains("WATCH")
        }
        #expect(
            try TocsinBinary.run(["ack", "high-water/s1", "--config", gateway.folder.file("tocsin.yaml")]).code == 0)
        #expect(gateway.stop() == 0)
        #expect(try files.contentsOfDirectory(atPath: gateway.folder.file("data")) == ["t.db"])
        #expect(try files.contentsOfDirectory(atPath: gateway.folder.file("disk")).contains("real.db.mark"))
    }

    @Test(
        "a path that belongs to the store is no place for the control socket or a log",
        arguments: ["t.db", "t.db-wal", "t.db.mark"])
    func sharedFiles(name: String) throws {
        let gateway = try GatewayProcess(
            brokerPort: 1, destinations: "  - { name: second, kind: log, file: data/\(name) }")
        let path = gateway.folder.file("tocsin.yaml")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let file = SourceFile(name: path, text: text + "\ncontrol_socket: escalations.jsonl\n")
        let error = #expect(throws: DiagnosticList.self) { try Configuration.read(file) }
        let problems = error?.diagnostics.map(\.message) ?? []
        #expect(problems.contains { $0.contains("data/\(name) belongs to the store") }, "\(problems)")
        #expect(problems.contains { $0.contains("escalations.jsonl belongs to the log") }, "\(problems)")
    }

    @Test("whatever lies at the control socket's path and is no socket stays there, and the gateway runs")
    func controlSocket() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port, more: "control_socket: notes.txt")
        try gateway.folder.write("notes.txt", "of somebody")
        try await gateway.startConnected()
        try await eventually("it says so: \(gateway.log)") {
            gateway.log.contains("another file is there, and is kept")
        }
        #expect(gateway.stop() == 0)
        #expect(try String(contentsOfFile: gateway.folder.file("notes.txt"), encoding: .utf8) == "of somebody")
    }
}
