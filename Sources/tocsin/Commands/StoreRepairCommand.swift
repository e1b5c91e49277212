import ArgumentParser
import Gateway
internal import POSIX
import Store

struct StoreRepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Make a new store of everything that can be read of a damaged one.",
        discussion: """
            Stop the gateway first. The damaged store is renamed to <store>.damaged-<time>, and kept as it is. The new \
            one has its alarms, their histories, the outbox, the audit chain, and all readings with right checksums. \
            Where tocsin store check finds nothing, nothing is done. Exits with 1 if something could not be taken over.

              systemctl stop tocsin && tocsin store repair -c tocsin.yaml
            """)

    @OptionGroup var options: StoreOptions

    @Flag(help: "Repair the store even if the check finds nothing.")
    var force = false

    func run() throws {
        let (path, control, _) = try options.settings()
        if Self.isGatewayRunning(control) {
            Terminal.complain("a gateway is running on \(path): stop it first (systemctl stop tocsin)")
            throw ExitCode.failure
        }
        let faults = try Self.faults(path)
        guard !faults.isEmpty || force else { return Terminal.line("all as written: nothing to repair") }
        let rescue: StoreRescue
        do {
            rescue = try Store.repair(path: path, because: faults.first ?? "asked for", at: SystemClock().now()) {
                Terminal.showProgress("\(Int($0 * 100)) % of the readings")
            }
        } catch {
            Terminal.complain("\(error)")
            throw ExitCode.failure
        }
        Terminal.clearProgress()
        Terminal.line(rescue.description)
        let rest = try StoreReader(path: path).check().faults
        if !rest.isEmpty {
            Terminal.line("The new store still has these faults (a repair changes no record, and fills no gap):")
            for fault in rest { Terminal.line("  \(fault)") }
        }
        if rescue.isIncomplete { throw ExitCode.failure }
    }

    private static func isGatewayRunning(_ control: String) -> Bool {
        // Without an answer, no gateway is running, whatever the reason is.
        (try? ControlSocket.connect(to: control)) != nil
    }

    /// Returns the faults that the check finds. If a store cannot be read to its end, that is a fault.
    private static func faults(_ path: String) throws -> [String] {
        do {
            return try StoreReader(path: path).check().faults
        } catch let error as StoreError where error.isMissing {
            throw Failure.report(error)
        } catch {
            return ["\(error)"]
        }
    }
}
