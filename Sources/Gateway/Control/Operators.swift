package import AlarmModel
package import Alarms
internal import Logging
internal import Pipeline
internal import Uplink

/// Executes the commands of operators, and answers their questions.
///
/// The control socket is one client. Each function returns once its result is stored, and logs the result.
package struct Operators: Sendable {
    private let mailbox: Mailbox
    private let dispatcher: Dispatcher
    private let maintenance: SensorMaintenance
    private let flagging: SpanFlagging
    private let logger: Logger
    private let reloadFiles: @Sendable () -> Void

    init(
        mailbox: Mailbox, dispatcher: Dispatcher, maintenance: SensorMaintenance, flagging: SpanFlagging,
        logger: Logger, reloadFiles: @escaping @Sendable () -> Void
    ) {
        self.mailbox = mailbox
        self.dispatcher = dispatcher
        self.maintenance = maintenance
        self.flagging = flagging
        self.logger = logger
        self.reloadFiles = reloadFiles
    }

    /// Executes a command about an alarm.
    /// - Throws: ``OperatorError`` if no alarm, or more than one, is meant, or the command cannot be executed.
    package func execute(_ command: OperatorCommand) async throws(OperatorError) -> CommandOutcome {
        let result: Result<CommandOutcome, OperatorError> = try await mailbox.ask { .command(command, answer: $0) }
        let outcome = try result.get()
        logger.notice("\(outcome.done.rawValue)", metadata: ["alarm": "\(outcome.name)", "by": "\(command.person)"])
        return outcome
    }

    /// Returns the present status of the active alarms.
    /// - Throws: ``OperatorError`` if the gateway does not answer in time.
    package func status() async throws(OperatorError) -> [AlarmStatus] {
        try await mailbox.ask { .status(answer: $0) }
    }

    /// Takes a sensor out of service, or puts it back.
    /// - Returns: the result as a sentence.
    /// - Throws: ``OperatorError`` if there is no such sensor, it is in that state already, or it cannot be stored.
    package func execute(_ command: SensorCommand) async throws(OperatorError) -> String {
        let done = try await maintenance.execute(command)
        logger.notice("\(done)")
        return done
    }

    /// Flags the readings of a sensor in a span of time, or withdraws such a flag.
    /// - Returns: the result as a sentence.
    /// - Throws: ``OperatorError`` if there is no such sensor or span, or it cannot be stored.
    package func execute(_ command: FlagCommand) async throws(OperatorError) -> String {
        let done = try await flagging.execute(command)
        logger.notice("\(done)", metadata: ["reason": "\(command.reason)"])
        return done
    }

    /// Tries deliveries again now, also those that a destination has permanently refused.
    /// - Parameter destination: `nil` for all.
    /// - Returns: the number of waiting deliveries.
    /// - Throws: ``OperatorError`` if there is no such destination, or the store cannot be read.
    package func retryDeliveries(to destination: String?, person: String) async throws(OperatorError) -> Int {
        let waiting: Int?
        do {
            waiting = try await dispatcher.retry(destination, person: person)
        } catch {
            throw OperatorError("\(error)")
        }
        guard let waiting else {
            throw OperatorError("there is no destination '\(destination ?? "")': see the configuration")
        }
        return waiting
    }

    /// Reads the devices and the rules again. If they have mistakes, the running ones stay, and the log says why.
    package func reload() {
        logger.notice("asked to reload")
        reloadFiles()
    }
}
