import Foundation
import Simulation
import Synchronization

/// `Simulator --seeds 1000 [--from 1] [--stop]` runs many seeds, `Simulator --seed 17` tells the story of one,
/// `Simulator --break FOLDER` puts mutants into a copy of the sources, `Simulator --mutants` names them.
@main
struct Simulator {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        func number(_ name: String) -> UInt64? {
            arguments.firstIndex(of: name).flatMap { $0 + 1 < arguments.count ? UInt64(arguments[$0 + 1]) : nil }
        }
        if let at = arguments.firstIndex(of: "--break"), at + 1 < arguments.count {
            return try Mutant.breakSources(in: arguments[at + 1])
        }
        if arguments.contains("--mutants") { return Mutant.all.forEach { print($0.name) } }
        let plant = try Plant()
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
