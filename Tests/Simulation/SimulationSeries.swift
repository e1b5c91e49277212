import Foundation
import Telemetry

/// Many runs, one after the other, and their results.
package struct SimulationSeries: Sendable {
    package private(set) var runs = 0
    package private(set) var failed: [Simulation.Report] = []
    private var total = Simulation.Report(seed: 0)

    /// Runs seeds. Prints each failure with the command that repeats it, and finally the figures.
    package static func run(_ plant: Plant, seeds: Range<UInt64>, stopsAtFault: Bool = false) async throws
        -> SimulationSeries
    {
        var series = SimulationSeries()
        let isTerminal = isatty(STDERR_FILENO) == 1
        for seed in seeds {
            let report = try await Simulation.run(plant, seed: seed)
            series.add(report)
            if !report.faults.isEmpty {
                print("seed \(seed): \(report.faults.count) faults. To see its story: make simulate SEED=\(seed)")
                for fault in report.faults.prefix(5) { print("    \(fault)") }
                if stopsAtFault { break }
            }
            if isTerminal { FileHandle.standardError.write(Data("\r\(series.runs) of \(seeds.count) seeds".utf8)) }
        }
        if isTerminal { FileHandle.standardError.write(Data("\r".utf8)) }
        print(series.description)
        return series
    }

    private mutating func add(_ report: Simulation.Report) {
        runs += 1
        if !report.faults.isEmpty { failed.append(report) }
        total.readings += report.readings
        total.acknowledged += report.acknowledged
        total.transitions += report.transitions
        total.escalations += report.escalations
        total.deliveries += report.deliveries
        total.crashes += report.crashes
        total.powerCuts += report.powerCuts
        total.lostSectors += report.lostSectors
        total.virtual = total.virtual + report.virtual
    }

    package var description: String {
        """
        \(runs) seeds, \(failed.count) with faults; \(Int(total.virtual.seconds / 3600)) h of simulated time
        \(total.readings) readings stored, \(total.acknowledged) acknowledged; \(total.transitions) transitions
        \(total.escalations) escalations due, \(total.deliveries) deliveries
        \(total.crashes) deaths of the process, \(total.powerCuts) of them power cuts that took \(total.lostSectors) sectors
        """
    }
}
