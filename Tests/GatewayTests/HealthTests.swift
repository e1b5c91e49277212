import AlarmModel
import Alarms
import Devices
import Diagnostics
import Foundation
import MQTT
import RuleLanguage
import Store
import Telemetry
import TestSupport
import Testing

@testable import Gateway
@testable import Pipeline
@testable import SiteConfiguration

/// The gateway watches over itself.
@Suite(.serialized) struct HealthTests {
    @Test(
        "the built-in rules say nothing wrong with any ladder, and each quantity of the gateway is watched or explained",
        arguments: 1...8)
    func rules(steps: Int) throws {
        let ladder = Ladder((1...steps).map { "level\($0)" })
        var site = try SmallSite.site()
        site.devices.append(.gateway(of: site.name, interval: .seconds(30)))
        let compiler = RuleCompiler(
            RuleContext(
                ladder: ladder, policies: [], allowedLateness: .minutes(10), retention: .days(30), zone: ZoneTable()))
        let ids = SmallSite.series(site)
        let rules = try compiler.compile([], builtIn: [HealthRules.file(ladder: ladder)], for: site, series: ids)
        #expect(rules.warnings.isEmpty, "\(rules.warnings)")
        #expect(rules.rules.count == 10)
        let text = HealthRules.file(ladder: ladder).text
        for quantity in GatewayQuantity.allCases
        where ![.brokerDroppedTotal, .messagesWithoutReadings].contains(quantity) {
            #expect(text.contains(quantity.rawValue), "\(quantity)")
        }
    }

