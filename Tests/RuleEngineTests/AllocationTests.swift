import AlarmModel
import CAllocations
import Foundation
import RuleEngine
import RulePlan
import Telemetry
import Testing

/// What the engine promises of its hot path.
@Suite struct AllocationTests {
    /// Thresholds on a mean, an extreme, a deviation and a slope of one series: what most rules ask for. None is
    /// passed.
    private static func plan() -> Plan {
        var plan = Plan()
        plan.series = [SeriesPlan(interval: .seconds(1))]
        var program = Program()
        for aggregate in [Aggregate.mean, .maximum, .minimum, .deviation, .slope] {
            for window in [TimeSpan.seconds(60), .minutes(10)] {
                program.steps.append(
                    LadderStep(level: Level(rank: 1), when: Int32(program.instructions.count)))
                program.instructions.append(Instruction(.threshold, a: program.operandCount, constant: 1e9))
                plan.operands.append(
                    Operand(Measure(aggregate), firstSource: Int32(plan.sources.count), sourceCount: 1))
                plan.sources.append(OperandSource(series: SeriesID(index: 0), window: window))
                program.operandCount += 1
            }
        }
        program.steps = [program.steps[0]]
        plan.programs = [program]
        plan.instances = [Instance(program: 0, operandBase: 0)]
        return plan
    }

    /// Allocations while 100,000 readings go into an engine whose windows are full.
    static func allocations() -> UInt64 {
        var engine = Engine(plan())
        var changes: [LevelChange] = []
        var exceptions: [(index: Int, outcome: ReadingOutcome)] = []
        func batch(_ first: Int) -> [Reading] {
            (first..<first + 100).map { second in
                Reading(
                    series: SeriesID(index: 0), time: Instant(nanoseconds: Int64(second) * 1_000_000_000),
                    value: Double(second * 7919 % 100))
            }
        }
        // The queues of extremes and the rings reach their size.
        for first in stride(from: 0, to: 5000, by: 100) {
            engine.ingest(batch(first).span, exceptions: &exceptions, into: &changes)
        }
        var allocations: UInt64 = 0
        for first in stride(from: 5000, to: 105_000, by: 100) {
            let readings = batch(first)
            let before = tocsin_allocation_count()
            engine.ingest(readings.span, exceptions: &exceptions, into: &changes)
            allocations += tocsin_allocation_count() - before
        }
        return exceptions.isEmpty ? allocations : .max
    }

    #if !DEBUG  // the promise is that of the optimised engine
        @Test("100,000 readings into an engine whose windows are full allocate nothing")
        func steadyState() async {
            // In a process of its own: allocations of other tests would be counted, too.
            await #expect(processExitsWith: .success) {
                let count = Self.allocations()
                if count != 0 { exit(Int32(clamping: min(count, 200))) }
            }
        }
    #endif
}
