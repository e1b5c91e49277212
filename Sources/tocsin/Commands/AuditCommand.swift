import ArgumentParser
import Store

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Verify and export the audit chain.",
        discussion: """
            Every transition, acknowledgement, shelving, reload, start and delivery is a record of the chain. The hash \
            of a record covers the one before, so a changed, removed or inserted record is found. Note the head from \
            time to time, and keep it elsewhere: with it, verify finds even a chain that was rewritten as a whole.
            """,
        subcommands: [AuditVerifyCommand.self, AuditExportCommand.self, AuditHeadCommand.self])
}
