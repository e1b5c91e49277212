import ArgumentParser
import Store

struct AuditExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print the audit chain as JSON lines, to be verified elsewhere.",
        discussion: """
            The first line has the record before the first one. Each other line has a record, as text, and its hash: \
            SHA-256 over the hash before, a line feed, and the record (docs/audit.md has a verifier of ten lines).

              tocsin audit export -c tocsin.yaml > audit.jsonl
            """)

    @OptionGroup var options: StoreOptions

    func run() throws {
        try options.open().reader.forEachAuditRecord {
            Terminal.line(JSONText.line(AuditFile.Header(format: AuditFile.format, after: $0)))
        } _: {
            Terminal.line(JSONText.line(AuditFile.Line(hash: $1, record: $0)))
        }
    }
}
