import Foundation
import Simulation
import Synchronization

/// `simulator --seeds 1000 [--from 1]`, or `simulator --seed 17` for the story of one.
@main
struct Simulator {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        func number(_ name: String) -> UInt64? {
            arguments.firstIndex(of: name).flatMap { $0 + 1 < arguments.count ? UInt64(arguments[$0 + 1]) : nil }
        }
        let plant = try SimulatedPlant()
        if let seed = number("--seed") {
            let report = try await Simulation.run(plant, seed: seed, tellsStory: true)
            for line in report.story { print(line) }
            for fault in report.faults { print("FAULT: \(fault)") }
            exit(report.faults.isEmpty ? 0 : 1)
        }
        let summary = try await SimulationSeries.run(
            plant, seeds: (number("--from") ?? 1)..<(number("--from") ?? 1) + (number("--seeds") ?? 1000),
            stopsAtFault: arguments.contains("--stop"))
        exit(summary.failed.isEmpty ? 0 : 1)
    }
}
