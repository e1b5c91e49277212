import ArgumentParser
import Diagnostics
import Foundation
import Gateway
internal import SiteConfiguration

/// Which configuration a command is about: the one that is named, or the one that is found.
struct ConfigOption: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The configuration file. Without it: the file that TOCSIN_CONFIG names, ./tocsin.yaml, or /etc/tocsin/tocsin.yaml.",
            valueName: "file"))
    var config: String?

    static let places = ["tocsin.yaml", "/etc/tocsin/tocsin.yaml"]

    /// The file's path; says which it is where nobody has named it here.
    /// - Parameter isSaid: it has been said already.
    /// - Throws: the exit code for a missing file, once it has been said.
    func path(isSaid: Bool = false) throws -> String {
        if let config { return config }
        let named = ProcessInfo.processInfo.environment["TOCSIN_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        guard let found = named ?? Self.places.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            if let hint = Self.places.compactMap({ GroupHint.text(for: $0) }).first { Terminal.complain(hint) }
            Terminal.complain(
                "there is no configuration: name it with --config, or in TOCSIN_CONFIG; neither \(Self.places.joined(separator: " nor ")) is there"
            )
            throw Failure.noInput
        }
        if !isSaid { Terminal.complain("using \(found)\(named == nil ? "" : ", which TOCSIN_CONFIG names")") }
        return found
    }

    func read() throws -> Configuration { try Failure.readConfiguration(try path()) }

    /// Where the gateway keeps its store and answers, whatever else is wrong with its configuration: an operator may
    /// not be able to read the secrets that it names.
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
