internal import AlarmModel
internal import Alarms
internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import SiteConfiguration
internal import Telemetry

/// Answers the commands of operators on the control socket.
struct ControlServer: Service {
    let path: String
    let operators: Operators
    let logger: Logger

    /// The largest number of connections served at once. Others wait until one ends, which each does within seconds.
    private static let connectionsMax = 16

    /// Serves until the task is cancelled. A gateway also runs without the socket, so no error ends it.
    func run() async {
        var trouble = ""
        while !Task.isCancelled {
            do throws(GatewayError) {
                let listener = try ControlListener(at: path)
                trouble = ""
                await serve(listener)
                listener.removeFile()
                if !Task.isCancelled { logger.warning("the control socket \(path) was removed, and is made again") }
            } catch {
                // Each problem is logged once.
                if "\(error)" != trouble {
                    logger.error("operators' commands do not work; the gateway tries again every 5 s: \(error)")
                }
                trouble = "\(error)"
                // A cancelled sleep ends the loop.
                try? await Task.sleep(for: .seconds(5))
            }
        }
    }

    /// Serves until the task is cancelled, or the socket's file is removed.
    private func serve(_ listener: ControlListener) async {
        await withTaskGroup(of: Void.self) { group in
            var connections = 0
            while !Task.isCancelled, listener.isReachable {
                guard let connection = await listener.next(within: .milliseconds(500)) else { continue }
                if connections == Self.connectionsMax {
                    await group.next()
                    connections -= 1
                }
                group.addTask { await answer(connection) }
                connections += 1
            }
        }
    }

    private func answer(_ connection: ControlSocket) async {
        guard
            let line = await connection.receiveLine(within: .seconds(2), atMost: ControlAnswer.requestBytesMax)
        else { return }
        let answer: ControlAnswer
        do {
            let request = try JSONDecoder().decode(ControlRequest.self, from: line)
            answer = ControlAnswer(isDone: true, text: try await execute(request, user: await connection.user))
        } catch let error as OperatorError {
            answer = ControlAnswer(isDone: false, text: "\(error)")
        } catch {
            answer = ControlAnswer(isDone: false, text: "the gateway does not know this request: \(error)")
        }
        // Texts always encode.
        if let data = try? JSONEncoder().encode(answer) { await connection.send(line: data) }
    }

    /// - Returns: the result as a sentence; or the answer to a question.
    private func execute(_ request: ControlRequest, user: String) async throws(OperatorError) -> String {
        // Anyone can give any name, so the name that the kernel knows is recorded too.
        let person = request.person.isEmpty || request.person == user ? user : "\(request.person) (\(user))"
        if request.verb == .flag || request.verb == .unflag {
            return try await operators.execute(try request.flagCommand(by: person))
        }
        if let device = request.device { return try await execute(request, on: device, person) }
        switch request.verb {
        case .acknowledge: return try await execute(.acknowledge, request, person)
        case .unshelve: return try await execute(.unshelve, request, person)
        case .takeOutOfService: return try await execute(.takeOutOfService, request, person)
        case .putBack: return try await execute(.putBack, request, person)
        case .shelve:
            guard let span = request.seconds.flatMap({ TimeSpan(seconds: $0) }), span > .zero else {
                throw OperatorError("the time to shelve the alarm for is missing: give one, such as 2h")
            }
            return try await execute(.shelve(span), request, person)
        case .flag, .unflag: throw OperatorError("an alarm cannot be flagged")
        case .status: return CanonicalJSON.text(try await operators.status())
        case .retry:
            let destination = request.alarm.isEmpty ? nil : request.alarm
            let waiting = try await operators.retryDeliveries(to: destination, person: person)
            let count = waiting == 1 ? "1 escalation" : "\(waiting) escalations"
            return "\(destination ?? "all destinations"): \(count) tried again now"
        }
    }

    private func execute(
        _ action: OperatorCommand.Action, _ request: ControlRequest, _ person: String
    ) async throws(OperatorError) -> String {
        let command = OperatorCommand(action, alarm: request.alarm, person: person, note: request.note)
        let outcome = try await operators.execute(command)
        let end = outcome.end.map { " until \($0)" } ?? ""
        return "\(AlarmKey.text(ofIdentity: outcome.name)) \(outcome.done.rawValue) by \(person)\(end)"
    }

    private func execute(
        _ request: ControlRequest, on device: String, _ person: String
    ) async throws(OperatorError) -> String {
        let action: SensorCommand.Action
        switch request.verb {
        case .takeOutOfService: action = .takeOutOfService
        case .putBack: action = .putBack
        case .acknowledge, .shelve, .unshelve, .retry, .status, .flag, .unflag:
            throw OperatorError("a sensor can only be taken out of service and put back")
        }
        return try await operators.execute(
            SensorCommand(
                action, device: device, quantity: request.quantity, person: person, reason: request.note))
    }
}

extension ControlRequest {
    /// - Throws: ``OperatorError`` if a part of the request is missing.
    fileprivate func flagCommand(by person: String) throws(OperatorError) -> FlagCommand {
        if verb == .unflag {
            guard let number else { throw OperatorError("the number of the flag is missing; see tocsin flags") }
            return FlagCommand(.withdraw(number), person: person, reason: note)
        }
        guard let device, let start, let end, let flag = QualityFlag.allCases.first(where: { $0.name == flag }) else {
            throw OperatorError("a flag needs a device, the span's start and end, and one of pass, suspect and fail")
        }
        return FlagCommand(
            .flag(
                device: device, quantity: quantity, from: Instant(nanoseconds: start).clamped,
                to: Instant(nanoseconds: end).clamped, flag), person: person, reason: note)
    }
}
