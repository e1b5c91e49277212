import AlarmModel
import Foundation
import Store
import TestSupport
import Testing

/// One sensor of several in maintenance.
@Suite struct MaintenanceTests {
    private static let rules = """
        hazard: gas
        rules:
          - name: carbon-monoxide
            summary: "{site}: carbon monoxide"
            for_each: site
            levels: { emergency: "at_least(2, carbon_monoxide > 35 ppm)" }
          - name: one-head
            for_each: device
            levels: { watch: carbon_monoxide > 35 ppm }
        """

    private static let profile = """
        profile: test
        topic: test/{device}
        interval: 1m
        silence: 10m
        readings:
          - { quantity: carbon_monoxide, pointer: /co, unit: ppm }
          - { quantity: temperature, pointer: /t, unit: degC }
        """

    private func site(_ third: String = "") -> String {
        "site: hall\ndevices:\n" + (1...3).map { "  - { id: d\($0), profile: test\($0 == 3 ? third : "") }\n" }.joined()
    }

    private func start(_ gateway: GatewayProcess) async throws {
        try gateway.folder.write("profiles/test.yaml", Self.profile)
        try gateway.folder.write("rules/rules.yaml", Self.rules)
        try await gateway.startConnected()
    }

    private func tocsin(_ arguments: String..., gateway: GatewayProcess) throws -> (
        output: String, errors: String, code: Int32
    ) {
        try TocsinBinary.run(arguments + ["--config", gateway.folder.file("tocsin.yaml")])
    }

    @Test(
        "its readings are kept and no rule sees them, the vote goes on with the others and says so, through a kill, until it is back"
    )
    func byOperator() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try gateway.folder.write("site.yaml", site())
        try await start(gateway)
        let publisher = try await Sensor(broker).publisher
        func send(_ device: Int, _ value: Int) throws {
            try publisher.post(topic: "test/d\(device)", payload: Array("{\"co\":\(value)}".utf8))
        }
        func readings() throws -> Int { try StoreReader(path: gateway.storePath).readingCount(without: "gateway") }

        #expect(
            try tocsin("out-of-service", "--device", "d9", "-m", "x", gateway: gateway).errors.contains(
                "there is no device 'd9'"))
        #expect(
            try tocsin("out-of-service", "--device", "d3", "--quantity", "level", "-m", "x", gateway: gateway).errors
                .contains(
                    "'d3' does not measure 'level'"))
        #expect(try tocsin("out-of-service", "--device", "d3", gateway: gateway).code == 64)
        #expect(
            try tocsin("in-service", "--device", "d3", gateway: gateway).errors.contains("d3 is not in maintenance"))
        let done = try tocsin(
            "out-of-service", "--device", "d3", "-m", "being calibrated", "--name", "ada", gateway: gateway)
        #expect(done.code == 0 && done.output.hasPrefix("d3 is in maintenance, by ada ("), "\(done)")
        #expect(
            try tocsin("out-of-service", "--device", "d3", "-m", "again", gateway: gateway).errors.contains("by ada ("),
            "by whom is said")

        gateway.kill()
        try await gateway.startConnected()
        try send(3, 100)
        try send(1, 40)
        try await eventually("both are stored") { try readings() == 2 }
        #expect(try StoreReader(path: gateway.storePath).alarms().map(\.key.description) == ["one-head/d1"])
        try send(2, 40)
        try await eventually("two of the two that work") {
            try StoreReader(path: gateway.storePath).alarms().contains { $0.key.description == "carbon-monoxide/hall" }
        }
        let alarm = try #require(
            try StoreReader(path: gateway.storePath).alarms().first { $0.rule == "carbon-monoxide" })
        #expect(alarm.summary == "hall: carbon monoxide (d3 in maintenance)")
        let sheet = try tocsin("alarms", "carbon-monoxide/hall", gateway: gateway).output
        #expect(sheet.contains("2 of 2 sensors over 35 ppm"), "\(sheet)")
        let sensors = try tocsin("sensors", gateway: gateway).output
        #expect(sensors.contains("d3") && sensors.contains("in maintenance: being calibrated (ada ("), "\(sensors)")

        #expect(try tocsin("in-service", "--device", "d3", gateway: gateway).code == 0)
        try send(3, 100)
        try await eventually("it is heard again") {
            try StoreReader(path: gateway.storePath).alarms().contains { $0.key.description == "one-head/d3" }
        }
        #expect(
            try tocsin("alarms", "carbon-monoxide/hall", gateway: gateway).output.contains("3 of 3 sensors over 35 ppm")
        )
        #expect(gateway.stop() == 0)
        #expect(try StoreReader(path: gateway.storePath).verifyAudit().faults == [])
        let audit = try tocsin("audit", "export", gateway: gateway).output
        #expect(audit.contains("d3: being calibrated") && audit.contains("in-service"))
    }

    @Test(
        "files that have changed since are taken over as by a reload: a new device is subscribed to, and the audit trail has it"
    )
    func changedFiles() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try gateway.folder.write("site.yaml", site())
        try await start(gateway)
        try gateway.folder.write("site.yaml", site() + "  - { id: d4, profile: test, topic: elsewhere/d4 }\n")
        #expect(try tocsin("out-of-service", "--device", "d3", "-m", "being calibrated", gateway: gateway).code == 0)
        let publisher = try await Sensor(broker).publisher
        try await eventually("the new device is heard") {
            try publisher.post(topic: "elsewhere/d4", payload: Array("{\"co\":40}".utf8))
            return try StoreReader(path: gateway.storePath).alarms().contains { $0.key.description == "one-head/d4" }
        }
        #expect(try tocsin("audit", "export", gateway: gateway).output.contains("reloaded"))
        #expect(gateway.stop() == 0)
    }

    @Test("the inventory says it too, for the device or for one quantity")
    func byInventory() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try gateway.folder.write("site.yaml", site(", maintenance: { carbon_monoxide: new cell on order }"))
        try await start(gateway)
        let publisher = try await Sensor(broker).publisher
        for device in 1...3 {
            try publisher.post(topic: "test/d\(device)", payload: Array("{\"co\":40,\"t\":20}".utf8))
        }
        try await eventually("the alarm of the two that work") {
            try StoreReader(path: gateway.storePath).alarms().map(\.key.description).sorted() == [
                "carbon-monoxide/hall", "one-head/d1", "one-head/d2",
            ]
        }
        let sensors = try tocsin("sensors", gateway: gateway).output.split(separator: "\n")
        #expect(sensors.filter { $0.contains("in maintenance: new cell on order") }.count == 1, "\(sensors)")
        #expect(gateway.stop() == 0)
    }
}
