internal import Diagnostics
internal import Foundation
internal import Replay
package import Telemetry

/// One message of a scenario, as a device sends it.
package struct PlayedMessage: Sendable {
    /// The time at which it is sent, on the scenario's clock.
    package var sent: Instant
    package var device: String
    package var topic: String
    package var payload: [UInt8]
    /// The number of readings that it must become; 0 if it is broken on purpose.
    package var readings: Int
    /// The newest event time in it, to find the message that caused an escalation.
    package var newest: Instant
}

/// A part of a scenario: its messages in the order of sending, and its duration.
package struct Act: Sendable {
    package var title: String
    package var messages: [PlayedMessage]
    /// The real seconds that it takes to play.
    package var seconds: Double
}

/// Makes the acts of the demo from the recordings and the simulated fleet.
package enum Playbook {
    /// - Parameters:
    ///   - folder: the folder of the recordings.
    ///   - seconds: how long the whole scenario takes.
    /// - Throws: `DiagnosticList` for a recording that cannot be read, or ``DemoError``.
    package static func acts(recordings folder: String, seconds: Double) throws -> [Act] {
        let quake = try earthquake(folder + "/earthquake-openeew-2018-02-16.jsonl")
        let river = try river(folder + "/river-dead-run-2018-06.csv")
        guard let floodStart = river.first?.sent, let floodEnd = river.last?.sent else {
            throw DemoError("the river's recording is empty")
        }
        guard let quakeStart = quake.first?.sent, let quakeEnd = quake.last?.sent else {
            throw DemoError("the earthquake's recording is empty")
        }
        let works = Fleet.incident(from: floodStart - .minutes(30), minutes: 20)
        // Outside its own act, the fleet sends calm readings every five minutes.
        func withFleet(_ recording: [PlayedMessage], from start: Instant, to end: Instant) -> [PlayedMessage] {
            (recording + Fleet.calm(from: start, to: end, every: .minutes(5))).sorted {
                ($0.sent, $0.device) < ($1.sent, $1.device)
            }
        }
        let flood = withFleet(river, from: floodStart - .minutes(5), to: floodEnd)
        return [
            Act(
                title: "M7.2 earthquake, Pinotepa, Mexico, 16 February 2018",
                messages: withFleet(quake, from: quakeStart, to: quakeEnd),
                seconds: seconds * 0.25),
            Act(
                title: "a works at noon: a leak, a fire, and sensors that fail", messages: works, seconds: seconds * 0.2
            ),
            Act(
                title: "flash floods of Dead Run, Maryland, 3 to 11 June 2018", messages: flood, seconds: seconds * 0.55
            ),
        ]
    }

    private static func earthquake(_ path: String) throws -> [PlayedMessage] {
        struct Header: Decodable {
            var device_id: String
            var device_t: Double
            var x: [Double]
        }
        let format = RecordingFormat.payloads(topic: "openeew/{device_id}/acceleration", time: "cloud_t")
        return try messages(path, format).map { message in
            let header = try JSONDecoder().decode(Header.self, from: Data(message.payload))
            guard let own = Instant(unixSeconds: header.device_t) else {
                throw DemoError("\(path): the message of \(message.time) has no time of its own in 'device_t'")
            }
            return PlayedMessage(
                sent: message.time, device: header.device_id, topic: message.topic, payload: message.payload,
                readings: header.x.count * 3, newest: own)
        }
    }

    private static func river(_ path: String) throws -> [PlayedMessage] {
        let device = "gauge-01589330"
        let columns = [
            RecordingFormat.Column("gage_height_ft", as: "water_level"),
            RecordingFormat.Column("discharge_ft3_per_s", as: "discharge"),
        ]
        return try messages(path, .table(device: device, columns: columns)).map { message in
            // The recording has no gaps, so each message has both quantities.
            PlayedMessage(
                sent: message.time, device: device, topic: message.topic, payload: message.payload, readings: 2,
                newest: message.time)
        }
    }

    private static func messages(_ path: String, _ format: RecordingFormat) throws -> [RecordedMessage] {
        var reader = try RecordingReader(path, format)
        var messages: [RecordedMessage] = []
        while let message = try reader.next() { messages.append(message) }
        return messages
    }
}
