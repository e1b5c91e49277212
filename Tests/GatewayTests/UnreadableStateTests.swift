import GRDB
import Telemetry
import TestSupport
import Testing

/// What goes on where a part of what is stored cannot be read.
@Suite struct UnreadableStateTests {
    @Test("repeats go on under new numbers where it cannot be read how far they had come")
    func repeats() throws {
        let bench = try PipelineBench(
            profile: PipelineBench.gauge(interval: "1h", silence: "2d"),
            devices: "  - { id: d1, profile: test, station: s1 }",
            rules: """
                hazard: flood
                rules:
                  - { name: high, for_each: station, levels: { watch: water_level > 2 m }, blind: none, escalate: duty }
                """,
            policies: "policies: [{ name: duty, steps: [{ to: log, repeat: 1m }] }]")
        bench.take("{\"level\":5}")
        bench.pass(to: PipelineBench.start + .minutes(5))
        let before = try bench.escalations(to: "log").count
        #expect(before == 6)
        let queue = try DatabaseQueue(path: bench.folder.file("t.db"))
        try queue.write { try $0.execute(sql: "UPDATE alarm SET course = '{}'") }
        try queue.close()
        try bench.restart()
        bench.pass(to: PipelineBench.start + .minutes(8))
        #expect(try bench.escalations(to: "log").count >= before + 2)
    }
}
