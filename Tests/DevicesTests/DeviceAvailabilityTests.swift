import Devices
import Diagnostics
import Telemetry
import TestSupport
import Testing

/// What the decoder remembers of devices that are gone.
@Suite struct DeviceAvailabilityTests {
    private func decoder() throws -> PayloadDecoder {
        let profile = """
            profile: p
            topic: t/{device}
            availability: { topic: ~/status, online: [up, ready], offline: [down, lost] }
            readings: [ { quantity: temperature, pointer: /t, unit: degC } ]
            """
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: s\ndevices: [ { id: d, profile: p } ]"),
            profiles: [SourceFile(name: "p.yaml", text: profile)])
        let names = site.devices[0].fields.map(\.quantity.name)
        return PayloadDecoder(site: site) { _, quantity in
            SeriesID(index: Int32(names.firstIndex(of: quantity.name) ?? -1))
        }
    }

    private func take(
        _ payload: String, on topic: String, _ decoder: PayloadDecoder, isRetained: Bool = false
    ) throws {
        let route = try #require(Array(topic.utf8).withUnsafeBytes { decoder.route(of: $0) })
        var readings: [Reading] = []
        Array(payload.utf8).withUnsafeBytes {
            _ = decoder.decode(
                $0, from: route, arrival: DecodingTests.arrival, isRetained: isRetained, into: &readings)
        }
    }

    @Test("a device that is gone comes back with a message of its own, and not with what the broker had kept")
    func comesBack() throws {
        let decoder = try decoder()
        for word in ["down", "lost", "LOST"] {
            try take(word, on: "t/d/status", decoder)
            #expect(decoder.isGone(0) && decoder.message.isDeath)
            try take(#"{"t": 20}"#, on: "t/d", decoder, isRetained: true)
            try take("sleeping", on: "t/d/status", decoder)
            try take("{}", on: "t/d", decoder)
            #expect(decoder.isGone(0) && !decoder.message.isDeath)
            try take(#"{"t": 20}"#, on: "t/d", decoder)
            #expect(!decoder.isGone(0))
        }
        // A last will that the broker keeps counts. The word that it is back says nothing of what it measures.
        try take("down", on: "t/d/status", decoder, isRetained: true)
        #expect(decoder.isGone(0))
        try take("ready", on: "t/d/status", decoder, isRetained: true)
        #expect(decoder.isGone(0))
    }

    @Test("the state is stored when it changes, and restored")
    func survives() throws {
        let first = try decoder()
        var states: [DeviceState] = []
        try take(#"{"t": 20}"#, on: "t/d", first)
        first.appendChangedStates(to: &states)
        #expect(states.isEmpty)
        try take("down", on: "t/d/status", first)
        first.appendChangedStates(to: &states)
        #expect(states.count == 1)
        first.noteStored()
        let second = try decoder()
        second.restore(states)
        #expect(second.isGone(0))
        // A state of another kind under the same series is no such state.
        var other = DeviceState.Writer(tag: 1)
        other.add(Int64(1))
        let third = try decoder()
        third.restore([DeviceState(series: states[0].series, words: other.words)])
        #expect(!third.isGone(0))
    }
}
