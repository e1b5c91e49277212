import ArgumentParser
import Diagnostics
import Foundation
import Gateway
internal import SiteConfiguration

/// The configuration of a command: the file that is named, or else the first one that is found.
struct ConfigOption: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            """
            The configuration file. Without it: the file that TOCSIN_CONFIG names, ./tocsin.yaml, or \
            /etc/tocsin/tocsin.yaml.
            """, valueName: "file"),
        completion: .file())
    var config: String?

    static let places = ["tocsin.yaml", "/etc/tocsin/tocsin.yaml"]

    /// Returns the path of the file, and prints it if the command line does not name it.
    /// - Parameter isPrinted: set if the path has been printed already.
    /// - Throws: the exit code for a missing file, after printing what is wrong.
    func path(isPrinted: Bool = false) throws -> String {
        if let config { return config }
        let named = ProcessInfo.processInfo.environment["TOCSIN_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        guard let found = named ?? Self.places.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            if let hint = Self.places.compactMap({ GroupHint.text(for: $0) }).first { Terminal.complain(hint) }
            Terminal.complain(
                "there is no configuration: name it with --config, or in TOCSIN_CONFIG; "
                    + "neither \(Self.places.joined(separator: " nor ")) exists"
            )
            throw Failure.noInput
        }
        if !isPrinted { Terminal.complain("using \(found)\(named == nil ? "" : ", which TOCSIN_CONFIG names")") }
        return found
    }

    /// Reads the configuration.
    /// - Throws: the exit code, after printing what is wrong.
    func read() throws -> Configuration { try Failure.readConfiguration(try path()) }

    /// Reads only the paths of the store and of the control socket. The rest may look wrong to an operator, who may not
    /// be allowed to read the secrets that it names.
    func place() throws -> Configuration.StorePlace {
        let path = URL(fileURLWithPath: try path()).standardizedFileURL.path
        do {
            let parsed = try Configuration.parse(try SourceFolder.file(path))
            if let place = parsed.place { return place }
            throw DiagnosticList(parsed.problems)
        } catch {
            throw Failure.report(error)
        }
    }
}
