internal import AlarmModel
internal import Devices
internal import Diagnostics
internal import Pipeline
internal import SiteConfiguration
internal import Store
internal import Telemetry

/// A command to take a sensor out of service, or to put it back.
package struct SensorCommand: Sendable {
    package enum Action: Sendable { case takeOutOfService, putBack }

    package var action: Action
    package var device: String
    /// One quantity of the device; `nil` for all.
    package var quantity: String?
    package var person: String
    /// The reason for taking the sensor out of service.
    package var reason: String

    package init(_ action: Action, device: String, quantity: String?, person: String, reason: String) {
        (self.action, self.device, self.quantity) = (action, device, quantity)
        (self.person, self.reason) = (person, reason)
    }
}

/// Takes sensors out of service and puts them back: binds the rules to the sensors in service.
final class SensorMaintenance: Sendable {
    private let core: GatewayCore
    /// One command at a time, because each is based on what the one before has stored.
    private let work = SerialWork()

    init(_ core: GatewayCore) { self.core = core }

    /// - Returns: the result as a sentence.
    /// - Throws: ``OperatorError`` if there is no such sensor, it is in that state already, or it cannot be stored.
    func execute(_ command: SensorCommand) async throws(OperatorError) -> String {
        try await work.run { [self] in await result(of: command) }.get()
    }

    private func result(of command: SensorCommand) async -> Result<String, OperatorError> {
        do {
            return .success(try await change(command))
        } catch let error as OperatorError {
            return .failure(error)
        } catch let error as DiagnosticList {
            return .failure(
                OperatorError("the files have mistakes, and nothing was changed (tocsin check):\n\(error)"))
        } catch {
            return .failure(OperatorError("\(error)"))
        }
    }

    private func change(_ command: SensorCommand) async throws -> String {
        let begins = command.action == .takeOutOfService
        let (device, quantity, person) = (command.device, command.quantity, command.person)
        if begins, command.reason.isEmpty {
            throw OperatorError("a reason is missing, which others must know: give one with -m")
        }
        var all = try core.store.maintenance()
        let known = all.first { $0.device == device && $0.quantity == quantity }
        let entry = Maintenance(
            device: device, quantity: quantity, person: person, since: core.clock.now(), reason: command.reason)
        if let known, begins {
            throw OperatorError(
                "\(entry.name) has been in maintenance since \(known.since), by \(known.person): \(known.reason)")
        }
        if known == nil, !begins { throw OperatorError("\(entry.name) is not in maintenance by an operator") }
        all.removeAll { $0.device == device && $0.quantity == quantity }
        if begins { all.append(entry) }
        let model = try core.readSiteModel(maintenance: all)
        guard let found = model.site.sensors.first(where: { $0.id == device }) else {
            throw OperatorError("there is no device '\(device)'; see tocsin sensors")
        }
        if let quantity, found.field(quantity) == nil {
            throw OperatorError("'\(device)' does not measure '\(quantity)'; see tocsin sensors")
        }
        let change = MaintenanceChange(device: device, quantity: quantity, maintenance: begins ? entry : nil)
        let note = AuditNote(
            begins ? "out-of-service" : "in-service", at: core.clock.now(), person: person,
            text: command.reason.isEmpty ? entry.name : "\(entry.name): \(command.reason)")
        // The pipeline restores its state for the new model before it answers.
        let isStored: Bool = try await core.mailbox.ask(within: .seconds(30)) {
            .sensors(.maintenance(change), note, model, answer: $0)
        }
        guard isStored else {
            throw OperatorError("it cannot be stored now, and nothing was changed: see the gateway's log")
        }
        return begins
            ? "\(entry.name) is in maintenance, by \(person)" : "\(entry.name) is back in service, by \(person)"
    }
}
