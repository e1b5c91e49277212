import AlarmModel
import Devices
import Diagnostics
import Store
import Telemetry
import TestSupport
import Testing

/// Sensors that are in maintenance at announced times, or by their own word.
@Suite struct MaintenanceTimeTests {
    private static let rules = """
        hazard: gas
        rules:
          - name: high
            summary: high
            for_each: device
            levels: { watch: carbon_monoxide > 35 ppm }
            no_data: watch
          - name: site-mean
            summary: mean
            for_each: site
            levels: { watch: "mean(carbon_monoxide, 5m) > 30 ppm" }
          - name: raw-high
            summary: raw
            for_each: device
            levels: { watch: raw carbon_monoxide > 35 ppm }
            no_data: none
        """

    private static let word = """
          - { quantity: maintenance, pointer: /state, unit: "1", words: { ok: 0, calibrating: 1 } }
        """

    private func bench(maintenance: String = "", word: Bool = false) throws -> PipelineBench {
        try PipelineBench(
            profile: """
                profile: test
                topic: test/{device}
                time: { pointer: /t, format: unix_ms }
                interval: 1m
                silence: 5m
                readings:
                  - { quantity: carbon_monoxide, pointer: /co, unit: ppm, plausible: 0 ppm .. 1000 ppm }
                \(word ? Self.word : "")
                """,
            devices: "  - { id: d1, profile: test\(maintenance) }\n  - { id: d2, profile: test }\n", rules: Self.rules)
    }

    /// Sends a value each minute from both devices.
    /// - Parameter state: what the first device says of itself.
    private func send(_ value: Double?, _ state: String? = nil, minutes: Int, to bench: PipelineBench) {
        for _ in 0..<minutes {
            let time = bench.clock.now().nanoseconds / 1_000_000
            if let value {
                let word = state.map { ",\"state\":\"\($0)\"" } ?? ""
                bench.take("{\"t\":\(time),\"co\":\(value)\(word)}", from: "d1")
            }
            bench.take("{\"t\":\(time),\"co\":2}", from: "d2")
            bench.pass(to: bench.clock.now() + .minutes(1))
        }
    }

    private func alarms(_ bench: PipelineBench) throws -> [String] {
        try bench.events().map { "\($0.kind) \($0.rule)/\($0.group)" }
    }

