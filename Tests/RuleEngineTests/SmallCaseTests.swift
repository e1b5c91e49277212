import AlarmModel
import RuleEngine
import RulePlan
import Telemetry
import Testing

/// Every order of a few samples, before random ones: windows against brute force.
@Suite struct SmallCaseTests {
    private static let start: Int64 = 1_528_000_000_000_000_000
    private static let windows: [TimeSpan] = [.seconds(1), .seconds(2), .seconds(4)]
    /// They rise, fall and repeat.
    private static let values: [Double] = [3, 1, 4, 4, 0, 9]

    /// All sequences of `count` times, in seconds, that use each number up to their largest: every order in which
    /// samples can come, with every choice of those that have the same time.
    private static func orders(of count: Int) -> [[Int]] {
        var orders: [[Int]] = [[]]
        for _ in 0..<count { orders = orders.flatMap { order in (0..<count).map { order + [$0] } } }
        return orders.filter { order in Set(order).count == (order.max() ?? -1) + 1 }
    }

    /// Feeds samples in the order of their arrival, and compares the measures after the last of them. What comes before
    /// it is another, shorter case.
    private func compare(_ order: [Int], _ plan: Plan, _ measures: [Measure]) {
        var engine = Engine(plan)
        var changes: [LevelChange] = []
        var all: [BruteForce.Sample] = []
        for (at, second) in order.enumerated() {
            let time = Self.start + Int64(second) * 1_000_000_000
            // The level is put back to normal, so that the reading reports a change, with the measures of that moment.
            engine.restore(LadderState(level: .normal, held: 0, isUncertain: false), to: 0)
            changes.removeAll()
            let outcome = engine.ingest(
                Reading(series: SeriesID(index: 0), time: Instant(nanoseconds: time), value: Self.values[at]),
                into: &changes)
            #expect(outcome == .evaluated)
            let place = all.lastIndex { $0.time <= time }.map { $0 + 1 } ?? 0
            all.insert(BruteForce.Sample(series: 0, time: time, value: Self.values[at]), at: place)
        }
        engine.checkInvariants()
        guard let registers = changes.last?.registers, let now = all.last?.time else {
            Issue.record("\(order): no evaluation")
            return
        }
        var index = 0
        for window in Self.windows {
            for measure in measures {
                let expected = BruteForce.value(measure, all, now: now, window: window.nanoseconds)
                let found = registers[index]
                if expected.isNaN ? !found.isNaN : !(abs(found - expected) <= 1e-9) {
                    Issue.record("\(order): \(measure) over \(window) is \(found), brute force \(expected)")
                    return
                }
                index += 1
            }
        }
    }

    @Test("there are as many orders of samples as there are weak orders")
    func count() {
        #expect((1...5).map { Self.orders(of: $0).count } == [1, 3, 13, 75, 541])
    }

    @Test("every measure, over every order of up to five samples", arguments: 1...5)
    func five(count: Int) {
        let plan = WindowTests.plan(Self.windows)
        for order in Self.orders(of: count) { compare(order, plan, WindowTests.measures) }
    }

    @Test("a measure of each family, over every order of six samples")
    func six() {
        let measures = [
            Measure(.mean), Measure(.slope), Measure(.maximum), Measure(.quantile, 0.5), Measure(.increase),
            Measure(.integral),
        ]
        let plan = WindowTests.plan(Self.windows, measures: measures)
        let orders = Self.orders(of: 6)
        #expect(orders.count == 4683)
        for order in orders { compare(order, plan, measures) }
    }
}
