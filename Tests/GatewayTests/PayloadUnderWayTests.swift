import Foundation
import MQTT
import Store
import TestSupport
import Testing

@testable import Gateway
@testable import Pipeline
@testable import SiteConfiguration

/// A payload that ends the gateway: it is found, set aside and acknowledged, and what waits behind it is evaluated.
@Suite struct PayloadUnderWayTests {
    private func with<T>(_ topic: String, _ payload: String, _ body: (IncomingMessage) throws -> T) rethrows -> T {
        try Array(topic.utf8).withUnsafeBytes { topic in
            try Array(payload.utf8).withUnsafeBytes { payload in
                try body(IncomingMessage(topic: topic, payload: payload, qos: 1, isRetained: false))
            }
        }
    }

    /// The file as it is when the process ends in the middle of a message.
    private func end(in topic: String, _ payload: String, _ underWay: PayloadUnderWay, _ path: String) throws {
        var copy: Data?
        with(topic, payload) { message in underWay.during(message) { copy = FileManager.default.contents(atPath: path) }
        }
        try copy?.write(to: URL(fileURLWithPath: path))
    }

    @Test("what was under way at three ends in a row is set aside, once, and known from then on")
    func three() throws {
        let folder = try TemporaryFolder()
        let (store, path) = (folder.file("t.db"), folder.file("t.db.underway"))
        for number in 1...3 {
            #expect(
                PayloadUnderWay.findEnd(store: store, payloadBytesMax: 1000)
                    == PayloadUnderWay.End(wasUnderWay: number > 1))
            let underWay = try #require(PayloadUnderWay(store: store, payloadBytesMax: 1000))
            #expect(!with("t/d1", "poison") { underWay.isQuarantined($0) })
            with("t/d2", "harmless") { message in underWay.during(message) {} }
            try end(in: "t/d1", "poison", underWay, path)
        }
        let end = PayloadUnderWay.findEnd(store: store, payloadBytesMax: 1000)
        #expect(
            end.quarantined
                == PayloadUnderWay.QuarantinedPayload(topic: Array("t/d1".utf8), payload: Array("poison".utf8)))
        // Until it is kept, the next start finds the same.
        #expect(PayloadUnderWay.findEnd(store: store, payloadBytesMax: 1000) == end)
        PayloadUnderWay.accept(store: store, payloadBytesMax: 1000)
        for _ in 0..<2 {
            #expect(PayloadUnderWay.findEnd(store: store, payloadBytesMax: 1000) == PayloadUnderWay.End())
            let later = try #require(PayloadUnderWay(store: store, payloadBytesMax: 1000))
            #expect(with("t/d1", "poison") { later.isQuarantined($0) })
            #expect(
                !with("t/d1", "poisoN") { later.isQuarantined($0) }
                    && !with("t/d2", "poison") { later.isQuarantined($0) })
        }
    }

    @Test("a file that is cut while it is in use ends nothing: the gateway goes on without it")
    func cut() throws {
        let folder = try TemporaryFolder()
        let (store, path) = (folder.file("t.db"), folder.file("t.db.underway"))
        let underWay = try #require(PayloadUnderWay(store: store, payloadBytesMax: 100_000))
        let payload = String(repeating: "x", count: 90_000)
        with("t/d1", payload) { message in underWay.during(message) {} }
        try #require(truncate(path, 0) == 0)
        var isEvaluated = false
        with("t/d1", payload) { message in underWay.during(message) { isEvaluated = true } }
        #expect(isEvaluated)
        // The next start makes it anew.
        #expect(PayloadUnderWay.findEnd(store: store, payloadBytesMax: 100_000) == PayloadUnderWay.End())
    }

    @Test("accidents set nothing aside: other ends between, or the same payload evaluated between")
    func accidents() throws {
        let folder = try TemporaryFolder()
        let (store, path) = (folder.file("t.db"), folder.file("t.db.underway"))
        for number in 0..<12 {
            #expect(PayloadUnderWay.findEnd(store: store, payloadBytesMax: 1000).quarantined == nil, "\(number)")
            let underWay = try #require(PayloadUnderWay(store: store, payloadBytesMax: 1000))
            switch number % 3 {
            case 0: try end(in: "t/d1", "tip", underWay, path)
            case 1:
                with("t/d1", "tip") { message in underWay.during(message) {} }
                try end(in: "t/d1", "tip", underWay, path)
            default: break
            }
        }
    }

    @Test("a file of something else, or of nonsense, is begun anew, and a hundred payloads are kept apart")
    func nonsense() throws {
        let folder = try TemporaryFolder()
        try Data(repeating: 0xff, count: 10_000).write(to: URL(fileURLWithPath: folder.file("t.db.underway")))
        let underWay = try #require(PayloadUnderWay(store: folder.file("t.db"), payloadBytesMax: 1000))
        #expect(!with("t", "") { underWay.isQuarantined($0) })
        // A topic and a payload as long as can be, and longer.
        for length in [0, 1000, 5000] {
            with(String(repeating: "t", count: 65_535), String(repeating: "x", count: length)) { message in
                underWay.during(message) {}
            }
        }
        for number in 0..<100 {
            for _ in 0..<3 {
                _ = PayloadUnderWay.findEnd(store: folder.file("t.db"), payloadBytesMax: 1000)
                let underWay = try #require(PayloadUnderWay(store: folder.file("t.db"), payloadBytesMax: 1000))
                try end(in: "t", "\(number)", underWay, folder.file("t.db.underway"))
            }
            _ = PayloadUnderWay.findEnd(store: folder.file("t.db"), payloadBytesMax: 1000)
            PayloadUnderWay.accept(store: folder.file("t.db"), payloadBytesMax: 1000)
        }
        let last = try #require(PayloadUnderWay(store: folder.file("t.db"), payloadBytesMax: 1000))
        let known = (0..<100).filter { number in with("t", "\(number)") { last.isQuarantined($0) } }
        #expect(known == Array(36..<100))
        // Another program may be mended.
        let other = try #require(PayloadUnderWay(store: folder.file("t.db"), payloadBytesMax: 1000, program: 7))
        #expect(!with("t", "99") { other.isQuarantined($0) })
    }

    @Test(
        "a gateway that is ended three times in the middle of a payload says so, keeps it, and goes on with what waits behind it"
    )
    func process() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try gateway.folder.write(
            "profiles/test.yaml",
            """
            profile: test
            topic: test/{device}
            readings:
              - { quantity: water_level, unit: m, samples: { pointer: /x, rate: 1000 Hz, time: last } }
            """)
        try gateway.folder.write(
            "rules/rules.yaml",
            """
            hazard: flood
            rules:
              - { name: high, for_each: device, levels: { watch: "quantile(water_level, 0.7, 10m) > quantile(water_level, 0.2, 9m) + 100 m" } }
            """)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        // So long that it can be caught in the middle.
        let samples = (0..<40_000).map { "\($0 * 7919 % 1000)" }.joined(separator: ",")
        try sensor.publisher.post(topic: "test/d1", payload: Array("{\"x\":[\(samples)]}".utf8))
        try sensor.publisher.post(topic: "test/d2", payload: Array("{\"x\":[1]}".utf8))
        for number in 1...3 {
            try await eventually(within: 30, "it is evaluated, for the \(number). time") {
                Self.isBusy(gateway.storePath + ".underway")
            }
            gateway.kill()
            // Before it is there, the file tells of the one before it.
            try await gateway.startConnected()
        }
        try await eventually(within: 30, "what is behind it is stored: \(gateway.log)") {
            try StoreReader(path: gateway.storePath).count(.reading) == 1
        }
        #expect(gateway.log.contains("3 times in a row: it is quarantined"))
        #expect(!gateway.log.contains("going on with MQTT 3.1.1"))
        let alarm = try StoreReader(path: gateway.storePath).alarms(all: true).first { $0.rule == "payload-set-aside" }
        #expect(alarm?.summary.contains("on 'test/d1'") == true)
        #expect(try StoreReader(path: gateway.storePath).count(.refused_payload) == 1)
        // It is acknowledged: nothing of it is left with the broker.
        #expect(gateway.stop() == 0)
        try await gateway.startConnected()
        try await sensor.publisher.publish(topic: "test/d2", payload: Array("{\"x\":[2]}".utf8))
        try await eventually("what comes later is stored") {
            try StoreReader(path: gateway.storePath).count(.reading) == 2
        }
        #expect(gateway.stop() == 0)
    }

    /// Whether a payload has been under way for a while.
    private static func isBusy(_ path: String) -> Bool {
        func isUnderWay() -> Bool {
            guard let file = FileHandle(forReadingAtPath: path), (try? file.seek(toOffset: 8)) != nil else {
                return false
            }
            return (try? file.read(upToCount: 1))??.first == 1
        }
        guard isUnderWay() else { return false }
        usleep(20_000)
        return isUnderWay()
    }
}
