import ArgumentParser
import Store

struct StoreCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check every page, every checksum and the audit chain of the store.",
        discussion: """
            The command only reads, and works beside a running gateway. Exits with 0 if everything is as it was \
            written, 1 if not.

            A gateway that finds its store damaged when it starts renames it to <store>.damaged-<time>, takes over its \
            alarms and its outbox, and raises an alarm.

              tocsin store check -c tocsin.yaml
            """)

    @OptionGroup var options: StoreOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let reader = try options.open().reader
        let findings: StoreFindings
        do {
            findings = try reader.check { share in
                if !json { Terminal.showProgress("\(Int(share * 100)) % of the readings") }
            }
        } catch {
            Terminal.complain("the store cannot be read to its end: \(error)")
            throw ExitCode.failure
        }
        if json {
            Terminal.line(JSONText.line(findings))
        } else {
            Terminal.clearProgress()
            for fault in findings.faults { Terminal.line(fault) }
            Terminal.line(Self.summary(findings))
        }
        if !findings.faults.isEmpty { throw ExitCode.failure }
    }

    private static func summary(_ findings: StoreFindings) -> String {
        let unchecked =
            findings.uncheckedBatches > 0 ? " (\(findings.uncheckedBatches) from before there were checksums)" : ""
        return "\(findings.readings) readings in \(findings.batches) batches\(unchecked), "
            + "\(findings.transitions) transitions, \(findings.auditRecords) audit records: "
            + (findings.faults.isEmpty ? "all as written" : "\(findings.faults.count) faults")
    }
}
