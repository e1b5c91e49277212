internal import Devices
internal import Telemetry

/// Flags a retained message about the past as late, so that it is stored and raises nothing.
///
/// A broker keeps a retained message for whoever subscribes next. Unless the message has a recent time of its own, it
/// may be of any time.
struct RetainedTest: QualityTest {
    /// The time without a reading after which each device is silent.
    private let silences: [TimeSpan]

    init(_ site: Site) { silences = site.devices.map(\.silence) }

    mutating func test(_ readings: inout [Reading], of message: inout DecodedMessage) {
        let oldest = message.arrival - silences[message.device]
        for index in message.firstReading..<max(readings.count, message.firstReading) {
            // Without a time of its own, a reading has its arrival time.
            let hasOwnTime =
                readings[index].time != message.arrival && !readings[index].quality.contains(.clockReplaced)
            if !hasOwnTime || readings[index].time < oldest { readings[index].quality.insert(.late) }
        }
    }
}
