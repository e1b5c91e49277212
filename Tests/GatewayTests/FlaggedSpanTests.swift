import Devices
import Foundation
import Store
import Telemetry
import TestSupport
import Testing

/// Readings that a person flags after they came.
@Suite struct FlaggedSpanTests {
    /// Rules that show what is in the windows.
    private static let rules =
        "hazard: flood\nrules:\n"
        + ["mean(water_level, 10m)", "max(water_level, 5m)", "count(water_level, 10m) * 20 cm", "water_level"]
        .enumerated()
        .flatMap { number, measure in
            (1...12).map { step in
                """
                  - name: r\(number)-\(step)
                    summary: high
                    for_each: device
                    levels: { watch: "\(measure) > \(Double(step) / 4) m" }
                    no_data: none

                """
            }
        }.joined()

    private func bench(_ plausible: String = "") throws -> PipelineBench {
        try PipelineBench(
            profile: """
                profile: test
                topic: test/{device}
                time: { pointer: /t, format: unix_ms }
                interval: 1m
                silence: 20m
                readings: [ { quantity: water_level, pointer: /level, unit: m\(plausible) } ]
                """,
            devices: "  - { id: d1, profile: test }", rules: Self.rules)
    }

    private func span(
        _ number: Int64 = 1, from start: Instant, to end: Instant, _ flag: QualityFlag, isWithdrawn: Bool = false
    ) -> FlaggedSpan {
        let note = FlaggedSpan.Note(person: "ada", time: end, reason: "a bird on the gauge")
        return FlaggedSpan(
            number: number, device: "d1", quantity: "water_level", start: start, end: end, flag: flag, note: note,
            withdrawn: isWithdrawn ? note : nil)
    }

    private func send(_ level: Double?, to bench: PipelineBench) {
        if let level { bench.take("{\"t\":\(bench.clock.now().nanoseconds / 1_000_000),\"level\":\(level)}") }
        bench.pass(to: bench.clock.now() + .minutes(1))
    }

    /// The rules whose conditions hold.
    private func standing(_ bench: PipelineBench) throws -> [String] {
        try bench.alarms().filter { !$0.state.contains("returned") }.map(\.rule).sorted()
    }

    @Test(
        "windows are as if a reading flagged as wrong had never come, and one flagged as right had passed its tests",
        arguments: 1...10)
    func windows(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let isRight = seed % 2 == 0
        let (flagged, plain) = (try bench(isRight ? ", plausible: 0 m .. 2 m" : ""), try bench())
        let start = flagged.clock.now()
        // A sensor is heard from its first usable reading on, so that one is not flagged.
        let end = Int.random(in: 2...10, using: &random)
        let begin = Int.random(in: 1..<end, using: &random)
        for minute in 0..<10 {
            let isInside = (begin..<end).contains(minute)
            let level = Double.random(in: isInside ? 2.1...3 : 0.5...2, using: &random)
            send(level, to: flagged)
            send(isRight || !isInside ? level : nil, to: plain)
        }
        // The last reading is flagged, if it is, only up to its own time.
        flagged.flag(
            span(
                from: start + .minutes(Int64(begin)), to: start + .minutes(Int64(end) - 1), isRight ? .pass : .fail))
        #expect(try standing(flagged) == standing(plain), "at once")
        for minute in 0..<12 {
            let level = Double.random(in: 0.5...2, using: &random)
            send(level, to: flagged)
            send(level, to: plain)
            guard minute % 4 == 0 else { continue }
            let (a, b) = (try standing(flagged), try standing(plain))
            #expect(a == b, "after \(minute): \(Set(a).symmetricDifference(b))")
        }
    }

