import ArgumentParser
import Devices
import Diagnostics
import Foundation
internal import SiteConfiguration

/// The profiles that a command is about: those of a folder, or those of the configuration.
struct ProfileOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A profile, or a folder of profiles. Without it: those of the configuration.", valueName: "path"),
        completion: .file())
    var profiles: String?

    @OptionGroup var config: ConfigOption

    /// Reads all profiles, by their names.
    /// - Throws: the exit code, after printing what is wrong.
    func read() throws -> [Profile] {
        do {
            let files = try SourceFolder.files(try folder(), what: "device profiles")
            var problems: [Diagnostic] = []
            var profiles: [Profile] = []
            for file in files {
                do { profiles.append(try Profile.read(file)) } catch { problems += error.diagnostics }
            }
            if !problems.isEmpty { throw DiagnosticList(problems) }
            return profiles.sorted { $0.name < $1.name }
        } catch let error as DiagnosticList {
            throw Failure.report(error)
        }
    }

    /// Reads the profile of a name.
    /// - Throws: the exit code, after printing what is wrong.
    func read(named name: String) throws -> Profile {
        let profiles = try read()
        if let profile = profiles.first(where: { $0.name == name }) { return profile }
        let names = profiles.map(\.name)
        let hint = NearMiss.hint(for: name, among: names) ?? "there are: \(names.joined(separator: ", "))"
        Terminal.complain("there is no profile '\(name)': \(hint)")
        throw ExitCode.failure
    }

    private func folder() throws -> String {
        if let profiles { return URL(fileURLWithPath: profiles).standardizedFileURL.path }
        let file = try SourceFolder.file(
            URL(fileURLWithPath: try config.path(isPrinted: true)).standardizedFileURL.path)
        let parsed = try Configuration.parse(file)
        guard let files = parsed.files else { throw DiagnosticList(parsed.problems) }
        return files.profiles
    }
}
