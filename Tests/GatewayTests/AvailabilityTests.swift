import Store
import Telemetry
import TestSupport
import Testing

/// A device says that it goes, or its broker says so for it: its sensors are silent at once.
@Suite struct AvailabilityTests {
    private func bench(_ level: String = "water_level > 2 m", forEach: String = "device") throws -> PipelineBench {
        let profile = """
            profile: test
            topic: test/{device}
            interval: 1m
            silence: 30m
            availability: { topic: ~/status, pointer: /state }
            messages: [ { readings: [ { quantity: water_level, pointer: /level, unit: m } ] } ]
            """
        let rules = """
            hazard: flood
            rules:
              - { name: high, for_each: \(forEach), levels: { watch: "\(level)" } }
            """
        let devices = (1...3).map { "  - { id: d\($0), profile: test, area: valley }" }.joined(separator: "\n")
        return try PipelineBench(profile: profile, devices: devices, rules: rules)
    }

    private func minute(_ bench: PipelineBench, _ levels: [Double?]) {
        bench.pass(to: bench.clock.now() + .minutes(1))
        for (number, level) in levels.enumerated() {
            if let level { bench.take("{\"level\":\(level)}", from: "d\(number + 1)") }
        }
    }

    private func status(_ bench: PipelineBench, _ state: String, of device: String = "d1") {
        bench.take("{\"state\": \"\(state)\"}", from: "\(device)/status")
    }

    @Test("no data is raised at the death, and not at the end of the silence; the next reading ends it")
    func death() throws {
        let bench = try bench()
        for _ in 0..<5 { minute(bench, [1, 1, 1]) }
        status(bench, "offline")
        let raised = try bench.events()
        #expect(raised.map(\.kind) == ["no-data"])
        #expect(raised[0].group == "d1")
        #expect(raised[0].time.hasPrefix("2018-06-03T20:05:00"))
        // Again, and by the words of others: nothing new.
        status(bench, "offline")
        status(bench, "sleeping", of: "d2")
        for _ in 0..<3 { minute(bench, [nil, 1, 1]) }
        #expect(try bench.events().count == 1)
        status(bench, "online")
        #expect(try bench.events().count == 1, "that it is there says nothing of its level")
        minute(bench, [1, 1, 1])
        #expect(try bench.events().map(\.kind) == ["no-data", "cleared"])
    }

    @Test("an alarm that stands becomes uncertain, and a death that comes first of all is one too")
    func standing() throws {
        let bench = try bench()
        status(bench, "offline", of: "d3")
        for _ in 0..<5 { minute(bench, [3, 1, nil]) }
        status(bench, "offline")
        for _ in 0..<5 { minute(bench, [nil, 1, nil]) }
        let events = try bench.events()
        #expect(events.filter { $0.group == "d3" }.map(\.kind) == ["no-data"])
        #expect(events.filter { $0.group == "d1" }.map(\.kind) == ["raised", "uncertain"])
    }

    @Test("the others decide, and the alarm says which sensor is gone, also after a restart")
    func others() throws {
        let bench = try bench("max(water_level, 2m) > 2 m", forEach: "area")
        for _ in 0..<3 { minute(bench, [2.5, 2.5, 2.5]) }
        status(bench, "offline", of: "d2")
        for _ in 0..<3 { minute(bench, [2.5, nil, 2.5]) }
        try bench.restart()
        status(bench, "offline", of: "d2")
        for _ in 0..<3 { minute(bench, [2.5, nil, 2.5]) }
        for _ in 0..<3 { minute(bench, [1, nil, 1]) }
        let events = try bench.events()
        #expect(events.map(\.kind).filter { $0 != "sensors" } == ["raised", "cleared"])
        #expect(events.contains { $0.note == "nothing is heard from d2 any more" })
    }
}
