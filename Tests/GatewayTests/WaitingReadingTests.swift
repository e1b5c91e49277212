import Store
import Telemetry
import TestSupport
import Testing

/// A reading that waits for the next one, in a gateway that stops.
@Suite struct WaitingReadingTests {
    private func bench() throws -> PipelineBench {
        try PipelineBench(
            profile: """
                profile: test
                topic: test/{device}
                time: { pointer: /t, format: unix_ms }
                interval: 1m
                silence: 10m
                readings:
                  - { quantity: water_level, pointer: /level, unit: m, quality: { spike: { fail: 1 m } } }
                """,
            devices: "  - { id: d1, profile: test }",
            rules: """
                hazard: flood
                rules:
                  - name: high
                    summary: "{level}"
                    for_each: device
                    let: { level: water_level }
                    levels: { watch: level > 3 m }
                    no_data: none
                """)
    }

    private func send(_ bench: PipelineBench, _ level: Double) {
        bench.take("{\"t\":\(bench.clock.now().nanoseconds / 1_000_000),\"level\":\(level)}")
    }

    private func levels(_ bench: PipelineBench) throws -> [Double] {
        var levels: [Double] = []
        try StoreReader(path: bench.folder.file("t.db")).forEachReading { _, quantity, reading in
            if quantity == "water_level" { levels.append(reading.value) }
        }
        return levels
    }

    @Test("it is stored before its message is acknowledged, though the message brings nothing else")
    func stop() throws {
        let bench = try bench()
        send(bench, 2)
        bench.pass(to: bench.clock.now() + .minutes(1))
        send(bench, 5)
        #expect(try levels(bench) == [2])
        try bench.restart(after: .seconds(20))
        #expect(try levels(bench) == [2])
        bench.pass(to: bench.clock.now() + .minutes(3))
        #expect(try levels(bench) == [2, 5])
        #expect(try bench.events().map(\.kind) == ["raised"])
    }

    @Test("a spike raises nothing, and neither does its copy; a step raises its alarm with the reading after it")
    func spike() throws {
        let bench = try bench()
        for level in [2.0, 9, 2, 2] {
            send(bench, level)
            if level == 9 { send(bench, level) }
            bench.pass(to: bench.clock.now() + .minutes(1))
        }
        #expect(try bench.events().isEmpty)
        #expect(try levels(bench) == [2, 9, 9, 2, 2])
        send(bench, 4)
        bench.pass(to: bench.clock.now() + .minutes(1))
        #expect(try bench.events().isEmpty)
        send(bench, 4.1)
        #expect(try bench.events().map(\.kind) == ["raised"])
    }
}
