internal import AlarmModel
internal import Devices
internal import Pipeline
internal import Store
package import Telemetry

/// A command to flag the readings of a sensor in a span of time, or to withdraw such a flag.
package struct FlagCommand: Sendable {
    package enum Action: Sendable {
        /// - Parameter quantity: one quantity of the device; `nil` for all.
        case flag(device: String, quantity: String?, from: Instant, to: Instant, QualityFlag)
        /// Withdraws the span with this number.
        case withdraw(Int64)
    }

    package var action: Action
    package var person: String
    package var reason: String

    package init(_ action: Action, person: String, reason: String) {
        (self.action, self.person, self.reason) = (action, person, reason)
    }
}

/// Flags stored readings, and rebuilds the windows of the rules with the flags.
final class SpanFlagging: Sendable {
    private let core: GatewayCore
    /// One command at a time, because each gets the number after the last.
    private let work = SerialWork()

    init(_ core: GatewayCore) { self.core = core }

    /// - Returns: the result as a sentence.
    /// - Throws: ``OperatorError`` if there is no such sensor or span, or it cannot be stored.
    func execute(_ command: FlagCommand) async throws(OperatorError) -> String {
        try await work.run { [self] in await result(of: command) }.get()
    }

    private func result(of command: FlagCommand) async -> Result<String, OperatorError> {
        do {
            return .success(try await change(command))
        } catch let error as OperatorError {
            return .failure(error)
        } catch {
            return .failure(OperatorError("\(error)"))
        }
    }

    private func change(_ command: FlagCommand) async throws -> String {
        guard !command.reason.isEmpty else {
            throw OperatorError("a reason is missing, which others must know: give one with -m")
        }
        let now = core.clock.now()
        let note = FlaggedSpan.Note(person: command.person, time: now, reason: command.reason)
        let all = try core.store.flaggedSpans()
        switch command.action {
        case .flag(let device, let quantity, let start, let end, let flag):
            guard FlaggedSpan.flags.contains(flag) else {
                throw OperatorError("readings can be flagged pass, suspect or fail")
            }
            try check(device, quantity, from: start, to: end, at: now)
            let span = FlaggedSpan(
                number: try core.store.nextFlagNumber(), device: device, quantity: quantity, start: start, end: end,
                flag: flag, note: note)
            try await store(
                span, AuditNote("flagged", at: now, person: command.person, text: span.text(command.reason)))
            return "\(span.description): \(flag.name) by \(command.person); tocsin unflag \(span.number) withdraws it"
        case .withdraw(let number):
            guard var span = all.first(where: { $0.number == number }) else {
                throw OperatorError("there is no flag \(number); see tocsin flags")
            }
            if let withdrawn = span.withdrawn {
                throw OperatorError(
                    "flag \(number) was withdrawn at \(withdrawn.time) by \(withdrawn.person): \(withdrawn.reason)")
            }
            span.withdrawn = note
            try await store(
                span, AuditNote("unflagged", at: now, person: command.person, text: span.text(command.reason)))
            return "\(span.description): the flag \(span.flag.name) is withdrawn by \(command.person)"
        }
    }

    private func check(_ device: String, _ quantity: String?, from start: Instant, to end: Instant, at now: Instant)
        throws
    {
        guard start <= end else { throw OperatorError("the span ends before it begins: \(start) to \(end)") }
        guard end <= now else {
            throw OperatorError(
                "the span ends in the future, at \(end): only what was measured can be flagged. "
                    + "For a sensor that is wrong from now on, use tocsin out-of-service --device \(device)")
        }
        // Also a device that is not in the inventory any more has readings.
        let series = try core.store.seriesNames().filter { $0.device == device }
        if device == Device.gatewayID { throw OperatorError("the gateway's readings about itself are not flagged") }
        if series.isEmpty { throw OperatorError("there is no device '\(device)'; see tocsin sensors") }
        if let quantity, !series.contains(where: { $0.quantity == quantity }) {
            throw OperatorError("'\(device)' does not measure '\(quantity)'; see tocsin sensors")
        }
    }

    private func store(_ span: FlaggedSpan, _ note: AuditNote) async throws {
        // The pipeline restores its state with the flags before it answers.
        let isStored: Bool = try await core.mailbox.ask(within: .seconds(30)) {
            .sensors(.flaggedSpan(span), note, nil, answer: $0)
        }
        guard isStored else {
            throw OperatorError("it cannot be stored now, and nothing was changed: see the gateway's log")
        }
    }
}

extension FlaggedSpan {
    /// The text of an audit record: the span, its flag and the reason.
    fileprivate func text(_ reason: String) -> String { "\(number): \(description), \(flag.name): \(reason)" }
}
