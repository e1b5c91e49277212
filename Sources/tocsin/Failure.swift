import ArgumentParser
import Diagnostics
import Foundation
import Gateway
internal import SiteConfiguration
import Store

/// Turns what can go wrong before anything runs into words on standard error and an exit code for scripts.
enum Failure {
    static let noInput = ExitCode(66)
    static let configuration = ExitCode(78)

    /// - Parameter path: what could not be reached, where the error does not say it.
    static func report(_ error: any Error, about path: String? = nil) -> ExitCode {
        if let hint = path.flatMap({ GroupHint.text(for: $0) }) {
            Terminal.complain(hint)
            return .failure
        }
        switch error {
        case let list as DiagnosticList:
            // A file that this user may not reach is not missing.
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

    /// Reads a configuration, or says what is wrong with it and ends the command.
    static func readConfiguration(_ path: String) throws -> Configuration {
        do {
            return try Configuration.read(try SourceFolder.file(URL(fileURLWithPath: path).standardizedFileURL.path))
        } catch {
            throw report(error)
        }
    }
}