    @Test("the reference has every quantity and every built-in rule of the gateway")
    func reference() throws {
        let text = try RepositoryRoot.file("docs/rules.md").text
        for quantity in GatewayQuantity.allCases {
            let unit = quantity.quantity.unit.symbol
            #expect(
                text.contains("| `\(quantity.rawValue)` | \(unit.isEmpty ? "1" : unit) | \(quantity.meaning) |"),
                "\(quantity.rawValue)")
        }
        for line in HealthRules.file(ladder: SmallSite.ladder).text.split(separator: "\n")
        where line.contains("- name: ") {
            #expect(text.contains("`\(line.split(separator: " ").last ?? "")`"), "\(line)")
        }
    }

    @Test("a rule of the same name takes a built-in one's place; rules for all devices leave the gateway out")
    func replaced() throws {
        var site = try SmallSite.site()
        site.devices.append(.gateway(of: site.name, interval: .seconds(30)))
        let compiler = RuleCompiler(
            RuleContext(
                ladder: SmallSite.ladder, policies: [], allowedLateness: .minutes(10), retention: .days(30),
                zone: ZoneTable())
        )
        let own = SourceFile(
            name: "own.yaml",
            text: """
                hazard: gateway
                rules:
                  - name: gateway-disk
                    for_each: device
                    where: { kind: gateway }
                    levels: { watch: disk_free < 50 % }
                  - { name: warm, for_each: device, levels: { watch: temperature > 60 degC } }
                """)
        let rules = try compiler.compile(
            [own], builtIn: [HealthRules.file(ladder: SmallSite.ladder)], for: site, series: SmallSite.series(site))
        #expect(rules.rules.count { $0.name == "gateway-disk" } == 1)
        #expect(rules.rules.first { $0.name == "gateway-disk" }?.location.file == "own.yaml")
        #expect(rules.rules.count == 11)
        #expect(rules.instances.filter { rules.rules[$0.rule].name == "warm" }.map(\.group) == ["d1", "d2", "d3"])
    }

    @Test("of an outbox that cannot be read nothing is reported; of an empty one, that nothing waits")
    func unreadableOutbox() throws {
        var health = HealthReadings(try SmallSite.site()) { _, quantity in
            SeriesID(index: Int32(GatewayQuantity.allCases.firstIndex { $0.quantity == quantity } ?? -1))
        }
        func quantities(_ outbox: OutboxState?) -> [GatewayQuantity: Double] {
            var readings: [Reading] = []
            health.append(
                HealthReport(diskFree: nil, isClockUnsynchronised: nil, outbox: outbox), Statistics(),
                isConnected: true, delay: .zero,
                at: AlarmBench.start, to: &readings)
            return Dictionary(
                uniqueKeysWithValues: readings.map { (GatewayQuantity.allCases[Int($0.series.index)], $0.value) })
        }
        let outbox: Set<GatewayQuantity> = [.outboxAge, .outboxParked, .outboxWaiting]
        #expect(outbox.isDisjoint(with: quantities(nil).keys))
        #expect(
            quantities(OutboxState(waiting: 0, parked: 0, oldest: nil)).filter { outbox.contains($0.key) }.map(\.value)
                == [0, 0, 0])
        #expect(quantities(OutboxState(waiting: 1, parked: 0, oldest: .minutes(3)))[.outboxAge] == 180)
    }

    @Test("a battery that runs empty is an alarm of the device that has one, and no rule where no device has one")
    func battery() throws {
        let profile = """
            profile: test
            topic: test/{device}
            silence: 10m
            readings:
              - { quantity: water_level, pointer: /level, unit: m }
              - { quantity: battery, pointer: /battery }
            """
        let rules =
            "hazard: flood\nrules: [{ name: high, for_each: device, levels: { watch: water_level > 3 m } }]\n"
        let devices = "  - { id: d1, profile: test }\n  - { id: d2, profile: test, quantities: [water_level] }\n"
        let bench = try PipelineBench(profile: profile, devices: devices, rules: rules, health: "{ every: 30s }")
        for charge in [16, 14, 16, 21] {
            bench.take("{\"level\":2,\"battery\":\(charge)}")
            bench.pass(to: bench.clock.now() + .minutes(1))
        }
        let news = try bench.events().filter { $0.rule == "device-battery" }.map { "\($0.kind): \($0.summary)" }
        #expect(news == ["raised: d1: its battery is at 14 %", "cleared: d1: its battery is at 21 % again"])
        let without = try PipelineBench(
            profile: profile, devices: "  - { id: d2, profile: test, quantities: [water_level] }\n", rules: rules,
            health: "{ every: 30s }")
        without.take("{\"level\":2,\"battery\":1}")
        #expect(try without.events().isEmpty)
    }

    @Test(
        "a device that is silent is an alarm, unless a rule of its own raises the fault; so is an overdue calibration")
    func silentDevices() throws {
        let profile = """
            profile: test
            topic: test/{device}
            interval: 1m
            silence: 5m
            readings: [ { quantity: water_level, pointer: /level, unit: m } ]
            """
        let rules =
            "hazard: flood\nrules: [{ name: high, for_each: station, where: { kind: gauge }, levels: { watch: water_level > 3 m } }]\n"
        let bench = try PipelineBench(
            profile: profile,
            devices: """
                  - { id: d1, profile: test, kind: gauge, station: s1 }
                  - { id: d2, profile: test, kind: gauge, station: s1 }
                  - { id: d3, profile: test, kind: gauge, station: s2 }
                  - { id: d4, profile: test, kind: spare, calibration: { due: 2018-01-01 } }

                """, rules: rules, health: "{ every: 30s }")
        for minute in 0..<12 {
            for device in ["d1", "d2", "d3", "d4"] where minute < 3 || device == "d1" {
                bench.take("{\"level\":2}", from: device)
            }
            bench.pass(to: bench.clock.now() + .minutes(1))
        }
        let events = try bench.events()
        // The group of d1 and d2 has data; that of d3 has none, which its rule says itself.
        #expect(events.filter { $0.rule == "device-silent" }.map(\.group).sorted() == ["d2", "d4"])
        #expect(events.filter { $0.rule == "high" }.map { "\($0.kind) \($0.group)" } == ["no-data s2"])
        #expect(events.filter { $0.rule == "device-calibration" }.map { "\($0.kind) \($0.group)" } == ["raised d4"])
    }

    @Test(
        "readings that are not plausible are an alarm that names the device, the value and the limit, and that ends an hour after the last"
    )
    func implausible() throws {
        let profile = """
            profile: test
            topic: test/{device}
            silence: 10m
            readings:
              - { quantity: water_level, pointer: /level, unit: ft, plausible: -5 .. 30 }
              - { quantity: rain_total, pointer: /rain, unit: mm, counter: { max_rate: 150 mm/h } }
            """
        let rules =
            "hazard: flood\nrules: [{ name: high, for_each: device, levels: { watch: water_level > 3 m, warning: \"increase(rain_total, 1h) > 500 mm\" } }]\n"
        let bench = try PipelineBench(
            profile: profile, devices: "  - { id: d1, profile: test }\n", rules: rules, health: "{ every: 30s }")
        func news() throws -> [String] {
            try bench.events().filter { $0.rule == "device-readings-implausible" }.map { "\($0.kind): \($0.summary)" }
        }
        bench.take("{\"level\":2,\"rain\":1}")
        #expect(try news().isEmpty)
        bench.take("{\"level\":812,\"rain\":1}")
        let first =
            "raised: d1: implausible readings, which rules do not see: water_level 812 ft is outside -5 ft .. 30 ft"
        #expect(try news() == [first])
        // Nothing more is said of the next, and of the window nothing is lost by a restart.
        bench.pass(to: bench.clock.now() + .minutes(30))
        bench.take("{\"level\":2,\"rain\":900}")
        try bench.restart()
        bench.pass(to: bench.clock.now() + .minutes(59))
        #expect(try news() == [first])
        bench.pass(to: bench.clock.now() + .minutes(2))
        #expect(try news() == [first, "cleared: d1: no implausible readings for an hour"])
        bench.take("{\"level\":2,\"rain\":9000}")
        #expect(
            try news().last
                == "raised: d1: implausible readings, which rules do not see: rain_total 9000 mm has risen faster than 150 mm/h"
        )
        #expect(try !bench.events().contains { $0.rule == "high" && $0.to != "advisory" }, "no rule has seen them")
    }

    @Test(
        "what the broker throws away, what does not fit, what is missing and how full the disk is are alarms like any other"
    )
    func alarms() async throws {
        let broker = try RealBroker(options: "sys_interval 1\nmax_queued_messages 10\nmax_inflight_messages 20")
        let rules = """
            hazard: gateway
            rules:
              - name: gateway-disk
                for_each: device
                where: { kind: gateway }
                levels: { watch: disk_free < 101 % }

            """
        let gateway = try GatewayProcess(brokerPort: broker.port, rules: rules, health: "1s")
        try gateway.folder.write("profiles/test.yaml", SmallSite.profile + "\nsequence: /n\n")
        // Someone who asked for everything, and went away: what waits for them is thrown away, and counted.
        let gone = try Subscriber(broker.settings("gone"), filters: ["test/#"], logger: .init(label: "test")) { _, _ in
        }
        try await Task.sleep(for: .milliseconds(500))
        await gone.stop()
        try await gateway.startConnected()
        try await Task.sleep(for: .milliseconds(1500))
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        for (index, number) in [7, 8, 11, 12].enumerated() {
            let payload = "{\"t\":\(now + Int64(index)),\"level\":1,\"n\":\(number)}"
            try await sensor.publisher.publish(topic: "test/d1", payload: Array(payload.utf8))
        }
        try await sensor.publisher.publish(topic: "test/d2", payload: Array("not JSON".utf8))
        for index in 0..<60 { try await sensor.send(1, from: "d3", at: now + Int64(index)) }
        func standing() throws -> [String: String] {
            Dictionary(try StoreReader(path: gateway.storePath).alarms().map { ("\($0.rule)/\($0.group)", $0.summary) })
            { first, _ in first
            }
        }
        try await eventually(within: 30, "all four are raised: \((try? standing()) ?? [:])") {
            let names = Set(try standing().keys)
            return names.isSuperset(of: [
                "gateway-disk/gateway", "gateway-payloads-refused/gateway", "messages-missing/d1",
                "gateway-messages-dropped/gateway",
            ])
        }
        let alarms = try standing()
        #expect(alarms["messages-missing/d1"] == "d1: 2 messages are missing from the last 10 minutes")
        #expect(
            alarms["gateway-payloads-refused/gateway"]
                == "1 payloads did not fit their devices' profiles within 10 minutes")
        #expect(gateway.stop() == 0)
        let printed = try TocsinBinary.run(["health-rules"]).output
        #expect(printed.hasPrefix(HealthRules.file(ladder: SmallSite.ladder).text))
        for name in ["device-battery", "device-link", "device-silent", "device-clock", "device-calibration"] {
            #expect(printed.contains("\n  - name: \(name)\n"))
        }
    }

    @Test(
        "messages without readings raise nothing, unreadable times raise an alarm of their own, and both are counted apart"
    )
    func payloads() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port, health: "1s")
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        for payload in ["", "{}", "null", "{\"battery\":\"100.00\"}", "{\"level\":null}"] {
            try await sensor.publisher.publish(topic: "test/d1", payload: Array(payload.utf8))
        }
        for payload in ["{\"t\":\"2026-11-25T12:00:00\",\"level\":9}", "{\"t\":nan,\"level\":9,\"other\":\"S\u{e4}\"}"]
        {
            try await sensor.publisher.publish(topic: "test/d2", payload: Array(payload.utf8))
        }
        func total(_ quantity: GatewayQuantity) throws -> Double {
            var sum = 0.0
            try StoreReader(path: gateway.storePath).forEachReading { _, name, reading in
                if name == quantity.rawValue { sum += reading.value }
            }
            return sum
        }
        try await eventually(within: 30, "all are counted: \(gateway.log.suffix(900))") {
            try total(.messagesWithoutReadings) == 5 && total(.unreadableTimes) == 2
        }
        try await eventually("the times are an alarm") {
            try StoreReader(path: gateway.storePath).alarms().contains { $0.rule == "gateway-times-unreadable" }
        }
        let alarms = try StoreReader(path: gateway.storePath).alarms()
        #expect(Set(alarms.map(\.rule)) == ["high-water", "gateway-times-unreadable"])
        #expect(try total(.refusedPayloads) == 0)
        #expect(try StoreReader(path: gateway.storePath).count(.refused_payload) == 0)
        #expect(gateway.log.contains("the device has to send Z or an offset"))
        #expect(gateway.stop() == 0)
    }

    @Test("a retained message of old times raises nothing; one that says that it is new does")
    func retained() async throws {
        let broker = try RealBroker()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        try await sensor.publisher.publish(
            topic: "test/d1", payload: Sensor.payload(9, at: now - 86_400_000), retain: true)
        try await sensor.publisher.publish(topic: "test/d2", payload: Array("{\"level\":9}".utf8), retain: true)
        try await sensor.publisher.publish(topic: "test/d3", payload: Sensor.payload(9, at: now - 1000), retain: true)
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try await gateway.startConnected()
        try await eventually(
            "the new one raises: \((try? StoreReader(path: gateway.storePath).alarms()) ?? []) \(gateway.log.suffix(900))"
        ) { try StoreReader(path: gateway.storePath).alarms().map(\.group) == ["s3"] }
        #expect(try StoreReader(path: gateway.storePath).count(.reading) == 3)
        #expect(gateway.stop() == 0)
    }
}