    @Test("by its own word, its readings are kept and flagged, and nothing is raised: by them, or by silence")
    func word() throws {
        let bench = try bench(word: true)
        send(10, "ok", minutes: 3, to: bench)
        send(500, "calibrating", minutes: 3, to: bench)
        // It says nothing for longer than its silence, through a stop.
        send(nil, minutes: 10, to: bench)
        try bench.restart()
        send(nil, minutes: 20, to: bench)
        send(500, minutes: 2, to: bench)
        let quiet = try alarms(bench)
        #expect(quiet == ["raised raw-high/d1"])
        let readings = try bench.stored().filter { $0.quantity == "carbon_monoxide" && $0.reading.value != 2 }
        #expect(
            readings.map(\.reading.quality.flag)
                == Array(repeating: .pass, count: 3) + Array(repeating: .notEvaluated, count: 5))
        #expect(readings.suffix(5).allSatisfy { $0.reading.quality.names == ["maintenance"] })
        send(40, "ok", minutes: 1, to: bench)
        #expect(try alarms(bench).contains("raised high/d1"), "it is back at once")
        send(nil, minutes: 6, to: bench)
        let seen = try alarms(bench)
        #expect(seen.contains("uncertain high/d1"), "and its silence counts again: \(seen)")
    }

    @Test("while a sensor is in maintenance, rules go on with the others, and without what it last said")
    func others() throws {
        let bench = try bench(word: true)
        send(100, "ok", minutes: 1, to: bench)
        #expect(try alarms(bench).contains("raised site-mean/bench"), "51 ppm")
        send(100, "calibrating", minutes: 2, to: bench)
        #expect(try bench.alarms().first { $0.rule == "site-mean" }?.state.contains("returned") == true, "2 ppm")
        send(100, "ok", minutes: 2, to: bench)
        #expect(try bench.alarms().first { $0.rule == "site-mean" && !$0.state.contains("returned") } != nil)
    }

    @Test(
        "at announced times, each day or once",
        arguments: [
            ", maintenance: [ { from: \"20:05\", to: \"20:40\", reason: zero check } ]",
            ", maintenance: [ { days: [sun], from: \"20:05\", to: \"20:40\", reason: zero check } ]",
            ", maintenance: [ { begin: 2018-06-03 20:05, end: 2018-06-03 20:39:59, reason: x } ]",
        ])
    func announced(maintenance: String) throws {
        let bench = try bench(maintenance: maintenance)
        #expect(PipelineBench.start.description.hasPrefix("2018-06-03T20:00:00"), "a Sunday")
        send(10, minutes: 5, to: bench)
        send(500, minutes: 10, to: bench)
        send(nil, minutes: 25, to: bench)
        #expect(try alarms(bench) == ["raised raw-high/d1"])
        send(500, minutes: 1, to: bench)
        #expect(try alarms(bench).contains("raised high/d1"))
    }

    @Test("a device that goes while it is in maintenance is missed when the maintenance is over")
    func gone() throws {
        let bench = try PipelineBench(
            profile: """
                profile: test
                topic: test/{device}
                interval: 1m
                silence: 5h
                availability: { topic: "test/{device}/lwt", online: up, offline: down }
                readings: [ { quantity: carbon_monoxide, pointer: /co, unit: ppm } ]
                """,
            devices: "  - { id: d1, profile: test, maintenance: [ { from: \"20:05\", to: \"20:10\", reason: x } ] }\n",
            rules: Self.rules)
        bench.take("{\"co\":2}", from: "d1")
        bench.pass(to: PipelineBench.start + .minutes(6))
        bench.take("down", from: "d1/lwt")
        bench.pass(to: PipelineBench.start + .minutes(9))
        #expect(try alarms(bench).isEmpty)
        bench.pass(to: PipelineBench.start + .minutes(11))
        let seen = try alarms(bench)
        #expect(seen.contains("no-data high/d1"), "\(seen)")
    }

    @Test("a backlog of the time of maintenance is flagged by its own times")
    func backlog() throws {
        let bench = try bench(maintenance: ", maintenance: [ { from: \"20:05\", to: \"20:10\", reason: check } ]")
        bench.pass(to: PipelineBench.start + .minutes(20))
        for minute in 0..<20 {
            let time = (PipelineBench.start + .minutes(Int64(minute))).nanoseconds / 1_000_000
            bench.take("{\"t\":\(time),\"co\":10}")
        }
        let flags = try bench.stored().filter { $0.quantity == "carbon_monoxide" }.map(\.reading.quality.names)
        #expect(flags.map { $0 == ["maintenance"] ? 1 : 0 } == (0..<20).map { (5..<10).contains($0) ? 1 : 0 })
    }

    @Test(
        "mistakes are named",
        arguments: [
            ("{ reason: x }", "a maintenance time has 'from' and 'to', or 'begin' and 'end'"),
            ("{ from: \"02:00\", to: \"03:00\" }", "'reason' is missing"),
            ("{ from: \"02:00\", begin: 2027-01-01, reason: x }", "is weekly (days, from, to), or takes place once"),
            ("{ begin: 2027-01-01, reason: x }", "'end' is missing"),
            ("{ begin: 2027-01-02, end: 2027-01-01, reason: x }", "'end' must be later than 'begin'"),
            ("{ from: \"02:00\", reason: x }", "'to' is missing"),
            ("{ to: \"02:00\", reason: x }", "'from' is missing"),
            ("{ except: [2026-12-25], reason: x }", "'from' is missing"),
            ("{ from: \"02:00\", to: \"02:00\", reason: x }", "'to' is the same time as 'from'"),
            ("{ begin: 2h, end: 1h, reason: x }", "such as 2027-03-01 08:00"),
            ("{ from: \"25:00\", to: \"03:00\", reason: x }", "a time of the day such as"),
            ("{ days: [sunday], reason: x }", "a day is one of mon"),
            (
                "{ from: \"02:00\", to: \"03:00\", reason: x, quantities: [carbon_dioxide] }",
                "has no reading of 'carbon_dioxide'"
            ),
        ])
    func mistakes(entry: String, message: String) throws {
        let error = #expect(throws: DiagnosticList.self) {
            _ = try Site.ofOneProfile(
                "interval: 1m\nreadings: [ { quantity: carbon_monoxide, pointer: /co, unit: ppm } ]",
                devices: "{ id: d, profile: p, maintenance: [ \(entry) ] }")
        }
        let messages = error?.diagnostics.map(\.message) ?? []
        #expect(messages.contains { $0.contains(message) }, "\(messages)")
    }
}
