import Devices
import Diagnostics
import Foundation
import Gateway
import RuleLanguage
import SiteConfiguration
import Store
import Telemetry
import TestSupport

/// The simulated site. It has three gauges with a water level, a temperature, and a pressure with spikes, a post that
/// sends numbered messages with several quantities, a beacon that says when it goes, and the gateway's configuration.
/// Its rules are simple enough for a model of a few lines.
package struct Plant: Sendable {
    static let stations = 3
    /// The number of the post, a station of another kind: see ``PostMessage``.
    static let post = 4
    /// The number of the beacon, a station that says when it goes: see ``BeaconWeather``.
    static let beacon = 5
    /// The time without a message after which the post is silent.
    static let silence = TimeSpan.minutes(2)
    /// The time for which it must be hot.
    static let heat = TimeSpan.minutes(1)
    /// The time for which it must be damp at the post until it counts as soaked.
    static let soak = TimeSpan.seconds(30)
    /// The time without an acknowledgement of a warning after which the chief is notified.
    static let patience = TimeSpan.minutes(2)

    let configuration: Configuration
    let model: SiteModel
    private let folder: TemporaryFolder

    private static let profile = """
        profile: gauge
        topic: test/{device}
        time: { pointer: /t, format: unix_ms }
        interval: 1m
        silence: 2d
        readings:
          - { quantity: water_level, pointer: /level, unit: m }
          - { quantity: temperature, pointer: /temperature, unit: degC }
          - quantity: pressure
            pointer: /pressure
            unit: hPa
            quality: { spike: { fail: 10 hPa }, flat_line: { fail: 1h } }
        """

    private static let postProfile = """
        profile: post
        topic: test/{device}
        time: { pointer: /t, format: unix_ms }
        sequence: /n
        interval: 10s
        silence: 2m
        readings:
          - { quantity: humidity, unit: "%", samples: { pointer: /humidity, rate: 1 Hz, time: last } }
          - { quantity: carbon_monoxide, unit: ppm, samples: { pointer: /co, rate: 1 Hz, time: last } }
        """

    private static let beaconProfile = """
        profile: beacon
        topic: test/{device}
        interval: 10s
        silence: 2d
        availability: { topic: ~/status }
        messages:
          - time: { pointer: /t, format: unix_ms }
            readings: [ { quantity: sound_level, pointer: /noise, unit: dB } ]
        """

    private static let rules = """
        hazard: flood
        rules:
          - name: flood
            summary: "{station}: {level}"
            for_each: station
            let: { level: water_level }
            levels: { watch: level > 2 m, warning: level > 3 m }
            clear: level < 1 m
            blind: none
            escalate: duty
          - name: heat
            hazard: fire
            summary: "{station}: hot"
            for_each: station
            levels: { warning: temperature > 30 degC for 1m }
            blind: none
            escalate: duty
          - name: pulse
            hazard: gas
            summary: "{station}: both"
            for_each: station
            levels: { watch: humidity > 50 % and carbon_monoxide > 50 ppm }
            blind: none
          - name: damp
            hazard: gas
            summary: "{station}: damp"
            for_each: station
            levels: { watch: "max(humidity, 3m) > 50 %" }
            blind: none
          - name: soaked
            hazard: gas
            summary: "{station}: soaked"
            for_each: station
            levels: { watch: humidity > 50 % for 30s }
            blind: none
          - name: present
            hazard: gas
            summary: "{station}: loud"
            for_each: station
            levels: { watch: sound_level > 100 dB }
        """

    private static let policies = """
        policies:
          - name: duty
            steps:
              - to: [desk, pager]
              - { to: chief, after: 2m unacknowledged, minimum_level: warning }
        """

    private static let gateway = """
        site: site.yaml
        profiles: profiles
        rules: rules
        broker: { host: nowhere, client_id: gateway, receive_maximum: 40, keepalive: 10s }
        store: { path: t.db, commit_delay: 200ms, commit_readings: 50 }
        flapping: { changes: 1000, within: 1m }
        flood: { alarms: 3, within: 3m, pause: 20s }
        destinations:
          - { name: desk, kind: log, file: desk.jsonl }
          - { name: pager, kind: webhook, url: "http://localhost/", floods: together }
          - { name: chief, kind: log, file: chief.jsonl }
        """

    package init() throws {
        folder = try TemporaryFolder()
        try folder.write("profiles/gauge.yaml", Self.profile)
        try folder.write("profiles/post.yaml", Self.postProfile)
        try folder.write("profiles/beacon.yaml", Self.beaconProfile)
        let post = "  - { id: d\(Self.post), profile: post, station: s\(Self.post) }"
        let beacon = "  - { id: d\(Self.beacon), profile: beacon, station: s\(Self.beacon) }"
        let devices = (1...Self.stations).map { "  - { id: d\($0), profile: gauge, station: s\($0) }" }
        try folder.write(
            "site.yaml", "site: simulated\ndevices:\n" + (devices + [post, beacon]).joined(separator: "\n"))
        try folder.write("rules/rules.yaml", Self.rules)
        try folder.write("rules/policies.yaml", Self.policies)
        configuration = try Configuration.read(
            SourceFile(name: folder.file("tocsin.yaml"), text: Self.gateway), environment: [:])
        model = try SiteModel.load(configuration, numbering: Self.numbers)
    }

    /// Numbers the series as an empty store does.
    static func numbers(_ names: [SeriesName]) -> [SeriesName: SeriesID] {
        Dictionary(names.enumerated().map { ($1, SeriesID(index: Int32($0 + 1))) }) { first, _ in first }
    }
}
