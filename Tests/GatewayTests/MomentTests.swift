import Store
import Telemetry
import TestSupport
import Testing

/// The readings of one message are evaluated in the order of their times, all of one instant together, whatever the
/// format.
@Suite struct MomentTests {
    private static let arrays = """
        profile: test
        topic: test/{device}
        time: { pointer: /t, format: unix }
        interval: 10s
        readings:
          - { quantity: acceleration_x, unit: m/s2, samples: { pointer: /x, rate: 1 Hz, time: last } }
          - { quantity: acceleration_y, unit: m/s2, samples: { pointer: /y, rate: 1 Hz, time: last } }
        """
    private static let senml = """
        profile: test
        topic: test/{device}
        format: senml
        interval: 10s
        readings:
          - { quantity: acceleration_x, record: x, unit: m/s2 }
          - { quantity: acceleration_y, record: y, unit: m/s2 }
        """
    private static let rules = """
        hazard: earthquake
        rules:
          - { name: both, summary: both, for_each: device, levels: { watch: acceleration_x > 3 m/s2 and acceleration_y > 3 m/s2 }, blind: none }
          - { name: followed, summary: then, for_each: device, levels: { watch: acceleration_x > 5 m/s2 then acceleration_y > 3 m/s2 within 5s }, blind: none }
        """

    private func events(_ profile: String, _ payload: (_ x: [Double], _ y: [Double]) -> String) throws -> [String] {
        let bench = try PipelineBench(
            profile: profile, devices: "  - { id: d1, profile: test }", rules: Self.rules)
        // Pulses that overlap for one second each, and x first over 5.
        bench.take(payload([0, 6, 4, 0, 0, 0, 0, 4, 0, 0], [0, 0, 4, 4, 0, 0, 0, 4, 0, 0]))
        return try bench.events().map { "\($0.time.suffix(3)) \($0.rule) \($0.to)" }
    }

    private static let expected = [
        "53Z both watch", "53Z followed watch", "54Z both normal", "55Z followed normal", "58Z both watch",
        "59Z both normal",
    ]

    @Test("arrays of two quantities of one JSON object")
    func json() throws {
        let found = try events(Self.arrays) { x, y in
            "{\"t\":\(PipelineBench.start.nanoseconds / 1_000_000_000),\"x\":\(x),\"y\":\(y)}"
        }
        #expect(found == Self.expected)
    }

    @Test("a SenML pack that holds one quantity after the other")
    func senml() throws {
        let found = try events(Self.senml) { x, y in
            let begin = PipelineBench.start.nanoseconds / 1_000_000_000 - 9
            let records = [("x", x), ("y", y)].flatMap { name, values in
                values.enumerated().map { "{\"n\":\"\(name)\",\"t\":\(begin + Int64($0)),\"v\":\($1)}" }
            }
            return "[" + records.joined(separator: ",") + "]"
        }
        #expect(found == Self.expected)
    }

    @Test("a SenML pack with the newest records first")
    func reversed() throws {
        let found = try events(Self.senml) { x, y in
            let begin = PipelineBench.start.nanoseconds / 1_000_000_000 - 9
            let records = [("y", y), ("x", x)].flatMap { name, values in
                values.enumerated().map { "{\"n\":\"\(name)\",\"t\":\(begin + Int64($0)),\"v\":\($1)}" }
            }
            return "[" + records.reversed().joined(separator: ",") + "]"
        }
        #expect(found == Self.expected)
    }

    /// What a rule says of all samples of the last ten minutes, where an array of 20,000 samples (some 120 KB) and a
    /// later sample come in one order or the other.
    private func said(lateArray: Bool) throws -> [String] {
        let profile = """
            profile: test
            topic: test/{device}
            time: { pointer: /t, format: unix }
            interval: 10s
            readings:
              - { quantity: acceleration_x, unit: m/s2, samples: { pointer: /x, rate: 100 Hz, time: last } }
              - { quantity: humidity, unit: "%", pointer: /h }
            """
        let rules = """
            hazard: earthquake
            rules:
              - name: told
                summary: "{n} {s} {q} {d}"
                for_each: device
                let:
                  n: count(acceleration_x, 10m)
                  s: sum(acceleration_x, 10m)
                  q: quantile(acceleration_x, 0.9, 10m)
                  d: delta(acceleration_x, 5m)
                levels: { watch: humidity > 50 % and n >= 0 and s > -1 m/s2 and q > -1 m/s2 and d > -1000 m/s2 }
                blind: none
            """
        let bench = try PipelineBench(
            profile: profile, devices: "  - { id: d1, profile: test }", rules: rules)
        let end = PipelineBench.start.nanoseconds / 1_000_000_000
        let array = "{\"t\":\(end - 2),\"x\":[\((0..<20_000).map { "\($0 % 97).25" }.joined(separator: ","))]}"
        let sample = "{\"t\":\(end - 1),\"x\":[5.5]}"
        bench.take("{\"t\":\(end - 500),\"x\":[1.5]}")
        for payload in lateArray ? [sample, array] : [array, sample] { bench.take(payload) }
        bench.take("{\"t\":\(end),\"x\":[7],\"h\":80}")
        try bench.restart()
        bench.take("{\"t\":\(end),\"h\":20}", "{\"t\":\(end),\"h\":90}")
        return try bench.events().map { "\($0.kind) \($0.summary)" }
    }

    @Test("an array of 20,000 samples that is late gives what it gives in time, also after a start")
    func lateArray() throws {
        let (late, inTime) = (try said(lateArray: true), try said(lateArray: false))
        #expect(late == inTime)
        #expect(late.first?.contains(" 964303 m/s2 ") == true, "\(late)")
    }
}
