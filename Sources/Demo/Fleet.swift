internal import Foundation
internal import Telemetry

// Wrapping operators: a hash, which wraps on purpose.

/// Makes the messages of the simulated devices of the works, and the faults of some of them.
///
/// Everything follows from the device's name and the time, so that every run is the same.
enum Fleet {
    private static let gasHeads = (1...20).map { "gas-" + twoDigits($0) }
    private static let fireDetectors = (1...20).map { "fire-" + twoDigits($0) }
    private static let machines = (1...10).map { "machine-" + twoDigits($0) }

    /// Twenty minutes with a leak in hall 7 and a fire in room 3, and sensors that fail, lie or fall silent.
    static func incident(from start: Instant, minutes: Int64) -> [PlayedMessage] {
        messages(from: start, to: start + .minutes(minutes), every: .seconds(10), isIncident: true)
    }

    /// Calm readings, without an incident.
    static func calm(from start: Instant, to end: Instant, every step: TimeSpan) -> [PlayedMessage] {
        messages(from: start, to: end, every: step, isIncident: false)
    }

    private static func messages(from start: Instant, to end: Instant, every step: TimeSpan, isIncident: Bool)
        -> [PlayedMessage]
    {
        var messages: [PlayedMessage] = []
        var time = start
        while time <= end {
            let minute = isIncident ? (time - start).seconds / 60 : -1
            for device in gasHeads { add(gasHead(device, time, minute), device, time, to: &messages) }
            for device in fireDetectors { add(fireDetector(device, time, minute), device, time, to: &messages) }
            for device in machines { add(machine(device, time, minute), device, time, to: &messages) }
            time = time + step
        }
        return messages
    }

    private static func add(
        _ message: (json: String, readings: Int)?, _ device: String, _ time: Instant, to messages: inout [PlayedMessage]
    ) {
        guard let message else { return }
        let topic = device.hasPrefix("machine") ? "senml/\(device)" : "sensors/\(device)/readings"
        messages.append(
            PlayedMessage(
                sent: time, device: device, topic: topic, payload: Array(message.json.utf8), readings: message.readings,
                newest: time))
    }

    private static func gasHead(_ device: String, _ time: Instant, _ minute: Double) -> (String, Int)? {
        // Head 11 falls silent in the middle of the incident, and is repaired later.
        if device == "gas-11", minute > 8 { return nil }
        // Head 14 sends half a message now and then.
        if device == "gas-14", minute >= 0, noise(device, time, 1) < 0.2 {
            return ("{\"time\":\"\(time)\",\"methane\":", 0)
        }
        var methane = 0.5 + noise(device, time, 2)
        // Head 17 has lost its sensor, and reports that with an impossible number.
        if device == "gas-17", minute > 5 { methane = -999 }
        if device == "gas-07", minute > 3 { methane += max(0, min((minute - 3) * 9, 55, (16 - minute) * 20)) }
        let monoxide = 2 + noise(device, time, 3) * 2
        return ("{\"time\":\"\(time)\",\"methane\":\(rounded(methane)),\"carbon_monoxide\":\(rounded(monoxide))}", 2)
    }

    private static func fireDetector(_ device: String, _ time: Instant, _ minute: Double) -> (String, Int)? {
        var smoke = 0.1 + noise(device, time, 4) * 0.2
        var temperature = 21 + noise(device, time, 5)
        // The fire destroys the detector: from then on the alarm is uncertain and does not clear.
        if device == "fire-03", minute > 14 || minute < 0 { return nil }
        if device == "fire-03", minute > 6 {
            smoke += min((minute - 6) * 2, 11)
            temperature += min((minute - 6) * (minute - 6), 60)
        }
        return (
            "{\"time\":\"\(time)\",\"smoke_obscuration\":\(rounded(smoke)),\"temperature\":\(rounded(temperature))}", 2
        )
    }

    private static func machine(_ device: String, _ time: Instant, _ minute: Double) -> (String, Int)? {
        let temperature = 55 + noise(device, time, 6) * 5
        let seconds = time.nanoseconds / 1_000_000_000
        return (
            "[{\"bn\":\"urn:dev:works:\(device):\",\"bt\":\(seconds),"
                + "\"n\":\"temperature\",\"u\":\"Cel\",\"v\":\(rounded(temperature))},"
                + "{\"n\":\"battery_voltage\",\"u\":\"V\",\"v\":3.6}]", 2
        )
    }

    /// Returns a number from 0 to 1 that depends only on the device, the time and the number of the use (SplitMix64's
    /// finaliser).
    private static func noise(_ device: String, _ time: Instant, _ use: UInt64) -> Double {
        var z = UInt64(bitPattern: time.nanoseconds) &+ use &* 0x9e37_79b9_7f4a_7c15
        for byte in device.utf8 { z = (z ^ UInt64(byte)) &* 0x100_0000_01b3 }
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return Double((z ^ (z >> 31)) >> 11) / 9_007_199_254_740_992
    }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
