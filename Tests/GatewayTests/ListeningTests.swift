import Store
import Telemetry
import TestSupport
import Testing

/// What rules say of silence counts only the time in which the gateway listened.
@Suite struct ListeningTests {
    private static let rules = """
        hazard: health
        rules:
          - { name: gone, summary: gone, for_each: device, levels: { watch: "silent(water_level, 20s)" }, blind: none }
          - { name: few, summary: few, for_each: device, levels: { watch: "count(water_level, 20s) < 3" }, blind: none }
          - { name: old, summary: old, for_each: device, levels: { watch: "age(water_level) > 20 s" }, blind: none }
        """

    private func bench() throws -> PipelineBench {
        try PipelineBench(
            profile: PipelineBench.gauge(interval: "2s", silence: "6s"), devices: "  - { id: d1, profile: test }",
            rules: Self.rules)
    }

    /// One device that sends the times of its readings, and one rule.
    private func bench(ofTimes rule: String) throws -> PipelineBench {
        try PipelineBench(
            profile: PipelineBench.gauge(interval: "2s", silence: "6s", hasTime: true),
            devices: "  - { id: d1, profile: test }",
            rules: "hazard: health\nrules:\n  - \(rule)\n")
    }

    private func feed(_ bench: PipelineBench, for span: TimeSpan) {
        let end = bench.clock.now() + span
        while bench.clock.now() < end {
            bench.take("{\"level\":1}")
            bench.pass(to: bench.clock.now() + .seconds(2))
        }
    }

    @Test(
        "nothing is raised at a start, after a stop in which nothing could be sent, and nothing is dated into it",
        arguments: [0, 2, 9, 60])
    func stop(seconds: Int64) throws {
        let bench = try bench()
        bench.pass(to: PipelineBench.start + .seconds(2))
        feed(bench, for: .seconds(9))
        try bench.restart(after: .seconds(40))
        bench.pass(to: bench.clock.now() + .seconds(seconds % 60))
        feed(bench, for: .seconds(40))
        let events = try bench.events()
        #expect(events.isEmpty, "\(events.map { "\($0.time) \($0.rule) \($0.kind)" })")
    }

    @Test("what is silent is said to be after so much was listened, over a stop")
    func silent() throws {
        let bench = try bench()
        feed(bench, for: .seconds(30))
        bench.pass(to: bench.clock.now() + .seconds(10))
        try bench.restart(after: .seconds(400))
        let again = bench.clock.now()
        for second in 1...60 { bench.pass(to: again + .seconds(Int64(second))) }
        let raised = try bench.events().filter { $0.kind == "raised" && $0.rule != "few" }
        #expect(Set(raised.map(\.rule)) == ["gone", "old"])
        for event in raised {
            let recorded = try #require(Instant(rfc3339: event.recorded.utf8))
            #expect((again + .seconds(6)...again + .seconds(14)).contains(recorded), "\(event.rule) \(event.recorded)")
        }
    }

    @Test("a count is known, though some readings are on their way for longer than others")
    func late() throws {
        let bench = try bench(
            ofTimes: #"{ name: few, summary: few, for_each: device, levels: { watch: "count(water_level, 20s) < 9" } }"#
        )
        for number in 0..<20 {
            let time = PipelineBench.start + .seconds(Int64(number) * 4)
            bench.pass(to: time + .seconds(number % 2 == 0 ? 3 : 0))
            bench.take("{\"level\":1,\"t\":\(time.nanoseconds / 1_000_000)}")
        }
        #expect(try bench.events().map(\.kind) == ["raised"])
    }

    @Test(
        "a device that is new at a reload or a start is not missed before it was listened to, in readings of every quality",
        arguments: [true, false])
    func new(byReload: Bool) throws {
        let rules = """
            hazard: health
            rules:
              - { name: gone, summary: gone, for_each: device, levels: { watch: "silent(water_level, 20s)" }, blind: none }
              - { name: unheard, summary: unheard, for_each: device, levels: { watch: "silent(raw water_level, 20s)" }, blind: none }
              - { name: high, summary: high, for_each: device, levels: { watch: "max(water_level, 1m) > 3 m" } }
            """
        let bench = try PipelineBench(
            profile: PipelineBench.gauge(interval: "2s", silence: "6s"), devices: "  - { id: d1, profile: test }",
            rules: rules)
        feed(bench, for: .minutes(4))
        try bench.change(devices: "  - { id: d1, profile: test }\n  - { id: d9, profile: test }", byReload: byReload)
        let changed = bench.clock.now()
        feed(bench, for: .seconds(40))
        let events = try bench.events()
        #expect(Set(events.map(\.rule)) == ["gone", "unheard", "high"])
        for event in events {
            #expect(event.group.hasSuffix("d9"))
            let time = try #require(Instant(rfc3339: event.time.utf8))
            #expect(time >= changed + (event.rule == "high" ? .seconds(6) : .seconds(20)), "\(event.rule)")
        }
    }

    @Test("silence is said of a sensor whose clock has been behind from the beginning")
    func behind() throws {
        let bench = try bench(
            ofTimes:
                #"{ name: gone, summary: gone, for_each: device, levels: { watch: "silent(water_level, 20s)" }, blind: none }"#
        )
        for _ in 0..<5 {
            bench.pass(to: bench.clock.now() + .seconds(2))
            bench.take("{\"level\":1,\"t\":\((bench.clock.now() - .minutes(5)).nanoseconds / 1_000_000)}")
        }
        let end = bench.clock.now()
        for second in 1...60 { bench.pass(to: end + .seconds(Int64(second))) }
        let events = try bench.events()
        #expect(events.map(\.kind) == ["raised"])
        let recorded = try #require(events.first.flatMap { Instant(rfc3339: $0.recorded.utf8) })
        #expect((end + .seconds(20)...end + .seconds(21)).contains(recorded))
    }
}
