import Foundation
import Simulation
import TestSupport
import Testing

/// The whole gateway in a simulated world. `make simulate SEEDS=1000` runs more, `make simulate SEED=17` tells one's
/// story.
@Suite(.serialized) struct SimulationTests {
    @Test("whatever fails, what was promised is kept")
    func seeds() async throws {
        let count = ProcessInfo.processInfo.environment["TOCSIN_SIMULATE_SEEDS"].flatMap { UInt64($0) } ?? 100
        let series = try await SimulationSeries.run(Plant(), seeds: 1..<count + 1)
        #expect(series.failed.map { "seed \($0.seed): \($0.faults.prefix(3))" } == [])
    }

    @Test("seeds beyond those, each of which showed a fault", arguments: [293, 618, 652, 679] as [UInt64])
    func later(seed: UInt64) async throws {
        // 293: a gap in a backlog ended an alarm. 652: a sync failed while the mark beside the store was kept, and what
        // was committed after it was gone with the power. 618: a session begun anew before a crash passed for a broker
        // that reuses identifiers. 679: the check took for known what had not come yet.
        let report = try await Simulation.run(Plant(), seed: seed)
        #expect(report.faults == [])
    }

    @Test("after a day without anyone upstream every escalation comes, in its order")
    func absence() async throws {
        let report = try await Simulation.runAbsence(Plant(), seed: 5)
        #expect(report.faults == [])
        #expect(report.escalations > 1000)
        print(
            "a day without upstream: \(report.escalations) escalations due, \(report.deliveries) deliveries, \(report.crashes) deaths of the process"
        )
    }

    @Test("the same seed is the same run")
    func deterministic() async throws {
        let plant = try Plant()
        for seed in [3, 9] as [UInt64] {
            let first = try await Simulation.run(plant, seed: seed, tellsStory: true)
            let second = try await Simulation.run(plant, seed: seed, tellsStory: true)
            #expect(first.story == second.story)
            #expect(first.story.count > 100)
        }
    }

    @Test("every mutant that `make mutants` makes still fits its place in the source")
    func mutants() throws {
        for mutant in Mutant.all {
            try mutant.check(RepositoryRoot.file(mutant.file).text)
        }
        #expect(Set(Mutant.all.map(\.name)).count == Mutant.all.count)
    }
}
