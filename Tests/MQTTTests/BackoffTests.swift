import MQTT
import TestSupport
import Testing

@Suite struct BackoffTests {
    @Test("waits grow to a minute, are spread, and begin anew only after a link that held")
    func waits() {
        var random = SeededRandom(seed: 5)
        var backoff = ReconnectBackoff()
        var longest = 0.0
        for _ in 0..<100 { longest = max(longest, backoff.next(using: &random)) }
        #expect(longest > 40 && longest <= ReconnectBackoff.longestSeconds)
        backoff.linkEnded(afterSeconds: 2)
        let chattering = (0..<20).map { _ in backoff.next(using: &random) }
        #expect(chattering.contains { $0 > 5 })
        #expect(Set(chattering).count == 20)
        backoff.linkEnded(afterSeconds: 31)
        #expect(backoff.next(using: &random) <= ReconnectBackoff.firstSeconds)
    }

    @Test("a secret is never printed")
    func secret() {
        var settings = ConnectionSettings(host: "h", port: 1, clientID: "c")
        settings.password = Secret("hunter2")
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!"\(settings) \(String(reflecting: settings)) \(dumped)".contains("hunter2"))
    }
}
