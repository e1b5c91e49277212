import Foundation
import Gateway
import Store
import Telemetry
import TestSupport
import Testing

/// What an operator sees of alarms that stand, and how they name them.
@Suite struct OperatorViewTests {
    private static let rules = """
        hazard: flood
        rules:
          - name: river-rising
            summary: "{station}: river at {level}"
            cleared: "{station}: river back at {level}"
            for_each: station
            let: { level: water_level }
            levels: { watch: level > 2 m, warning: level > 8 m }
            clear: level < 1 m
            escalate: duty
            runbook: https://example.org/river
            instruction: Close the underpass.

        """

    private static let policies = """
        policies:
          - name: duty
            steps:
              - { to: file }
              - { to: upstream, after: 1h unacknowledged }
        """

    private func gateway(_ broker: RealBroker) throws -> GatewayProcess {
        let gateway = try GatewayProcess(brokerPort: broker.port, rules: Self.rules, policies: Self.policies)
        let site = SmallSite.inventory(3).replacing(
            "site: test-site\n", with: "site: test-site\ntime_zone: America/New_York\n")
        try gateway.folder.write("site.yaml", site)
        return gateway
    }

    private func tocsin(_ arguments: String..., gateway: GatewayProcess) throws -> (
        output: String, errors: String, code: Int32
    ) {
        try TocsinBinary.run(arguments + ["--config", gateway.folder.file("tocsin.yaml")])
    }

    private func alarms(_ gateway: GatewayProcess) throws -> [StoredAlarmText] {
        try StoreReader(path: gateway.storePath).alarms().map(StoredAlarmText.init)
    }

