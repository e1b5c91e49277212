import Alarms
import Crypto
import Escalation
import Foundation
import Logging
import MQTT
import Store
import Telemetry
import TestSupport
import Testing
import Uplink
import Wire

@Suite struct WebhookTests {
    private static let start = Instant(rfc3339: "2018-06-03T20:00:00Z".utf8)!  // a literal that reads
    private let escalation = OutboxItem(
        identity: "high/\"s1\"@2018#1/hook", alarm: "a", destination: "hook", severity: 2, payload: "{\"ö\":1}",
        created: start)

    private func hook(_ settings: WebhookSettings) throws -> WebhookDestination {
        try WebhookDestination(name: "hook", settings, clock: ManualClock(Self.start, hasRealUptime: true))
    }

    private func failure(_ settings: WebhookSettings) async -> DeliveryError? {
        do {
            let hook = try hook(settings)
            do {
                try await hook.deliver(escalation)
                await hook.close()
                return nil
            } catch {
                await hook.close()
                return error as? DeliveryError
            }
        } catch {
            return error as? DeliveryError
        }
    }

    @Test("it is posted over TLS, signed over time and body, with its identity; a certificate of a stranger is refused")
    func signed() async throws {
        let certificates = try Certificates()
        let receiver = try await HTTPReceiver(certificate: (certificates.server, certificates.serverKey))
        var settings = WebhookSettings(
            url: "https://127.0.0.1:\(receiver.port)/alarms?x=1", secret: Secret("0123456789abcdef"))
        settings.authorities = certificates.authority
        settings.authorization = Secret("Bearer token")
        #expect(await failure(settings) == nil)
        let request = try #require(receiver.received.first)
        #expect(request.body == "{\"ö\":1}")
        #expect(request.headers["content-type"] == "application/cloudevents+json; charset=utf-8")
        #expect(request.headers["idempotency-key"] == "\"high/\\\"s1\\\"@2018#1/hook\"")
        #expect(request.headers["authorization"] == "Bearer token")
        let timestamp = try #require(request.headers["tocsin-timestamp"])
        #expect(timestamp == "1528056000")
        let code = HMAC<SHA256>.authenticationCode(
            for: Data("\(timestamp).\(request.body)".utf8), using: SymmetricKey(data: Data("0123456789abcdef".utf8)))
        #expect(request.headers["tocsin-signature"] == "v1=" + code.map { String(format: "%02x", $0) }.joined())
        settings.authorities = certificates.otherAuthority
        let refused = await failure(settings)
        #expect(refused != nil && refused?.isPermanent == false)
        #expect(receiver.received.count == 1)
        await receiver.stop()
    }

    @Test("certificates that are over, or of another host, are refused", arguments: ["expired", "elsewhere"])
    func wrongCertificates(server: String) async throws {
        let certificates = try Certificates()
        try certificates.use(server: server)
        let receiver = try await HTTPReceiver(certificate: (certificates.currentServer, certificates.currentServerKey))
        var settings = WebhookSettings(url: "https://127.0.0.1:\(receiver.port)/")
        settings.authorities = certificates.authority
        let refused = await failure(settings)
        #expect(refused != nil && refused?.isPermanent == false)
        #expect(receiver.received.isEmpty)
        await receiver.stop()
    }

    @Test("renewed certificates are taken without a restart, and a renewal that is not whole changes nothing")
    func renewed() async throws {
        let certificates = try Certificates()
        let receiver = try await HTTPReceiver(certificate: (certificates.server, certificates.serverKey))
        let stranger = try await HTTPReceiver(
            certificate: (certificates.folder.file("stranger.pem"), certificates.folder.file("stranger.key")))
        var settings = WebhookSettings(url: "https://127.0.0.1:\(receiver.port)/")
        settings.authorities = certificates.trusted
        let hook = try hook(settings)
        try await hook.deliver(escalation)
        try certificates.folder.write("trusted.pem", "half of a certif")
        try await hook.deliver(escalation)
        try certificates.use(trusted: "other")
        await #expect(throws: DeliveryError.self) { try await hook.deliver(escalation) }
        await hook.close()
        #expect(receiver.received.count == 2)
        // The authority of another receiver is trusted as soon as its certificate is there.
        settings.url = "https://127.0.0.1:\(stranger.port)/"
        try certificates.use(trusted: "ca")
        let other = try self.hook(settings)
        await #expect(throws: DeliveryError.self) { try await other.deliver(escalation) }
        try certificates.use(trusted: "other")
        try await other.deliver(escalation)
        await other.close()
        #expect(stranger.received.count == 1)
        await receiver.stop()
        await stranger.stop()
    }

