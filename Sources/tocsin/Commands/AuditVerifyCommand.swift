import ArgumentParser
import Foundation
import Store

struct AuditVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify the audit chain of a store or of an exported file.",
        discussion: """
            Names each record that was changed, removed or inserted. Exits with 0 if the chain is whole, 1 if it is not.

              tocsin audit verify -c tocsin.yaml
              tocsin audit verify audit.jsonl --expect 1234:9f86d081884c7d65…
            """)

    @Argument(help: "A file that tocsin audit export has made, instead of a store.", completion: .file())
    var file: String?

    @OptionGroup var options: StoreOptions

    @Option(
        help: ArgumentHelp(
            "A head that tocsin audit head has printed before, number:hash. The chain must still have it.",
            valueName: "head"))
    var expect: AuditHeadArgument?

    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Outcome: Encodable {
        var isWhole: Bool
        var records: Int
        var head: AuditHead
        var faults: [AuditVerifier.Fault]
    }

    func validate() throws {
        if file != nil, options.config.config != nil || options.store != nil {
            throw ValidationError("Name a file, or use --config or --store.")
        }
    }

    func run() throws {
        let verifier = try file.map { try verify(file: $0) } ?? verifyStore()
        let head = verifier.head
        let isWhole = verifier.faults.isEmpty
        if json {
            let outcome = Outcome(isWhole: isWhole, records: verifier.count, head: head, faults: verifier.faults)
            Terminal.line(JSONText.line(outcome))
        } else {
            for fault in verifier.faults { Terminal.line("record \(fault.number): \(fault.what)") }
            Terminal.line(
                isWhole
                    ? "whole: \(verifier.count) records, head \(head.number):\(head.hash)"
                    : "NOT whole: \(verifier.faults.count) faults in \(verifier.count) records")
        }
        if !isWhole { throw ExitCode.failure }
    }

    private func verifyStore() throws -> AuditVerifier {
        let verifier = try options.open().reader.verifyAudit(expecting: expect?.head) { count in
            Terminal.showProgress("\(count) records")
        }
        Terminal.clearProgress()
        return verifier
    }

    private func verify(file: String) throws -> AuditVerifier {
        guard let data = FileManager.default.contents(atPath: file) else {
            Terminal.complain("\(file) cannot be read")
            throw Failure.noInput
        }
        var lines = data.split(separator: UInt8(ascii: "\n")).makeIterator()
        guard let header = lines.next().flatMap({ AuditFile.read($0, as: AuditFile.Header.self) }),
            header.format == AuditFile.format
        else {
            Terminal.complain(
                "\(file) is not an exported audit chain: its first line does not have the format \(AuditFile.format)")
            throw ExitCode.failure
        }
        let expected = expect?.head
        var verifier = AuditVerifier(after: header.after)
        var hasExpected = expected == nil || expected == header.after
        while let line = lines.next() {
            guard let line = AuditFile.read(line, as: AuditFile.Line.self) else {
                verifier.fault(verifier.head.number + 1, "the line cannot be read")
                continue
            }
            let record = verifier.take(line.record, hash: line.hash)
            if let expected, record?.number == expected.number, expected.hash == line.hash { hasExpected = true }
        }
        if !hasExpected, let expected {
            verifier.fault(
                expected.number, "the file does not have the expected head \(expected.number):\(expected.hash)")
        }
        return verifier
    }
}
