internal import AlarmModel
internal import Alarms
internal import Foundation
internal import Logging
internal import Pipeline
internal import Synchronization
internal import Telemetry

/// Answers operators' commands on the control socket: each is handed to the pipeline, and answered when what it did
/// is committed.
final class ControlServer: Sendable {
    private let path: String
    private let mailbox: Mailbox
    private let logger: Logger
    private let isStopping = Atomic<Bool>(false)
    private let place = Mutex<ControlSocket.Place?>(nil)
    private let connections = Atomic<Int>(0)

    /// Tries deliveries again: a destination or `nil` for all, and who asks; how many wait, `nil` for no such
    /// destination.
    private let retry: @Sendable (String?, String) async throws -> Int?

    /// Puts a sensor into maintenance, or back; what was done, in words.
    private let maintain: @Sendable (ControlRequest, String) throws(OperatorError) -> String

    init(
        path: String, mailbox: Mailbox, logger: Logger,
        retry: @escaping @Sendable (String?, String) async throws -> Int?,
        maintain: @escaping @Sendable (ControlRequest, String) throws(OperatorError) -> String
    ) {
        self.retry = retry
        self.maintain = maintain
        self.path = path
        self.mailbox = mailbox
        self.logger = logger
    }

    /// So many are served at once; who comes then waits for one to end, which each does within seconds.
    private static let connectionsMax = 16

    /// Starts a thread that waits for connections; each has one of its own. Without a socket the gateway runs all the
    /// same.
    func start() {
        let thread = Thread { [self] in
            var trouble = ""
            while !isStopping.load(ordering: .relaxed) {
                do {
                    let socket = try ControlSocket.listen(at: path)
                    trouble = ""
                    place.withLock { $0 = socket.place }
                    listen(socket)
                } catch {
                    // Said once until it changes.
                    if "\(error)" != trouble {
                        logger.error("operators' commands do not work, which is tried again: \(error)")
                    }
                    trouble = "\(error)"
                    for _ in 0..<25 where !isStopping.load(ordering: .relaxed) { usleep(200_000) }
                }
            }
        }
        thread.name = "tocsin-control"
        thread.start()
    }

    /// Serves until the gateway ends, or the socket's file has been taken away: then it has to be made anew.
    private func listen(_ socket: borrowing ControlSocket) {
        while !isStopping.load(ordering: .relaxed) {
            guard connections.load(ordering: .relaxed) < Self.connectionsMax else {
                usleep(20_000)
                continue
            }
            if let connection = socket.accept(within: 200) { serve(Connection(connection)) }
            guard let place = socket.place, !place.isThere, !isStopping.load(ordering: .relaxed) else { continue }
            return logger.warning("the control socket \(path) was taken away, and is made anew")
        }
    }

    /// Takes no more connections; what is under way is answered if the process lives long enough.
    func stop() {
        isStopping.store(true, ordering: .relaxed)
        place.withLock { $0?.remove() }
    }

    private func serve(_ connection: Connection) {
        connections.add(1, ordering: .relaxed)
        let thread = Thread { [self] in
            answer(connection.socket)
            connections.subtract(1, ordering: .relaxed)
        }
        thread.name = "tocsin-operator"
        thread.stackSize = 1 << 20
        thread.start()
    }

    private func answer(_ connection: borrowing ControlSocket) {
        guard let line = connection.readLine(within: 2000, atMost: ControlAnswer.requestBytesMax) else { return }
        let answer: ControlAnswer
        do {
            let request = try JSONDecoder().decode(ControlRequest.self, from: line)
            answer = ControlAnswer(isDone: true, text: try execute(request, user: connection.person))
        } catch let error as OperatorError {
            answer = ControlAnswer(isDone: false, text: "\(error)")
        } catch {
            answer = ControlAnswer(isDone: false, text: "this is no request that this gateway knows: \(error)")
        }
        // Texts always encode.
        if let data = try? JSONEncoder().encode(answer) { connection.write(line: data) }
    }

    /// - Returns: what was done, in words; or what was asked for.
    private func execute(_ request: ControlRequest, user: String) throws(OperatorError) -> String {
        // Who they say they are stands beside who the kernel says they are.
        let person = request.person.isEmpty || request.person == user ? user : "\(request.person) (\(user))"
        if request.device != nil {
            let done = try maintain(request, person)
            logger.notice("\(done)")
            return done
        }
        switch request.verb {
        case .acknowledge: return try execute(.acknowledge, request, person)
        case .unshelve: return try execute(.unshelve, request, person)
        case .takeOutOfService: return try execute(.takeOutOfService, request, person)
        case .putBack: return try execute(.putBack, request, person)
        case .retry: return try retryDeliveries(request.alarm.isEmpty ? nil : request.alarm, person)
        case .status:
            let statuses: [AlarmStatus] = try answered { mailbox.post(.status(answer: $0)) }
            return CanonicalJSON.text(statuses)
        case .shelve:
            guard let span = request.seconds.flatMap({ TimeSpan(seconds: $0) }), span > .zero else {
                throw OperatorError("the request to shelve says no time: write one, as in 2h")
            }
            return try execute(.shelve(span), request, person)
        }
    }

    private func execute(_ action: OperatorCommand.Action, _ request: ControlRequest, _ person: String)
        throws(OperatorError) -> String
    {
        let command = OperatorCommand(action, alarm: request.alarm, person: person, note: request.note)
        let result: Result<CommandOutcome, OperatorError> = try answered { mailbox.post(.order(command, answer: $0)) }
        let outcome = try result.get()
        logger.notice("\(outcome.done.rawValue)", metadata: ["alarm": "\(outcome.name)", "by": "\(person)"])
        let end = outcome.end.map { " until \($0)" } ?? ""
        // Without the time that its identity ends with: the log has it.
        let name = AlarmKey.text(ofIdentity: outcome.name)
        return "\(name) \(outcome.done.rawValue) by \(person)\(end)"
    }

    private func retryDeliveries(_ destination: String?, _ person: String) throws(OperatorError) -> String {
        let result: Result<Int?, OperatorError> = try answered { answer in
            Task { [retry] in
                do {
                    answer(.success(try await retry(destination, person)))
                } catch {
                    answer(.failure(OperatorError("\(error)")))
                }
            }
            return true
        }
        let place = destination ?? "all destinations"
        guard let waiting = try result.get() else { throw OperatorError("there is no destination '\(place)'") }
        return "\(place): \(waiting == 1 ? "1 escalation" : "\(waiting) escalations") tried again now"
    }
}

/// A connection for the thread that serves it.
private final class Connection: Sendable {
    let socket: ControlSocket
    init(_ socket: consuming ControlSocket) { self.socket = socket }
}
