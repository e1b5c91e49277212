import Devices
import Diagnostics
import Telemetry
import Testing

/// After how long a sensor is silent: what the profile says, and what the inventory does.
@Suite struct SilenceTests {
    private func device(_ keys: String, silence: String = "silence: 5m", reading: String = "") throws -> Device {
        let profile = """
            profile: p
            topic: t/{device}
            interval: 1m
            \(silence)
            readings:
              - { quantity: temperature, pointer: /t, unit: degC }
              - { quantity: door_open, pointer: /d, unit: "1"\(reading) }

            """
        return try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: s\ndevices:\n  - { id: d, profile: p\(keys) }\n"),
            profiles: [SourceFile(name: "p.yaml", text: profile)]
        ).devices[0]
    }

    @Test(
        "a repeated interval never shortens the silence that the profile states; without one it is three intervals",
        arguments: [
            ("", "silence: 5m", 5), (", interval: 1m", "silence: 5m", 5), (", interval: 10s", "silence: 5m", 5),
            (", interval: 2m", "silence: 5m", 5),
            // What sends more seldom than that is not silent between two messages.
            (", interval: 15m", "silence: 5m", 45), (", interval: 5m", "silence: 5m", 15),
            (", interval: 90s", "silence: 5m", 5),
            (", interval: 15m, silence: 20m", "silence: 5m", 20),
            ("", "", 3), (", interval: 2m", "", 6), (", interval: 20s", "", 1), (", silence: 4m", "", 4),
        ])
    func ofDevice(keys: String, silence: String, minutes: Int64) throws {
        #expect(try device(keys, silence: silence).silence == .minutes(minutes))
    }

    @Test("each quantity may have a silence of its own, in the profile and in the inventory")
    func ofQuantity() throws {
        func silences(_ device: Device) -> [TimeSpan] { device.fields.map { device.silence(of: $0) } }
        #expect(silences(try device("", reading: ", silence: 26h")) == [.minutes(5), .hours(26)])
        #expect(silences(try device(", silence: 10m", reading: ", silence: 26h")) == [.minutes(10), .hours(26)])
        #expect(
            silences(try device(", silence: { door_open: 2d }", reading: ", silence: 26h")) == [.minutes(5), .days(2)])
        let error = #expect(throws: DiagnosticList.self) { try device(", silence: { dor_open: 2d }") }
        #expect(error?.description.contains("did you mean 'door_open'?") == true)
    }
}
