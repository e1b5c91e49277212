internal import AlarmModel
internal import Alarms
internal import Devices
internal import Diagnostics
internal import Pipeline
internal import SiteConfiguration
internal import Store
internal import Synchronization
internal import Telemetry

extension Gateway {
    /// Puts a sensor into maintenance, or back: the rules are bound again to the sensors that work, and go on where
    /// they stood.
    /// - Returns: what was done, in words.
    /// - Throws: ``OperatorError`` where there is no such sensor, it is so already, or it cannot be done.
    func maintain(_ request: ControlRequest, _ person: String) throws(OperatorError) -> String {
        let begins = request.verb == .takeOutOfService
        guard let device = request.device, begins || request.verb == .putBack else {
            throw OperatorError("a sensor is taken out of service, or put back; nothing else")
        }
        if begins, request.note.isEmpty { throw OperatorError("what is taken out of service needs a reason") }
        return try maintaining.withLock { _ throws(OperatorError) in
            do {
                var all = try store.maintenance()
                let known = all.first { $0.device == device && $0.quantity == request.quantity }
                let entry = Maintenance(
                    device: device, quantity: request.quantity, person: person, since: clock.now(), reason: request.note
                )
                if let known, begins {
                    throw OperatorError(
                        "\(entry.name) has been in maintenance since \(known.since), by \(known.person): \(known.reason)"
                    )
                }
                if known == nil, !begins { throw OperatorError("\(entry.name) is not in maintenance by an operator") }
                all.removeAll { $0.device == device && $0.quantity == request.quantity }
                if begins { all.append(entry) }
                let model = try SiteModel.load(configuration, maintenance: all) { try store.series($0) }
                guard let found = model.site.sensors.first(where: { $0.id == device }) else {
                    throw OperatorError("there is no device '\(device)'; see tocsin sensors")
                }
                if let quantity = request.quantity, found.field(quantity) == nil {
                    throw OperatorError("'\(device)' does not measure '\(quantity)'; see tocsin sensors")
                }
                let change = MaintenanceChange(
                    device: device, quantity: request.quantity, maintenance: begins ? entry : nil)
                try post(change, model, entry.name, person: person, reason: request.note)
                return begins
                    ? "\(entry.name) is in maintenance, by \(person)" : "\(entry.name) is back in service, by \(person)"
            } catch let error as OperatorError {
                throw error
            } catch let error as DiagnosticList {
                throw OperatorError("the files have mistakes, and nothing was changed (tocsin check):\n\(error)")
            } catch {
                throw OperatorError("\(error)")
            }
        }
    }

    private func post(_ change: MaintenanceChange, _ model: SiteModel, _ name: String, person: String, reason: String)
        throws(OperatorError)
    {
        let note = AuditNote(
            change.maintenance == nil ? "in-service" : "out-of-service", at: clock.now(), person: person,
            text: reason.isEmpty ? name : "\(name): \(reason)")
        let isStored: Bool = try answered(within: 30) { mailbox.post(.maintenance(model, change, note, answer: $0)) }
        guard isStored else { throw OperatorError("it cannot be stored now: see the gateway's log") }
    }
}
