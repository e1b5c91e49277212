import ArgumentParser
import Foundation
import Store

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Shows that the record of what happened is whole: an append-only chain of hashes.",
        discussion: """
            Every transition, acknowledgement, shelving, reload, start and delivery is a record; each record's hash covers \
            the one before, so that nothing can be changed, taken out or put in unseen. Note the head now and then, and keep \
            it elsewhere: with it, verify finds even a chain that was rewritten as a whole.
            """,
        subcommands: [Verify.self, Export.self, Head.self])

    /// What an export begins with.
    private struct Header: Codable {
        var format: String
        var after: StoreReader.AuditHead
    }

    private struct Line: Codable {
        var hash: String
        var record: String
    }

    private static let format = "tocsin.audit/1"

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Finds a record that was altered, removed or inserted, and names it.",
            discussion: """
                Of a store, or of a file that export has made. Exits with 0 if the chain is whole, 1 if it is not.

                  tocsin audit verify -c tocsin.yaml
                  tocsin audit verify audit.jsonl --expect 1234:9f86d081884c7d65…
                """)

        @Argument(help: "A file that export has made, instead of a store.")
        var file: String?

        @OptionGroup var options: StoreOptions

        @Option(
            help: ArgumentHelp(
                "A head that was noted before, as number:hash; the chain must still hold it.", valueName: "head"))
        var expect: String?

        @Flag(help: "One JSON object.")
        var json = false

        private struct Outcome: Encodable {
            var isWhole: Bool
            var records: Int
            var head: StoreReader.AuditHead
            var faults: [AuditVerifier.Fault]
        }

        func validate() throws {
            if file != nil, options.config.config != nil || options.store != nil {
                throw ValidationError("Name a file, or --config, or --store.")
            }
            if expect != nil, head == nil { throw ValidationError("--expect takes a number and a hash: 1234:9f86d0…") }
        }

        private var head: StoreReader.AuditHead? {
            guard let parts = expect?.split(separator: ":"), parts.count == 2, let number = Int64(parts[0]),
                parts[1].count == 64
            else { return nil }
            return StoreReader.AuditHead(number: number, hash: String(parts[1]))
        }

        func run() throws {
            let verifier = try file.map { try verify(file: $0) } ?? verifyStore()
            let head = StoreReader.AuditHead(number: verifier.head.number, hash: verifier.head.hash)
            if json {
                Terminal.line(
                    JSONText.line(
                        Outcome(
                            isWhole: verifier.faults.isEmpty, records: verifier.count, head: head,
                            faults: verifier.faults)))
            } else {
                for fault in verifier.faults { Terminal.line("record \(fault.number): \(fault.what)") }
                Terminal.line(
                    verifier.faults.isEmpty
                        ? "whole: \(verifier.count) records, head \(head.number):\(head.hash)"
                        : "NOT whole: \(verifier.faults.count) faults in \(verifier.count) records")
            }
            if !verifier.faults.isEmpty { throw ExitCode.failure }
        }

        private func verifyStore() throws -> AuditVerifier {
            return try options.open().reader.verifyAudit(expecting: head) { count in
                if Terminal.hasColour(STDERR_FILENO) { FileHandle.standardError.write(Data("\r\(count) records".utf8)) }
            }
        }

        private func verify(file: String) throws -> AuditVerifier {
            guard let data = FileManager.default.contents(atPath: file) else {
                Terminal.complain("\(file) cannot be read")
                throw Failure.noInput
            }
            var lines = data.split(separator: UInt8(ascii: "\n")).makeIterator()
            guard let first = lines.next(), let header = try? JSONDecoder().decode(Header.self, from: first),
                header.format == format
            else {
                Terminal.complain(
                    "\(file) is no export of an audit chain: its first line is not of the format \(format)")
                throw ExitCode.failure
            }
            var verifier = AuditVerifier(after: (header.after.number, header.after.hash))
            var hasMet = head == nil || head == header.after
            while let line = lines.next() {
                guard let line = try? JSONDecoder().decode(Line.self, from: line) else {
                    verifier.fault(verifier.head.number + 1, "the line cannot be read")
                    continue
                }
                let record = verifier.take(line.record, hash: line.hash)
                if let head, record?.number == head.number, head.hash == line.hash { hasMet = true }
            }
            if !hasMet, let head {
                verifier.fault(
                    head.number, "the file does not hold the head that was noted, \(head.number):\(head.hash)")
            }
            return verifier
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes the chain as JSON lines, to be verified elsewhere.",
            discussion: """
                The first line says what stands before the first record; each other line has a record, as text, and its hash: \
                SHA-256 over the hash before, a line feed, and the record (docs/audit.md has a verifier of ten lines).

                  tocsin audit export -c tocsin.yaml > audit.jsonl
                """)

        @OptionGroup var options: StoreOptions

        func run() throws {
            try options.open().reader.forEachAuditRecord {
                Terminal.line(JSONText.line(Header(format: AuditCommand.format, after: $0)))
            } _: {
                Terminal.line(JSONText.line(Line(hash: $1, record: $0)))
            }
        }
    }

    struct Head: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the number and the hash of the newest record, to be noted elsewhere.")

        @OptionGroup var options: StoreOptions

        func run() throws {
            let head = try options.open().reader.auditHead()
            Terminal.line("\(head.number):\(head.hash)")
        }
    }
}
