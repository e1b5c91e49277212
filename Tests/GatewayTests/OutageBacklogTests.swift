import Store
import Telemetry
import TestSupport
import Testing

/// What a device has kept during an outage of its link comes all at once, and belongs to the past.
@Suite struct OutageBacklogTests {
    private func bench() throws -> PipelineBench {
        let profile = """
            profile: test
            topic: test/{device}
            time: { pointer: /t, format: unix_ms }
            interval: 1m
            silence: 5m
            readings: [ { quantity: water_level, pointer: /level, unit: m } ]
            """
        let rules = """
            hazard: flood
            rules:
              - name: high
                for_each: device
                levels: { watch: "mean(water_level, 10m) > 2 m" }
                clear: "mean(water_level, 10m) < 1.5 m"
            """
        return try PipelineBench(
            profile: profile, devices: "  - { id: d1, profile: test }", rules: rules, health: "{ every: 30s }")
    }

    private func item(_ time: Instant, _ level: Double) -> String {
        "{\"t\":\(time.nanoseconds / 1_000_000),\"level\":\(level)}"
    }

    @Test(
        "a backlog fills its place in time: the silence ends, the clock is believed, and the windows are those of then")
    func backlog() throws {
        let bench = try bench()
        for _ in 0..<20 {
            bench.pass(to: bench.clock.now() + .minutes(1))
            bench.take(item(bench.clock.now(), 1))
        }
        // An hour without a link: the silence is a fault of its own.
        let lost = bench.clock.now()
        bench.pass(to: lost + .hours(1))
        let kinds = { try bench.events().filter { $0.rule == "high" }.map(\.kind) }
        #expect(try kinds() == ["no-data"])
        // Forty minutes ago there was a flood of a quarter of an hour, which is over.
        let backlog = (1...60).map { minute in
            item(lost + .minutes(Int64(minute)), (20..<35).contains(minute) ? 3 : 1)
        }
        bench.take("[" + backlog.joined(separator: ",") + "]")
        for _ in 0..<5 {
            bench.pass(to: bench.clock.now() + .minutes(1))
            bench.take(item(bench.clock.now(), 1))
        }
        let events = try bench.events()
        #expect(events.filter { $0.rule == "high" }.map(\.kind) == ["no-data", "cleared", "raised", "cleared"])
        // The flood has the times at which it was.
        let raised = try #require(events.first { $0.rule == "high" && $0.kind == "raised" })
        #expect(raised.time == (lost + .minutes(25)).description)
        #expect(!events.contains { $0.rule == "device-clock" }, "nothing is wrong with the clock")
        let stored = try bench.stored().filter { $0.quantity == "water_level" }.map(\.reading)
        #expect(stored.allSatisfy { $0.quality.names.isEmpty })
        let times = stored.map(\.time)
        #expect(times.count == 85)
        #expect(Set(times).count == 85)
    }
}
