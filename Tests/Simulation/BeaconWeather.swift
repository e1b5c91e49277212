import Telemetry
import TestSupport

/// The messages of the beacon in one run, drawn from the seed: it measures, and says or lets its broker say when it
/// goes.
struct BeaconWeather {
    enum Message {
        /// A reading, with the time in milliseconds since 1970.
        case noise(Double, time: Int64)
        /// The words of its availability topic.
        case offline, online

        /// The end of the topic, and the payload.
        var text: (topic: String, payload: String) {
            switch self {
            case .noise(let value, let time): ("", "{\"t\":\(time),\"noise\":\(value)}")
            case .offline: ("/status", "offline")
            case .online: ("/status", "online")
            }
        }
    }

    private(set) var sent: [(at: TimeSpan, message: Message)] = []

    init(until end: TimeSpan, seed: UInt64) {
        var random = SeededRandom(seed: seed &* 0x9e37_79b9 &+ 5)
        func seconds(_ range: ClosedRange<Double>) -> TimeSpan {
            TimeSpan(nanoseconds: Int64(Double.random(in: range, using: &random) * 1e9))
        }
        var at = seconds(0...10)
        while at < end {
            switch Int.random(in: 0..<10, using: &random) {
            case 0, 1:
                sent.append((at, .offline))
                // It is away for a while; sometimes its last reading overtakes nothing, and it is back at once.
                at = at + seconds(0.1...60)
                if Bool.random(using: &random) { sent.append((at, .online)) }
            default:
                let time = (VirtualClock.start + at).nanoseconds / 1_000_000
                sent.append((at, .noise(30 + Double(sent.count) / 1000, time: time)))
            }
            at = at + seconds(0.1...12)
        }
    }
}