    @Test("a withdrawn flag leaves everything as it was, and of two flags the newer one counts")
    func withdrawn() throws {
        let bench = try bench()
        let start = bench.clock.now()
        for level in [1.0, 2.9, 1, 1] { send(level, to: bench) }
        let before = try standing(bench)
        let wrong = span(from: start, to: start + .minutes(2), .fail)
        bench.flag(wrong)
        #expect(try standing(bench) != before)
        bench.flag(span(2, from: start + .minutes(1), to: start + .minutes(1), .suspect))
        #expect(try standing(bench).contains("r1-11"), "the highest counts again")
        var back = span(2, from: start + .minutes(1), to: start + .minutes(1), .suspect, isWithdrawn: true)
        bench.flag(back)
        #expect(try !standing(bench).contains("r1-11"))
        back = span(from: start, to: start + .minutes(2), .fail, isWithdrawn: true)
        bench.flag(back)
        #expect(try standing(bench) == before)
        #expect(
            try bench.store.flaggedSpans().map { $0.withdrawn?.reason }
                == Array(repeating: "a bird on the gauge", count: 2))
    }

    @Test("what comes of the span only later has the flag too, and is stored as the tests found it")
    func late() throws {
        let bench = try bench()
        let start = bench.clock.now()
        send(1, to: bench)
        bench.pass(to: start + .minutes(3))
        bench.flag(span(from: start, to: start + .minutes(2), .fail))
        bench.take("{\"t\":\((start + .minutes(2)).nanoseconds / 1_000_000),\"level\":2.9}")
        #expect(try !standing(bench).contains("r3-11"))
        let readings = try bench.stored().filter { $0.quantity == "water_level" }.map(\.reading)
        #expect(readings.map(\.quality.flag) == [.fail, .fail])
        #expect(readings.map(\.quality.names) == [["operator-fail"], ["operator-fail"]])
        bench.flag(span(from: start, to: start + .minutes(2), .fail, isWithdrawn: true))
        #expect(try standing(bench).contains("r3-11"), "the rows have kept what the tests found")
    }

    @Test("a person flags and withdraws on the command line, reports follow, and the audit chain says who and why")
    func commands() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try await gateway.startConnected()
        func tocsin(_ arguments: String...) throws -> (output: String, errors: String, code: Int32) {
            try TocsinBinary.run(arguments + ["--config", gateway.folder.file("tocsin.yaml")])
        }
        let sensor = try await Sensor(broker)
        try await sensor.send(2.5, at: Sensor.nowMilliseconds)
        try await eventually("the alarm is stored") { try tocsin("alarms").output.contains("WATCH") }
        #expect(try tocsin("flag", "d1", "water_level", "1h", "now", "fail").code == 64, "without a reason")
        #expect(try tocsin("flag", "d1", "water_level", "1h", "now", "bad", "-m", "x").code == 64)
        for (arguments, answer) in [
            (["d9", "water_level", "1h", "now"], "there is no device 'd9'"),
            (["d1", "rainfall", "1h", "now"], "'d1' does not measure 'rainfall'"),
            (["d1", "water_level", "now", "1h"], "ends before it begins"),
            (["d1", "water_level", "1h", "2100-01-01"], "ends in the future"),
        ] {
            let run = try TocsinBinary.run(
                ["flag"] + arguments + ["fail", "-m", "x", "--config", gateway.folder.file("tocsin.yaml")])
            #expect(run.code == 1 && run.errors.contains(answer), "\(run)")
        }
        let done = try tocsin(
            "flag", "d1", "water_level", "1h", "now", "fail", "-m", "a bird on the gauge", "--name", "ada")
        #expect(done.code == 0 && done.output.contains("fail by ada ("), "\(done)")
        #expect(done.output.contains("It is the flag of 1 stored reading now."), "\(done)")
        let sensors = try tocsin("sensors").output
        #expect(sensors.contains("fail (operator-fail), 1 of 1 flagged"), "\(sensors)")
        let list = try tocsin("flags").output
        #expect(list.contains("1  d1/water_level  ") && list.contains("): a bird on the gauge"), "\(list)")
        let quality = try tocsin("quality", "--since", "1h", "--json").output
        #expect(quality.contains("\"failed\":1"), "\(quality)")
        #expect(try tocsin("unflag", "2", "-m", "x").errors.contains("there is no flag 2"))
        #expect(try tocsin("unflag", "1", "-m", "it was the other gauge").code == 0)
        #expect(try tocsin("unflag", "1", "-m", "again").errors.contains("was withdrawn at"))
        #expect(try tocsin("flags").output == "no readings are flagged by persons\n")
        #expect(
            try tocsin("flags", "--all", "--json").output.contains("\"withdrawnReason\":\"it was the other gauge\""))
        #expect(try tocsin("sensors").output.contains("pass") || tocsin("sensors").output.contains("not evaluated"))
        #expect(gateway.stop() == 0)
        let faults = try StoreReader(path: gateway.storePath).verifyAudit().faults
        #expect(faults == [], "\(faults)")
        let audit = try tocsin("audit", "export").output
        #expect(audit.contains("fail: a bird on the gauge"))
        #expect(audit.contains("it was the other gauge"))
    }
}
