import ArgumentParser
import Diagnostics
import Foundation
import Gateway
internal import SiteConfiguration
import Store

/// Prints errors that end a command, and gives scripts an exit code for each.
enum Failure {
    /// A file that was named does not exist.
    static let noInput = ExitCode(66)
    /// The configuration, the devices or the rules have mistakes.
    static let configuration = ExitCode(78)

    /// Prints an error.
    /// - Parameter path: the file that could not be reached, if the error does not name it.
    /// - Returns: the exit code.
    static func report(_ error: any Error, about path: String? = nil) -> ExitCode {
        if let hint = path.flatMap({ GroupHint.text(for: $0) }) {
            Terminal.complain(hint)
            return .failure
        }
        switch error {
        case let list as DiagnosticList:
            // A file that this user is not allowed to reach is reported as missing, although it exists.
            for diagnostic in list.diagnostics {
                if let hint = diagnostic.path.flatMap({ GroupHint.text(for: $0) }) {
                    Terminal.complain(hint)
                } else {
                    Terminal.printDiagnostics([diagnostic])
                }
            }
            let isMissing = list.diagnostics.allSatisfy { $0.id == "missing-file" }
            return isMissing ? noInput : configuration
        case StoreError.missing(let path):
            if let hint = GroupHint.text(for: path) {
                Terminal.complain(hint)
                return .failure
            }
            Terminal.complain("\(error)")
            return noInput
        default:
            Terminal.complain("\(error)")
            return .failure
        }
    }

    /// Reads a configuration.
    /// - Throws: the exit code, after printing what is wrong.
    static func readConfiguration(_ path: String) throws -> Configuration {
        do {
            return try Configuration.read(try SourceFolder.file(URL(fileURLWithPath: path).standardizedFileURL.path))
        } catch {
            throw report(error)
        }
    }
}
