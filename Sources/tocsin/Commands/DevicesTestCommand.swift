import ArgumentParser
import Devices
import Diagnostics

struct DevicesTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Test profiles with the vectors in them.",
        discussion: """
            Each vector is a real payload. The readings that the profile makes of it are compared with those that it \
            must give. Exits with 1 if any differ.

              tocsin devices test --profiles Devices/profiles
              tocsin devices test --profile milesight-em500-udl
            """)

    @Option(help: ArgumentHelp("Test only this profile.", valueName: "name"))
    var profile: String?

    @OptionGroup var options: ProfileOptions
    @OptionGroup var output: OutputOptions

    private struct Outcome: Encodable {
        var profile: String
        var vector: String
        var place: String
        var passed: Bool
        var failures: [String]
    }

    func run() throws {
        let profiles = try profile.map { [try options.read(named: $0)] } ?? options.read()
        let outcomes = profiles.flatMap { profile in
            profile.vectors.map { vector in
                let failures = vector.failures(of: profile)
                return Outcome(
                    profile: profile.name, vector: vector.name, place: vector.location.fileAndLine,
                    passed: failures.isEmpty, failures: failures)
            }
        }
        let failed = outcomes.filter { !$0.passed }
        if output.json {
            for outcome in outcomes { Terminal.line(JSONText.line(outcome)) }
        } else {
            for outcome in failed {
                Terminal.line("\(outcome.place): \(outcome.profile), \(outcome.vector)")
                for failure in outcome.failures { Terminal.line("    \(failure)") }
            }
            let untested = profiles.filter(\.vectors.isEmpty).map(\.name)
            if !untested.isEmpty { Terminal.line("without vectors: \(untested.joined(separator: ", "))") }
            Terminal.line(
                "\(outcomes.count) vectors of \(profiles.count - untested.count) profiles: "
                    + (failed.isEmpty ? "all pass" : "\(failed.count) fail"))
        }
        if !failed.isEmpty { throw ExitCode.failure }
    }
}