    @Test(
        "what is answered decides: taken, tried again, or parked; nobody is followed elsewhere",
        arguments: [
            (200, false, false), (202, false, false), (301, true, false), (307, true, false), (400, true, true),
            (401, true, false),
            (404, true, false), (408, true, false), (410, true, true), (413, true, true), (422, true, true),
            (429, true, false),
            (500, true, false), (503, true, false),
        ])
    func statuses(status: Int, fails: Bool, isPermanent: Bool) async throws {
        let receiver = try await HTTPReceiver { _, _ in
            (status, ["Location": "http://127.0.0.1:1/", "Retry-After": "7"], "because\nof this")
        }
        let error = await failure(WebhookSettings(url: "http://127.0.0.1:\(receiver.port)/"))
        #expect((error != nil) == fails)
        if let error {
            #expect(error.isPermanent == isPermanent)
            #expect("\(error)".contains("\(status)"))
            if status >= 400 { #expect("\(error)".contains("because of this")) }
            if status == 429 || status == 503 { #expect(error.retryAfter == 7) }
        }
        #expect(receiver.received.count == 1)
        await receiver.stop()
    }

    @Test("one that accepts and never answers, and one that is not there, are given up in time")
    func hanging() async throws {
        let receiver = try await HTTPReceiver { _, _ in nil }
        var settings = WebhookSettings(url: "http://127.0.0.1:\(receiver.port)/", timeout: .milliseconds(300))
        let hanging = await failure(settings)
        #expect(hanging != nil && hanging?.isPermanent == false)
        settings.url = "http://127.0.0.1:1/"
        let absent = await failure(settings)
        #expect(absent != nil && absent?.isPermanent == false)
        await receiver.stop()
    }

    @Test("only HTTPS leaves the machine, and no password stands in an address")
    func addresses() {
        for good in ["https://example.org/x", "http://localhost:8080/", "http://127.0.0.1/", "http://[::1]:1/x"] {
            #expect(WebhookSettings.isAllowed(good), "\(good)")
        }
        for bad in [
            "http://example.org/", "ftp://localhost/", "example.org", "", "https://",
            "https://user:secret@example.org/",
        ] {
            #expect(!WebhookSettings.isAllowed(bad), "\(bad)")
        }
    }

    @Test(
        "a receiver that half answers is given up after the time that it has: its head alone, a drip of its body, or nothing",
        arguments: [
            ("HTTP/1.1 500 no\r\nContent-Length: 100\r\n\r\n", ""),
            ("HTTP/1.1 500 no\r\nContent-Length: 100000\r\n\r\n", "x"),
            ("", ""), ("HTTP/1.1 500 no\r\nX: ", "x"),
        ])
    func halfAnswers(head: String, drip: String) async throws {
        let receiver = try LoopbackListener { connection in
            _ = send(connection, head, head.utf8.count, Int32(MSG_NOSIGNAL))
            var byte: UInt8 = 0
            while recv(connection, &byte, 1, Int32(MSG_DONTWAIT)) != 0,
                send(connection, drip, drip.utf8.count, Int32(MSG_NOSIGNAL)) >= 0
            {
                usleep(50_000)
            }
        }
        let destination = try hook(
            WebhookSettings(url: "http://127.0.0.1:\(receiver.port)/", timeout: .milliseconds(500)))
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var batch = StoreBatch()
        batch.escalations = [escalation]
        try store.commit(batch)
        let lane = Dispatcher(
            destinations: [destination], store: store, clock: ManualClock(Self.start, hasRealUptime: true),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ).workers[0]
        _ = await lane.turn()
        // It still waits, and is left alone for a while.
        #expect(try StoreReader(path: folder.file("t.db")).outbox().first?.attempts == 1)
        guard case .news = await lane.turn() else { throw TestFailure("it is tried again at once") }
        await destination.close()
        try store.close()
    }

    @Test(
        "an identity of any characters is a header that every receiver takes, and a wish to wait that is no number is none"
    )
    func headers() async throws {
        let receiver = try await HTTPReceiver { _, _ in (503, ["Retry-After": "nan"], "") }
        var odd = escalation
        odd.identity = "high/a\tb\u{0}ö#1/hook"
        let destination = try hook(WebhookSettings(url: "http://127.0.0.1:\(receiver.port)/"))
        await #expect { try await destination.deliver(odd) } throws: { ($0 as? DeliveryError)?.retryAfter == nil }
        #expect(receiver.received.first?.headers["idempotency-key"] == "\"high/a%09b%00%C3%B6#1/hook\"")
        await destination.close()
        await receiver.stop()
    }

    @Test("an address is shown without its path and its query, which may hold keys")
    func shownURL() async throws {
        for (url, shown) in [
            "https://hooks.example.org/services/T0/B0/XXXX": "https://hooks.example.org/…",
            "https://example.org:8443/?token=secret": "https://example.org:8443/…",
            "https://example.org": "https://example.org",
        ] { #expect(WebhookSettings(url: url).shownURL == shown) }
        let error = await failure(WebhookSettings(url: "http://127.0.0.1:1/services/XXXX"))
        #expect(error.map { "\($0)".contains("127.0.0.1:1/…") && !"\($0)".contains("XXXX") } == true)
    }
}
