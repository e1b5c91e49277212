import Foundation
import Logging
import MQTT
import Synchronization
import TestSupport
import Testing

/// Both directions, through everything that a broker can do wrong: each comes up again without a restart once it is
/// right.
@Suite struct ConnectionTests {
    /// What is logged, as text.
    private final class Log: Sendable {
        private let lines = Mutex<[String]>([])
        var text: String { lines.withLock { $0.joined(separator: "\n") } }

        struct Handler: LogHandler {
            let log: Log
            var metadata: Logger.Metadata = [:]
            var logLevel = Logger.Level.trace
            subscript(metadataKey key: String) -> Logger.Metadata.Value? {
                get { metadata[key] }
                set { metadata[key] = newValue }
            }
            func log(event: LogEvent) { log.lines.withLock { $0.append("\(event.level): \(event.message)") } }
        }

        var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }
    }

    /// Both directions over one broker, which misbehaves once or more, and then is right.
    private func recovers(
        _ settings: ConnectionSettings, said: String? = nil, connections: () -> Int, makeRight: () throws -> Void,
        _ what: String
    ) async throws {
        let logs = [Log(), Log()]
        let received = Mutex(0)
        var reading = settings
        reading.clientID = "reading"
        let publisher = try Publisher(settings, logger: logs[0].logger)
        publisher.start()
        let subscriber = try Subscriber(reading, filters: ["test/#"], logger: logs[1].logger) { _, _ in
            received.withLock { $0 += 1 }
        }
        // Both have met the fault.
        try await eventually("\(what): both connect: \(logs.map(\.text))") { connections() >= 2 }
        if let said {
            try await eventually("\(what): both say '\(said)': \(logs.map(\.text))") {
                logs.allSatisfy { $0.text.contains(said) }
            }
        } else {
            try await eventually("\(what): both say something: \(logs.map(\.text))") {
                logs.allSatisfy { !$0.text.isEmpty }
            }
        }
        #expect(logs.allSatisfy { !$0.text.contains("Success") }, "\(what): \(logs.map(\.text))")
        try makeRight()
        try await eventually(within: 40, "\(what): the publisher is back: \(logs[0].text)") { publisher.isConnected }
        try await eventually(within: 40, "\(what): it delivers: \(logs[0].text)") {
            (try? await publisher.publish(topic: "test/d1", payload: [1, 2, 3])) != nil
        }
        try await eventually(within: 40, "\(what): the subscriber is back: \(logs[1].text)") {
            if received.withLock({ $0 }) > 0 { return true }
            try? publisher.post(topic: "test/d1", payload: [4])
            return false
        }
        await subscriber.stop()
    }

    private func recovers(
        _ conduct: ScriptedBroker.Conduct, _ version: ConnectionSettings.ProtocolVersion, said: String? = nil
    ) async throws {
        let broker = try ScriptedBroker(conduct)
        try await recovers(
            broker.settings(version), said: said, connections: { broker.connections },
            makeRight: { broker.behave(.right) },
            "\(conduct) \(version)")
    }

    @Test(
        "every return code of CONNACK in MQTT 3.1.1 is outlived",
        arguments: [ConnectionSettings.ProtocolVersion.v311, .auto])
    func codesOf311(version: ConnectionSettings.ProtocolVersion) async throws {
        try await withThrowingTaskGroup { group in
            for code in 1...5 as ClosedRange<UInt8> { group.addTask { try await recovers(.refuses(code), version) } }
            try await group.waitForAll()
        }
    }

    @Test("every return code of CONNACK in MQTT 5 is outlived", arguments: [0x80, 0x88, 0x90, 0x98] as [UInt8])
    func codesOf5(first: UInt8) async throws {
        try await withThrowingTaskGroup { group in
            for code in first..<(first + 8) {
                group.addTask { try await recovers(.refuses(code), .v5, said: "the broker refuses the connection") }
                group.addTask { try await recovers(.refuses(code), .auto) }
            }
            try await group.waitForAll()
        }
    }

    @Test(
        "a broker that hangs up, says nothing, answers nonsense or says goodbye is outlived",
        arguments: [ConnectionSettings.ProtocolVersion.auto, .v5, .v311])
    func misdeeds(version: ConnectionSettings.ProtocolVersion) async throws {
        let http = Array("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".utf8)
        let conducts: [(ScriptedBroker.Conduct, String?)] = [
            (.hangsUpBeforeConnack, nil), (.hangsUpAfterConnack, nil), (.hangsUpAtRequest, nil),
            (.silent, "no answer from the broker"),
            (.answers(http), nil), (.answers([0x20]), nil), (.answers([0x20, 0xff, 0xff, 0xff, 0xff]), nil),
            (.answers((0..<512).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }), nil),
            (.answers([0x20, 0x00]), nil),
            (.answers([0x90, 0x03, 0, 1, 0]), nil), (.hangsUpAtOnce, nil), (.resetsAtOnce, nil),
            (.disconnects(0x8b), nil),
            (.disconnects(0x89), nil),
            (.disconnects(0), nil),
        ]
        try await withThrowingTaskGroup { group in
            for (conduct, said) in conducts where conduct != .hangsUpAtRequest {
                group.addTask { try await recovers(conduct, version, said: said) }
            }
            try await group.waitForAll()
        }
    }

    @Test("a link that ends at SUBSCRIBE or PUBLISH is made again, and what was posted goes over the next")
    func atRequest() async throws {
        let broker = try ScriptedBroker(.hangsUpAtRequest)
        let log = Log()
        let publisher = try Publisher(broker.settings(), logger: log.logger)
        publisher.start()
        try await eventually("it is up") { publisher.isConnected }
        for number in 0..<5 as Range<UInt8> { try publisher.post(topic: "test/d1", payload: [number]) }
        await #expect(throws: (any Error).self) { try await publisher.publish(topic: "test/d1", payload: [9]) }
        broker.behave(.right)
        try await eventually("all that was posted has come: \(broker.payloads)") { publisher.acknowledged == 5 }
        #expect(broker.payloads == [[0], [1], [2], [3], [4]])
        let subscriberLog = Log()
        broker.behave(.hangsUpAtRequest)
        let received = Mutex(0)
        let subscriber = try Subscriber(broker.settings(), filters: ["test/#"], logger: subscriberLog.logger) { _, _ in
            received.withLock { $0 += 1 }
        }
        try await eventually("it says where the link ended: \(subscriberLog.text)") {
            subscriberLog.text.contains("before it answered a subscription")
        }
        broker.behave(.right)
        try await eventually("it is back") { received.withLock { $0 } > 0 }
        await subscriber.stop()
    }

    @Test("what was posted while the connection breaks again and again arrives, in its order, and nothing is forgotten")
    func postedMeanwhile() async throws {
        let broker = try ScriptedBroker(.right)
        let publisher = try Publisher(broker.settings(), logger: Log().logger)
        publisher.start()
        try await eventually("it is up") { publisher.isConnected }
        for number in 0..<100 as Range<UInt8> {
            if number % 20 == 10 { broker.behave(.hangsUpAtRequest) }
            if number % 20 == 15 {
                try await eventually("it breaks") { !publisher.isConnected }
                broker.behave(.right)
            }
            try publisher.post(topic: "test/d1", payload: [number])
        }
        func firsts() -> [UInt8] {
            var seen: Set<UInt8> = []
            return broker.payloads.compactMap(\.first).filter { seen.insert($0).inserted }
        }
        try await eventually(within: 60, "all have come: \(firsts())") { firsts().count == 100 }
        #expect(firsts() == Array(0..<100))
    }

    @Test(
        "a message that the broker neither acknowledges nor refuses goes over another connection, though others are acknowledged"
    )
    func ignoredMessage() async throws {
        let broker = try ScriptedBroker(.ignoresMessages(7))
        var settings = broker.settings()
        settings.acknowledgementSeconds = 1
        let publisher = try Publisher(settings, logger: Log().logger)
        publisher.start()
        try await eventually("it is up") { publisher.isConnected }
        let ignored = Task { try await publisher.publish(topic: "t", payload: [7]) }
        try await eventually("the link is given up, and another is made") {
            try? publisher.post(topic: "t", payload: [1])
            return broker.connections > 1
        }
        await #expect(throws: MQTTError.self) { try await ignored.value }
        broker.behave(.right)
        try await eventually("it is up again") { (try? await publisher.publish(topic: "t", payload: [7])) != nil }
    }

    @Test("a message that MQTT 5 refuses is an error with the broker's reason, and the connection stays")
    func refusedMessage() async throws {
        let broker = try ScriptedBroker(.refusesMessages(0x87))
        let publisher = try Publisher(broker.settings(), logger: Log().logger)
        publisher.start()
        try await eventually("it is up") { publisher.isConnected }
        await #expect { try await publisher.publish(topic: "t", payload: []) } throws: {
            "\($0)".contains("Not authorized")
        }
        broker.behave(.right)
        try await publisher.publish(topic: "t", payload: [1])
        #expect(broker.connections == 1)
    }

    @Test("the version that a broker knows is found again after it hung up at the other", arguments: [5, 4] as [UInt8])
    func hangsUpAtVersion(known: UInt8) async throws {
        let broker = try ScriptedBroker(.hangsUpBeforeConnack)
        let publisher = try Publisher(broker.settings(), logger: Log().logger)
        publisher.start()
        try await eventually(within: 40, "both versions are tried: \(broker.versions)") { broker.versions.contains(4) }
        broker.behave(.right)
        try await eventually(within: 40, "it is up") { publisher.isConnected }
        #expect(broker.versions.first == 5)
    }

    @Test("a publish whose task is cancelled ends, and the others go on")
    func cancelled() async throws {
        let broker = try ScriptedBroker(.right)
        let publisher = try Publisher(broker.settings(), logger: Log().logger)
        publisher.start()
        try await eventually("it is up") { publisher.isConnected }
        try await withThrowingTaskGroup { group in
            for number in 0..<50 as Range<UInt8> {
                group.addTask { try await publisher.publish(topic: "t", payload: [number]) }
            }
            let victim = Task { try await publisher.publish(topic: "t", payload: [99]) }
            victim.cancel()
            _ = await victim.result
            try await group.waitForAll()
        }
        #expect(Set(broker.payloads).isSuperset(of: (0..<50).map { [$0] }))
    }

    @Test("a publisher that is let go ends its thread, and the broker sees it go")
    func released() async throws {
        let broker = try RealBroker(options: "sys_interval 1")
        for _ in 0..<20 {
            let publisher = try Publisher(broker.settings("client"), logger: Log().logger)
            publisher.start()
            try await eventually("it is up") { publisher.isConnected }
        }
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").filter { task in
            (try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8))?.hasPrefix("tocsin-publish")
                ?? false
        }
        #expect(threads.count < 20)
    }

    // MARK: - TLS

    @Test(
        "a wrong certificate, one that has expired, no TLS at all, and an HTTP server are outlived",
        arguments: ["stranger", "expired", "plain", "nobody"])
    func tls(fault: String) async throws {
        let certificates = try Certificates()
        func broker(_ name: String) throws -> RealBroker {
            try RealBroker(
                options:
                    "certfile \(certificates.folder.file("\(name).pem"))\nkeyfile \(certificates.folder.file("\(name).key"))\n"
            )
        }
        let right = try broker("server")
        let wrong = fault == "plain" || fault == "nobody" ? try RealBroker() : try broker(fault)
        if fault == "nobody" { wrong.stop() }
        let relay = try ScriptedBroker(.relays(wrong.port))
        var settings = relay.settings()
        settings.host = "localhost"
        settings.tls = TLSSettings(authorities: certificates.authority)
        try await recovers(
            settings, said: fault == "stranger" || fault == "expired" ? "certificate verify failed" : nil,
            connections: { relay.connections }, makeRight: { relay.behave(.relays(right.port)) }, fault)
    }

    @Test(
        "a TLS handshake that is ended, reset, or has nobody at the other end fails at once, and not by the time limit for an answer",
        arguments: ["ended", "reset", "nobody"])
    func tlsHangUp(fault: String) async throws {
        let certificates = try Certificates()
        let right = try RealBroker(options: "certfile \(certificates.server)\nkeyfile \(certificates.serverKey)\n")
        let host = try ScriptedBroker(fault == "reset" ? .resetsAtOnce : .hangsUpAtOnce)
        if fault == "nobody" { right.stop() }
        var settings = fault == "nobody" ? right.settings("client") : host.settings()
        settings.host = "localhost"
        settings.tls = TLSSettings(authorities: certificates.authority)
        // Longer than the test waits, so that the time limit does not end the attempt.
        settings.keepaliveSeconds = 300
        try await recovers(
            settings, said: "no connection", connections: { fault == "nobody" ? 2 : host.connections },
            makeRight: { if fault == "nobody" { try right.start() } else { host.behave(.relays(right.port)) } }, fault)
    }

    @Test("a client without TLS at a port with TLS says that there is no connection, and comes back")
    func tlsPort() async throws {
        let certificates = try Certificates()
        let wrong = try RealBroker(options: "certfile \(certificates.server)\nkeyfile \(certificates.serverKey)\n")
        let right = try RealBroker()
        let relay = try ScriptedBroker(.relays(wrong.port))
        try await recovers(
            relay.settings(), connections: { relay.connections }, makeRight: { relay.behave(.relays(right.port)) },
            "TLS port")
    }

    @Test("nobody at the port is outlived, and said in the system's words")
    func refusedPort() async throws {
        let broker = try RealBroker()
        broker.stop()
        var isRight = false
        try await recovers(
            broker.settings("client"), said: "Connection refused", connections: { isRight ? 0 : 2 },
            makeRight: {
                isRight = true
                try broker.start()
            }, "nobody")
    }

    // MARK: - Subscriptions

    @Test(
        "a refused filter is told with the broker's reason, and asked for again",
        arguments: [ConnectionSettings.ProtocolVersion.v5, .v311])
    func refusedFilter(version: ConnectionSettings.ProtocolVersion) async throws {
        let broker = try ScriptedBroker(.refusesFilters(version == .v5 ? 0x87 : 0x80, prefix: "secret"))
        let log = Log()
        let subscriber = try Subscriber(broker.settings(version), filters: ["secret/+", "open/+"], logger: log.logger) {
            _, _ in
        }
        let reason = version == .v5 ? "Not authorized (0x87)" : "MQTT 3.1.1 gives no reason"
        try await eventually("it is told: \(log.text)") {
            log.text.contains(
                "error: the broker refuses the subscription of secret/+, asking again now and then: \(reason)")
        }
        #expect(broker.subscribed == ["open/+"])
        broker.behave(.right)
        try await eventually("it is granted") { broker.subscribed.contains("secret/+") }
        try await eventually("that is told too") { log.text.contains("grants the subscription of secret/+ again") }
        #expect(broker.connections == 1)
        await subscriber.stop()
    }
}
