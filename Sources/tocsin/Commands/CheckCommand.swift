import ArgumentParser
import Devices
import Diagnostics
import Foundation
import Gateway
import RuleLanguage
internal import SiteConfiguration

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the configuration, the devices and the rules before they are used.",
        discussion: """
            Shows all mistakes at once, each with its location and, where one is likely, a correction. Exits with 0 if \
            there is none, 1 if there are mistakes or, with --strict, warnings.

              tocsin check
              tocsin check --config tocsin.yaml --strict
              tocsin check --format json | jq .message
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    @OptionGroup var config: ConfigOption

    @Option(help: "The form of the output: text, or one JSON object per line for tools.")
    var format: Format = .text

    @Flag(help: "Treat warnings as mistakes.")
    var strict = false

    private static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    func run() throws {
        let path = try config.path()
        var found: [Diagnostic] = []
        var model: SiteModel?
        do {
            let parsed = try Configuration.parse(
                try SourceFolder.file(URL(fileURLWithPath: path).standardizedFileURL.path))
            if let configuration = parsed.configuration {
                let loaded = try SiteModel.load(configuration, numbering: SiteModel.numberInOrder)
                found = loaded.rules.warnings
                model = loaded
            } else {
                found = parsed.problems
                // A mistake in the configuration must not hide those in the files that it names.
                if let files = parsed.files {
                    found += try SiteModel.read(files, numbering: SiteModel.numberInOrder).rules.warnings
                }
            }
        } catch let list as DiagnosticList {
            found += list.diagnostics
        }
        switch format {
        case .text: Terminal.printDiagnostics(found)
        case .json: for diagnostic in found { Terminal.line(JSONDiagnostic(diagnostic).text) }
        }
        if found.hasErrors {
            let isMissing = found.allSatisfy { $0.id == "missing-file" }
            throw isMissing ? Failure.noInput : ExitCode.failure
        }
        if let model, format == .text {
            let rules = model.rules
            let own = Set(rules.rules.indices.filter { !rules.rules[$0].isBuiltIn })
            let groups = rules.instances.count { !$0.isBallot && own.contains($0.rule) }
            let watching = rules.rules.count - own.count
            Terminal.line(
                "\(model.site.name): \(Self.count(model.site.sensors.count, "device")), "
                    + "\(model.site.sensors.map { $0.fields.count(where: \.source.isInPayload) }.reduce(0, +)) series, "
                    + "\(Self.count(own.count, "rule")) in \(Self.count(groups, "group")), "
                    + Self.count(found.count, "warning")
                    + (watching > 0 ? "; \(watching) built-in rules watch over the gateway" : ""))
        }
        if strict, !found.isEmpty { throw ExitCode.failure }
    }
}

/// A diagnostic as `--format json` prints it.
private struct JSONDiagnostic: Encodable {
    let severity: String
    let id: String
    let message: String
    let file: String?
    let line: Int?
    let column: Int?
    let length: Int?
    let hint: String?
    /// The text at that location after the correction.
    let fix: String?
    let notes: [Note]?

    /// A further location that belongs to the mistake.
    struct Note: Encodable {
        let message: String
        let file: String
        let line: Int
        let column: Int
        let length: Int
    }

    init(_ diagnostic: Diagnostic) {
        severity = diagnostic.severity.rawValue
        id = diagnostic.id
        message = diagnostic.message
        file = diagnostic.location?.file
        line = diagnostic.location?.line
        column = diagnostic.location?.column
        length = diagnostic.location?.length
        hint = diagnostic.hint
        fix = diagnostic.fix
        let notes = diagnostic.notes.map { note in
            Note(
                message: note.message, file: note.location.file, line: note.location.line,
                column: note.location.column, length: note.location.length)
        }
        self.notes = notes.isEmpty ? nil : notes
    }

    var text: String { JSONText.line(self) }
}