    @Test(
        "the situation now is beside what raised the alarm, with its trend, who was notified and who is next; without the gateway, with its age"
    )
    func now() async throws {
        let broker = try RealBroker()
        let gateway = try gateway(broker)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let start = Sensor.nowMilliseconds - 600_000
        try await sensor.send(9, at: start)
        // It falls by a metre in each two minutes, and stays a warning's alarm of a lower level.
        for step in 1...5 { try await sensor.send(9 - Double(step), at: start + Int64(step) * 120_000) }
        try await eventually("all is stored") {
            try StoreReader(path: gateway.storePath).readingCount(without: "gateway") == 6
        }
        let list = try tocsin("alarms", gateway: gateway).output
        #expect(list.contains("s1: river at 4 m ↓ 30 m/h"), "\(list)")
        #expect(!list.contains("9 m"), "\(list)")
        let sheet = try tocsin("alarms", "1", gateway: gateway).output
        for part in [
            "now       s1: river at 4 m", "s1: river at 9 m", "file was notified at", "fell      ",
            ", from warning: s1: river at 8 m",
            "next      upstream in ",
            "(duty, after 1h unacknowledged)",
            "do        Close the underpass.", "read      https://example.org/river", "water_level is 4 m, over 2 m",
            "newest reading",
        ] { #expect(sheet.contains(part), "\(part) is not in \(sheet)") }
        let json = try tocsin("alarms", "--json", gateway: gateway).output
        let value = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        let now = try #require(value["now"] as? [String: Any])
        #expect(
            now["summary"] as? String == "s1: river at 4 m" && value["number"] as? Int == 1
                && value["runbook"] as? String != nil)
        #expect((value["raised"] as? String)?.hasSuffix("Z") == true && (value["notices"] as? [Any])?.count == 2)
        #expect(gateway.stop() == 0)
        let without = try tocsin("alarms", gateway: gateway)
        #expect(
            without.errors.contains("no gateway is running there; the values are those of each alarm's last change"))
        #expect(without.output.contains(" ago)"), "\(without.output)")
    }

    @Test("an alarm is acknowledged by its number, its place with those before it, a pattern, or all that have ended")
    func acknowledge() async throws {
        let broker = try RealBroker()
        let gateway = try gateway(broker)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds - 60_000
        func waiting() throws -> [Int] {
            try alarms(gateway).filter { ["unacknowledged", "returned"].contains($0.state) }.compactMap(\.number)
        }
        // Two alarms at the first station, of which one has ended, and one at each other.
        for (step, value) in [3.0, 0.5, 3].enumerated() { try await sensor.send(value, at: now + Int64(step) * 1000) }
        for device in ["d2", "d3"] { try await sensor.send(3, from: device, at: now + 9000) }
        try await eventually("all four are stored") { try waiting().sorted() == [1, 2, 3, 4] }
        let place = try tocsin("ack", "river-rising/s1", "-m", "crew on the way", gateway: gateway)
        #expect(place.code == 0 && place.output.split(separator: "\n").count == 2, "\(place)")
        #expect(try waiting().sorted() == [3, 4])
        #expect(try tocsin("ack", "3", gateway: gateway).output.hasPrefix("3 river-rising/s2 acknowledged by "))
        #expect(try tocsin("ack", "99", gateway: gateway).errors.contains("there is no alarm 99"))
        #expect(try tocsin("ack", "river-falling/*", gateway: gateway).errors.contains("matches 'river-falling/*'"))
        let again = try tocsin("ack", "3", gateway: gateway)
        #expect(
            again.code == 1 && again.errors.contains("was acknowledged by") && again.errors.contains(" UTC-"),
            "\(again)")
        #expect(try tocsin("ack", "river-*/s3", gateway: gateway).code == 0)
        #expect(try waiting().isEmpty)
        #expect(try tocsin("ack", "--all", gateway: gateway).output == "no alarm waits to be acknowledged\n")
        try await sensor.send(9, at: now + 20_000)
        try await sensor.send(0.5, from: "d2", at: now + 20_000)
        try await sensor.send(3, from: "d2", at: now + 21_000)
        try await sensor.send(0.5, from: "d2", at: now + 22_000)
        try await eventually("one is active, one has ended") { try waiting().count == 2 }
        #expect(try tocsin("ack", "--ended", gateway: gateway).output.contains(" river-rising/s2 acknowledged by "))
        #expect(try waiting() == [2])
        #expect(try tocsin("ack", "--ended", "2", gateway: gateway).code == 64)
        #expect(try tocsin("ack", "--all", gateway: gateway).code == 0)
        #expect(try waiting().isEmpty)
        // The summary of the end has the values of that time.
        let history = try tocsin("history", "3", gateway: gateway).output
        #expect(history.contains("CLEARED") && history.contains("s2: river back at 0.5 m"), "\(history)")
        #expect(gateway.stop() == 0)
    }

    @Test("times are the site's own, with the zone, and are written so: --since, --utc; JSON stays UTC")
    func times() async throws {
        let broker = try RealBroker()
        let gateway = try gateway(broker)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds / 1000 * 1000
        try await sensor.send(3, at: now)
        try await eventually("the alarm is stored") { try alarms(gateway).count == 1 }
        let tail = try tocsin("tail", "--no-follow", gateway: gateway).output
        let instant = Instant(nanoseconds: now * 1_000_000)
        let shown = LocalTime(instant, in: ZoneTable(timeZone: "America/New_York"))
        #expect(shown.zone.hasPrefix("UTC-") && tail.hasPrefix("\(shown)    1 WATCH"), "\(tail)")
        #expect(
            try tocsin("tail", "--no-follow", "--utc", gateway: gateway).output.hasPrefix(
                "\(LocalTime(instant, in: ZoneTable())) "))
        #expect(
            try tocsin("tail", "--no-follow", "--json", gateway: gateway).output.contains("\"time\":\"\(instant)\""))
        #expect(try tocsin("tail", "--no-follow", "--since", "yesterday", gateway: gateway).output.contains("WATCH"))
        #expect(try tocsin("tail", "--no-follow", "--since", "2100-01-01", gateway: gateway).output.isEmpty)
        // The store alone knows its site's zone and levels, too.
        let alone = try TocsinBinary.run(["tail", "--no-follow", "--store", gateway.storePath])
        #expect(alone.output == tail)
        #expect(gateway.stop() == 0)
    }
}
