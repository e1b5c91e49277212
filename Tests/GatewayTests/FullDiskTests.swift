import Foundation
import Store
import TestSupport
import Testing

@Suite struct FullDiskTests {
    @Test(
        "on a full disk readings are evaluated and not acknowledged, whoever has to know is told, and all is stored when there is room",
        .enabled(if: SmallDisk.isPossible), arguments: [false, true])
    func fullDisk(looksAlike: Bool) async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        let disk = try SmallDisk(at: gateway.folder.file("data"))
        let upstream = try await Upstream(broker)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        var sent = 0
        func send(_ count: Int, _ value: Double, from device: String) async throws {
            for _ in 0..<count {
                sent += 1
                try await sensor.send(value, from: device, at: looksAlike ? now : now + Int64(sent))
            }
        }
        try await send(20, 0.5, from: "d1")
        try await eventually("they are stored") { try StoreReader(path: gateway.storePath).count(.reading) == 20 }
        #expect(FileManager.default.fileExists(atPath: gateway.storePath + ".ballast"))
        disk.fill()
        // What the WAL still has room for, and the ballast, are used up by readings.
        for _ in 0..<200 {
            disk.fill()
            try await send(20, 0.5, from: "d3")
            if gateway.log.contains("the store takes no readings") { break }
        }
        try await eventually("the gateway has noticed: \(gateway.log.suffix(400))") {
            gateway.log.contains("the store takes no readings")
        }
        try await eventually("upstream hears that nothing can be stored") {
            upstream.topics.contains { $0.contains("store-failing") }
        }
        disk.fill()
        #expect(!FileManager.default.fileExists(atPath: gateway.storePath + ".ballast"))
        disk.fill()
        // A flood comes now.
        try await send(3, 9, from: "d2")
        try await eventually(within: 60, "upstream hears of the flood: \(gateway.log.suffix(600))") {
            disk.fill()
            return upstream.topics.contains("up/test-site/high-water/s2/warning")
        }
        #expect(gateway.isRunning)
        disk.makeRoom()
        try await eventually(within: 60, "all that was sent is stored") {
            try StoreReader(path: gateway.storePath).count(.reading) == sent
        }
        let reader = try StoreReader(path: gateway.storePath)
        try await eventually("the fault ends, and waits for someone to have seen it") {
            try reader.alarms().contains { $0.rule == "store-failing" && $0.state.kind == .returnedUnacknowledged }
        }
        #expect(try reader.alarms().contains { $0.group == "s2" && $0.level == "warning" })
        try await eventually("what was told from memory is known to be") { try reader.outbox().isEmpty }
        #expect(try reader.verifyAudit().faults == [])
        print("\(sent) readings sent, \(try reader.count(.reading)) stored")
        #expect(gateway.stop() == 0)
        #expect(try reader.count(.reading) == sent)
        await upstream.stop()
    }

    @Test(
        "a gateway whose disk was read-only when it started takes everything once it can be written to",
        .enabled(if: SmallDisk.isPossible))
    func readOnly() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        let disk = try SmallDisk(at: gateway.folder.file("data"))
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        try await sensor.send(1, at: now)
        try await eventually("it is stored") { try StoreReader(path: gateway.storePath).count(.reading) == 1 }
        gateway.kill()
        try disk.setReadOnly(true)
        for number in 1...20 { try await sensor.send(1, at: now + Int64(number)) }
        try gateway.start()
        try await eventually("it says why it does not run: \(gateway.log.suffix(300))") { !gateway.isRunning }
        #expect(gateway.log.lowercased().contains("read-only"), "\(gateway.log.suffix(600))")
        try disk.setReadOnly(false)
        try await gateway.startConnected()
        try await eventually("all is stored") { try StoreReader(path: gateway.storePath).count(.reading) == 21 }
        #expect(gateway.stop() == 0)
    }
}
