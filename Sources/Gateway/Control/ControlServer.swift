internal import Alarms
internal import Foundation
internal import Logging
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

    /// Tries deliveries again: a destination or `nil` for all, and who asks; how many wait, `nil` for no such destination.
    private let retry: @Sendable (String?, String) async throws -> Int?

    /// Puts a sensor into maintenance, or back; what was done, in words.
    private let maintain: @Sendable (ControlRequest, String) throws(OperatorError) -> String

    init(
        path: String, mailbox: Mailbox, logger: Logger, retry: @escaping @Sendable (String?, String) async throws -> Int?,
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

    /// Starts a thread that waits for connections; each has one of its own. Without a socket the gateway runs all the same.
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
                    if "\(error)" != trouble { logger.error("operators' commands do not work, which is tried again: \(error)") }
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
            answer = carryOut(request, user: connection.person)
        } catch {
            answer = ControlAnswer(isDone: false, text: "this is no request that this gateway knows: \(error)")
        }
        // Texts always encode.
        if let data = try? JSONEncoder().encode(answer) { connection.write(line: data) }
    }

    private func carryOut(_ request: ControlRequest, user: String) -> ControlAnswer {
        // Who they say they are stands beside who the kernel says they are.
        let person = request.person.isEmpty || request.person == user ? user : "\(request.person) (\(user))"
        let action: OperatorOrder.Action
        if request.device != nil {
            do {
                let done = try maintain(request, person)
                logger.notice("\(done)")
                return ControlAnswer(isDone: true, text: done)
            } catch {
                return ControlAnswer(isDone: false, text: "\(error)")
            }
        }
        switch request.verb {
        case .acknowledge: action = .acknowledge
        case .unshelve: action = .unshelve
        case .takeOutOfService: action = .takeOutOfService
        case .putBack: action = .putBack
        case .retry: return retryDeliveries(request.alarm.isEmpty ? nil : request.alarm, person)
        case .status: return status()
        case .shelve:
            guard let span = request.seconds.flatMap({ TimeSpan(seconds: $0) }), span > .zero else {
                return ControlAnswer(isDone: false, text: "for how long it is put aside is not said")
            }
            action = .shelve(span)
        }
        let done = DispatchSemaphore(value: 0)
        let box = Box<Result<OrderOutcome, OperatorError>>()
        let isTaken = mailbox.post(
            .order(OperatorOrder(action, alarm: request.alarm, person: person, note: request.note)) { outcome in
                box.content.withLock { $0 = outcome }
                done.signal()
            })
        guard isTaken else { return ControlAnswer(isDone: false, text: "the gateway is asked too much at once; try again") }
        guard done.wait(timeout: .now() + 5) == .success else {
            return ControlAnswer(isDone: false, text: "the gateway has not answered within five seconds")
        }
        switch box.content.withLock({ $0 }) {
        case .success(let outcome):
            logger.notice("\(outcome.done)", metadata: ["alarm": "\(outcome.name)", "by": "\(person)"])
            let end = outcome.end.map { " until \($0)" } ?? ""
            // Without the time that its identity ends with: the log has it.
            let name = outcome.name.lastIndex(of: "@").map { outcome.name[..<$0] } ?? outcome.name[...]
            return ControlAnswer(isDone: true, text: "\(name) \(outcome.done) by \(person)\(end)")
        case .failure(let error): return ControlAnswer(isDone: false, text: "\(error)")
        case nil: return ControlAnswer(isDone: false, text: "the gateway gave no answer")
        }
    }

    private func status() -> ControlAnswer {
        let done = DispatchSemaphore(value: 0)
        let box = Box<[AlarmStatus]>()
        let isTaken = mailbox.post(
            .status { statuses in
                box.content.withLock { $0 = statuses }
                done.signal()
            })
        guard isTaken, done.wait(timeout: .now() + 5) == .success, let statuses = box.content.withLock({ $0 }) else {
            return ControlAnswer(isDone: false, text: "the gateway has not answered within five seconds")
        }
        return ControlAnswer(isDone: true, text: CanonicalJSON.text(statuses))
    }

    private func retryDeliveries(_ destination: String?, _ person: String) -> ControlAnswer {
        let done = DispatchSemaphore(value: 0)
        let box = Box<Result<Int?, any Error>>()
        Task { [retry] in
            do {
                let waiting = try await retry(destination, person)
                box.content.withLock { $0 = .success(waiting) }
            } catch {
                box.content.withLock { $0 = .failure(error) }
            }
            done.signal()
        }
        guard done.wait(timeout: .now() + 5) == .success else {
            return ControlAnswer(isDone: false, text: "the gateway has not answered within five seconds")
        }
        let place = destination ?? "all destinations"
        switch box.content.withLock({ $0 }) {
        case .success(let waiting?):
            let count = waiting == 1 ? "1 escalation" : "\(waiting) escalations"
            return ControlAnswer(isDone: true, text: "\(place): \(count) tried again now")
        case .success(nil): return ControlAnswer(isDone: false, text: "there is no destination '\(place)'")
        case .failure(let error): return ControlAnswer(isDone: false, text: "\(error)")
        case nil: return ControlAnswer(isDone: false, text: "the gateway gave no answer")
        }
    }
}

/// A connection for the thread that serves it.
private final class Connection: Sendable {
    let socket: ControlSocket
    init(_ socket: consuming ControlSocket) { self.socket = socket }
}

/// What another thread leaves for the one that waits.
private final class Box<Content: Sendable>: Sendable {
    let content = Mutex<Content?>(nil)
}
