internal import Foundation
package import Telemetry

/// One message of a scenario, as a device sends it.
package struct PlayedMessage: Sendable {
    /// When it is sent, on the scenario's clock.
    package var sent: Instant
    package var device: String
    package var topic: String
    package var payload: [UInt8]
    /// How many readings it must become: 0 for what is broken on purpose.
    package var readings: Int
    /// The newest event time in it, for finding what an escalation answers to.
    package var newest: Instant
}

/// A part of a scenario: its messages in the order in which they are sent, and how fast they are.
package struct Act: Sendable {
    package var title: String
    package var messages: [PlayedMessage]
    /// How long it takes to play, in real seconds.
    package var seconds: Double
}

/// The recordings and the simulated fleet, as acts.
package enum Playbook {
    /// - Parameters:
    ///   - folder: the recordings' folder.
    ///   - seconds: how long the whole scenario may take.
    package static func acts(recordings folder: String, seconds: Double) throws -> [Act] {
        let quake = try earthquake(folder + "/earthquake-openeew-2018-02-16.jsonl")
        let river = try river(folder + "/river-dead-run-2018-06.csv")
        guard let floodStart = river.first?.sent, let floodEnd = river.last?.sent else {
            throw ScenarioError("the river's recording is empty")
        }
        guard let quakeStart = quake.first?.sent, let quakeEnd = quake.last?.sent else {
            throw ScenarioError("the earthquake's recording is empty")
        }
        let works = Fleet.incident(from: floodStart - .minutes(30), minutes: 20)
        // Outside its act the fleet says every five minutes that it is there.
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
            var cloud_t: Double
            var x: [Double]
        }
        let lines = try text(path).split(separator: "\n")
        return try lines.map { line in
            let payload = Array(line.utf8)
            let header = try JSONDecoder().decode(Header.self, from: Data(payload))
            guard let sent = Instant(unixSeconds: header.cloud_t), let own = Instant(unixSeconds: header.device_t)
            else {
                throw ScenarioError("\(path): a message without a time")
            }
            return PlayedMessage(
                sent: sent, device: header.device_id, topic: "openeew/\(header.device_id)/acceleration",
                payload: payload,
                readings: header.x.count * 3, newest: own)
        }
    }

    private static func river(_ path: String) throws -> [PlayedMessage] {
        try text(path).split(separator: "\n").dropFirst().map { line in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard fields.count == 3, let time = Instant(rfc3339: fields[0].utf8) else {
                throw ScenarioError("\(path): '\(line)' is no reading")
            }
            let device = "gauge-01589330"
            let json = "{\"time\":\"\(fields[0])\",\"water_level\":\(fields[2]),\"discharge\":\(fields[1])}"
            return PlayedMessage(
                sent: time, device: device, topic: "sensors/\(device)/readings", payload: Array(json.utf8), readings: 2,
                newest: time)
        }
    }

    private static func text(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ScenarioError("there is no recording at \(path)")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
