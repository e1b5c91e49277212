import Devices
import Discovery
import Foundation
import Telemetry

/// What a listener would have heard, without a broker.
struct Ears {
    static let start = Instant(rfc3339: "2026-03-01T10:00:00Z".utf8) ?? .distantPast

    let profiles: [Profile]
    private(set) var heard: ListeningResult
    private var now = start

    init(_ profiles: [Profile]) {
        self.profiles = profiles
        heard = ListeningResult(keys: SharedTopicKeys(profiles))
    }

    /// Hears a message on each of some topics, a number of times.
    mutating func hear(
        _ messages: [(topic: String, payload: String)], times: Int = 4, every interval: TimeSpan = .seconds(60)
    ) {
        for _ in 0..<times {
            for (topic, payload) in messages { hear(topic, Array(payload.utf8)) }
            now = now + interval
        }
    }

    mutating func hear(_ topic: String, _ payload: [UInt8], isRetained: Bool = false) {
        heard.note(topic: Array(topic.utf8), payload: payload, isRetained: isRetained, at: now)
    }

    mutating func hear(_ topic: String, _ payload: String, isRetained: Bool = false) {
        hear(topic, Array(payload.utf8), isRetained: isRetained)
    }

    /// Hears a message on a topic that is not UTF-8.
    mutating func hear(unreadable topic: [UInt8], _ payload: [UInt8]) {
        heard.note(topic: topic, payload: payload, isRetained: false, at: now)
    }

    mutating func wait(_ span: TimeSpan) { now = now + span }

    func discovery(zigbeeBases: [String] = ["zigbee2mqtt"], known: [Device] = []) -> Discovery {
        Discovery(heard, profiles: profiles, zigbeeBases: zigbeeBases, known: known)
    }

    /// An uplink as ChirpStack 4 publishes it.
    static func uplink(_ bytes: [UInt8], port: Int, profile: String = "", name: String = "") -> String {
        """
        {"deviceInfo": {"deviceName": "\(name)", "deviceProfileName": "\(profile)"}, "fCnt": 17, "fPort": \(port), \
        "data": "\(Data(bytes).base64EncodedString())", "rxInfo": [{"rssi": -97, "snr": 7.5}]}
        """
    }

    static func uplink(_ hex: String, port: Int, profile: String = "", name: String = "") -> String {
        let digits = Array(hex.filter { $0 != " " })
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        return uplink(bytes, port: port, profile: profile, name: name)
    }
}

extension Discovery {
    func group(_ pattern: String) -> TopicGroup? { groups.first { $0.pattern == pattern } }
}
