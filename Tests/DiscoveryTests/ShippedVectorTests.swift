import Devices
import Discovery
import Foundation
import Telemetry
import TestSupport
import Testing

/// Every payload in the shipped profiles, heard as if a device had sent it.
@Suite struct ShippedVectorTests {
    /// A vector's message on the topic on which the device would publish.
    private static func message(_ vector: ProfileVector, _ profile: Profile) -> (topic: String, payload: [UInt8])? {
        let labels = Dictionary(profile.messages.flatMap(\.topic.labels).map { ($0, "x1") }) { first, _ in first }
        guard let topic = vector.topic ?? profile.topic.topic(labels) else { return nil }
        switch vector.payload {
        case .whole(let bytes): return (topic, bytes)
        case .inside(let bytes, let port):
            let hasEnvelope = profile.messages.contains { $0.envelope != nil }
            return (topic, hasEnvelope ? Array(Ears.uplink(bytes, port: port).utf8) : bytes)
        }
    }

    @Test("no payload of a shipped profile is taken for that of another model without a word")
    func vectors() throws {
        let profiles = try ShippedProfiles.all()
        var wrong: [String] = []
        var (own, other) = (0, 0)
        for profile in profiles {
            for vector in profile.vectors {
                guard let (topic, payload) = Self.message(vector, profile) else { continue }
                var ears = Ears(profiles)
                for _ in 0..<3 { ears.hear(topic, payload) }
                for device in ears.discovery().devices {
                    let guess = device.profile
                    let isOwn = guess.names.contains(profile.name)
                    if isOwn { own += 1 } else { other += 1 }
                    if guess.certainty == .unsure || isOwn { continue }
                    wrong.append(
                        "\(profile.name), \(vector.name): \(guess.certainty) \(guess.names): \(guess.reason)")
                }
            }
        }
        #expect(wrong == [])
        #expect(own > 100 && other * 20 < own, "\(own) devices are found, \(other) have another profile")
    }

    @Test("the name of the model at the network server finds the profile of every LoRaWAN sensor")
    func models() throws {
        let profiles = try ShippedProfiles.all()
        let sensors = profiles.filter { profile in profile.messages.contains { $0.envelope != nil } }
        #expect(sensors.count > 30)
        for profile in sensors {
            // The first word is the maker.
            let model = profile.name.split(separator: "-").dropFirst().joined(separator: "-").uppercased()
            let vector = profile.vectors.first { vector in
                if case .inside = vector.payload { vector.gives.count > 1 && !vector.hasProblem } else { false }
            }
            guard let vector, case .inside(let bytes, let port) = vector.payload else { continue }
            var ears = Ears(profiles)
            for _ in 0..<3 {
                ears.hear(
                    "application/7/device/24e124136b000001/event/up",
                    Ears.uplink(bytes, port: port, profile: "\(model) class A"))
            }
            let guess = try #require(ears.discovery().groups.first).profile
            #expect(guess.names == [profile.name], "\(guess.reason)")
            #expect(guess.certainty == .certain, "\(guess.reason)")
        }
    }
}
