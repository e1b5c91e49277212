import AlarmModel
import Devices
import Diagnostics
import RuleLanguage
import Telemetry

/// A few devices of one site, for tests that need a site and do not care which.
package enum SmallSite {
    package static let profile = """
        profile: test
        topic: test/{device}
        time: { pointer: /t, format: unix_ms }
        interval: 1m
        silence: 10m
        readings:
          - { quantity: water_level, pointer: /level, unit: m, plausible: -1 .. 50 }
          - { quantity: temperature, pointer: /temperature, unit: degC }
          - { quantity: carbon_monoxide, pointer: /co, unit: ppm }
          - { quantity: humidity, pointer: /humidity, unit: "%" }
        parameters: { flood_stage: 3.2 m, bankfull: 2.4 m }
        """

    package static func inventory(_ devices: Int = 3) -> String { inventory((1...devices).map { "s\($0)" }) }

    /// - Parameter stations: one device each.
    package static func inventory(_ stations: [String]) -> String {
        """
        site: test-site
        devices:

        """
            + zip(1..., stations).map { number, station in
                // No three of them on a line.
                let position =
                    "{ latitude: \(47 + Double(number) / 8), longitude: \(8 + Double(number * number % 5) / 8) }"
                return
                    "  - { id: d\(number), profile: test, kind: gauge, station: \(station), area: up/down/a\(number % 2), position: \(position) }\n"
            }.joined()
    }

    package static func site(_ devices: Int = 3) throws -> Site { try site((1...devices).map { "s\($0)" }) }

    package static func site(_ stations: [String]) throws -> Site {
        try Site.read(
            inventory: SourceFile(name: "site.yaml", text: inventory(stations)),
            profiles: [SourceFile(name: "test.yaml", text: profile)])
    }

    /// Series in the order of the inventory, four to a device.
    package static func series(_ site: Site) -> (String, Quantity) -> SeriesID {
        var ids: [String: SeriesID] = [:]
        for device in site.devices {
            for field in device.fields {
                ids[device.id + "/" + field.quantity.name] = SeriesID(index: Int32(ids.count))
            }
        }
        return { [ids] in ids[$0 + "/" + $1.name] ?? SeriesID(index: -1) }
    }

    package static let ladder = Ladder.standard

    package static func compile(
        _ rules: String, devices: Int = 3, allowedLateness: TimeSpan = .minutes(10), zone: ZoneTable = ZoneTable()
    ) throws
        -> CompiledRules
    {
        try compile(rules, stations: (1...devices).map { "s\($0)" }, allowedLateness: allowedLateness, zone: zone)
    }

    package static func compile(
        _ rules: String, stations: [String], allowedLateness: TimeSpan = .minutes(10), zone: ZoneTable = ZoneTable()
    )
        throws -> CompiledRules
    {
        try compile(rules, for: try site(stations), allowedLateness: allowedLateness, zone: zone)
    }

    /// - Parameters:
    ///   - rules: a rule file.
    ///   - devices: the devices of an inventory, as YAML.
    package static func compile(_ rules: String, devices: String, profile: String = profile) throws -> CompiledRules {
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: test-site\ndevices:\n" + devices),
            profiles: [SourceFile(name: "test.yaml", text: profile)])
        return try compile(rules, for: site)
    }

    private static func compile(
        _ rules: String, for site: Site, allowedLateness: TimeSpan = .minutes(10), zone: ZoneTable = ZoneTable()
    ) throws -> CompiledRules {
        var site = site
        site.devices.append(.gateway(of: site.name, interval: .seconds(30)))
        return try RuleCompiler(
            RuleContext(
                ladder: ladder, policies: ["duty"], allowedLateness: allowedLateness, retention: .days(30), zone: zone)
        )
        .compile([SourceFile(name: "rules.yaml", text: rules)], for: site, series: series(site))
    }
}
