import ArgumentParser
import Foundation
import Gateway
internal import POSIX
import Store

struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Looks after the store.", subcommands: [Check.self, Repair.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Looks at every page, every checksum and the audit chain, and says what is not as it was written.",
            discussion: """
                It only reads, also beside a running gateway. A gateway that finds its store damaged when it starts sets it \
                aside as <store>.damaged-<time>, takes over its alarms and its outbox, and raises an alarm. Exits with 0 if \
                all is well, 1 if not.

                  tocsin store check -c tocsin.yaml
                """)

        @OptionGroup var options: StoreOptions

        @Flag(help: "One JSON object.")
        var json = false

        func run() throws {
            let showsProgress = Terminal.hasColour(STDERR_FILENO) && !json
            let findings: StoreFindings
            do {
                findings = try options.open().reader.check { share in
                    if showsProgress {
                        FileHandle.standardError.write(Data("\r\(Int(share * 100)) % of the readings".utf8))
                    }
                }
            } catch let error as ExitCode {
                throw error
            } catch {
                Terminal.complain("the store cannot be read to its end: \(error)")
                throw ExitCode.failure
            }
            if showsProgress { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
            if json {
                Terminal.line(JSONText.line(findings))
            } else {
                for fault in findings.faults { Terminal.line(fault) }
                let unchecked =
                    findings.uncheckedBatches > 0
                    ? " (\(findings.uncheckedBatches) from before there were checksums)" : ""
                Terminal.line(
                    "\(findings.readings) readings in \(findings.batches) batches\(unchecked), \(findings.transitions) transitions, "
                        + "\(findings.auditRecords) audit records: \(findings.faults.isEmpty ? "all as written" : "\(findings.faults.count) faults")"
                )
            }
            if !findings.faults.isEmpty { throw ExitCode.failure }
        }
    }

    struct Repair: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a new store of everything that can be read of a damaged one.",
            discussion: """
                The damaged store is set aside as <store>.damaged-<time> and stays as it is. Alarms, their histories, the outbox, \
                the audit chain and all readings whose checksums agree are taken over. The gateway has to be stopped. Does \
                nothing where tocsin store check finds nothing. Exits with 1 where not all could be taken over.

                  systemctl stop tocsin && tocsin store repair -c tocsin.yaml
                """)

        @OptionGroup var options: StoreOptions

        @Flag(help: "Repair also where nothing is found to be wrong.")
        var force = false

        func run() throws {
            let (path, control, _) = try options.settings()
            if (try? ControlSocket.connect(to: control)) != nil {
                Terminal.complain("a gateway runs on \(path): stop it first (systemctl stop tocsin)")
                throw ExitCode.failure
            }
            let faults: [String]
            do {
                faults = try StoreReader(path: path).check().faults
            } catch let error as StoreError where error.isMissing {
                throw Failure.report(error)
            } catch {
                faults = ["\(error)"]
            }
            guard !faults.isEmpty || force else { return Terminal.line("all as written: nothing to repair") }
            let showsProgress = Terminal.hasColour(STDERR_FILENO)
            let rescue: StoreRescue
            do {
                rescue = try Store.repair(path: path, because: faults.first ?? "asked for", at: SystemClock().now()) {
                    share in
                    if showsProgress {
                        FileHandle.standardError.write(Data("\r\(Int(share * 100)) % of the readings".utf8))
                    }
                }
            } catch {
                Terminal.complain("\(error)")
                throw ExitCode.failure
            }
            if showsProgress { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
            Terminal.line(rescue.description)
            let rest = try StoreReader(path: path).check().faults
            if !rest.isEmpty {
                Terminal.line("In what was taken over there is still (a repair changes no record, and fills no gap):")
                for fault in rest { Terminal.line("  \(fault)") }
            }
            if rescue.isIncomplete { throw ExitCode.failure }
        }
    }
}
