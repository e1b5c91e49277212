import Foundation
import Logging
import MQTT
import Synchronization
import TestSupport
import Uplink

/// The far end of a destination: a real one, that does what a test wants.
protocol Receiver: Sendable {
    func become(_ mood: ReceiverMood) async throws
    /// What it has accepted, as it came, the oldest first.
    func accepted() async throws -> [String]
    func close() async
}

enum ReceiverMood: String, Sendable { case accepting, failing, hanging }

/// A mosquitto: it runs, is not there, or is stopped in the middle of everything.
final class BrokerReceiver: Receiver {
    static let topic = "alarms"
    private static let probe = "probe"

    let publisher: Publisher
    private let broker: RealBroker
    private let subscriber: Subscriber
    private let messages: Messages
    private let mood = Mutex(ReceiverMood.accepting)

    private final class Messages: Sendable {
        let all = Mutex<[(topic: String, payload: [UInt8])]>([])
    }

    init() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        broker = try RealBroker()
        messages = Messages()
        var settings = broker.settings("gateway")
        (settings.username, settings.password) = ("gateway", Secret(DestinationFixture.secret))
        settings.reconnectSecondsMax = 1
        publisher = try Publisher(settings, logger: logger)
        publisher.start()
        var reading = broker.settings("upstream")
        reading.reconnectSecondsMax = 1
        subscriber = try Subscriber(reading, filters: ["#"], logger: logger) { [messages] topic, payload in
            messages.all.withLock { $0.append((topic, payload)) }
        }
        try await arrive()
    }

    /// Waits until what is published arrives.
    private func arrive() async throws {
        messages.all.withLock { $0.removeAll { $0.topic == Self.probe } }
        try await eventually("what is published arrives") {
            if publisher.isConnected { try publisher.post(topic: Self.probe, payload: [], qos: 0) }
            return messages.all.withLock { $0.contains { $0.topic == Self.probe } }
        }
    }

    func become(_ mood: ReceiverMood) async throws {
        let before = self.mood.withLock { current in
            defer { current = mood }
            return current
        }
        switch (before, mood) {
        case (.failing, .accepting): try broker.start()
        case (.hanging, .accepting): broker.resume()
        case (_, .failing):
            broker.stop()
            try await eventually("the publisher knows") { !publisher.isConnected }
        case (_, .hanging): broker.pause()
        default: break
        }
        if mood == .accepting { try await arrive() }
    }

    func accepted() async throws -> [String] {
        // A broker acknowledges before its subscribers have a message, and hands on in its order.
        if mood.withLock({ $0 == .accepting }) { try await arrive() }
        return messages.all.withLock {
            $0.filter { $0.topic == Self.topic }.map { String(decoding: $0.payload, as: UTF8.self) }
        }
    }

    func close() async {
        if mood.withLock({ $0 == .hanging }) { broker.resume() }
        await subscriber.stop()
        broker.stop()
    }
}

/// An HTTP server: it answers 204 or 503, or not yet.
final class WebhookReceiver: Receiver {
    let settings: WebhookSettings
    private let server: HTTPReceiver
    private let state: State

    private final class State: Sendable {
        let mood = Mutex(ReceiverMood.accepting)
        let bodies = Mutex<[String]>([])

        func answer(_ request: HTTPReceiver.Request) -> (status: Int, headers: [String: String], body: String) {
            // The server has a thread of its own, which serves nobody else.
            while mood.withLock({ $0 == .hanging }) { usleep(10_000) }
            if mood.withLock({ $0 == .failing }) { return (503, [:], "not now") }
            bodies.withLock { $0.append(request.body) }
            return (204, [:], "")
        }
    }

    init() async throws {
        let state = State()
        self.state = state
        server = try await HTTPReceiver { _, request in state.answer(request) }
        let secret = DestinationFixture.secret
        var settings = WebhookSettings(
            url: "http://127.0.0.1:\(server.port)/\(secret)?key=\(secret)", secret: Secret("\(secret) of a signature"),
            timeout: .seconds(120))
        settings.authorization = Secret("Bearer \(secret)")
        self.settings = settings
    }

    func become(_ mood: ReceiverMood) { state.mood.withLock { $0 = mood } }
    func accepted() -> [String] { state.bodies.withLock { $0 } }

    func close() async {
        become(.accepting)
        await server.stop()
    }
}

/// A folder for a file each message: it is there, or it is not.
final class FolderReceiver: Receiver {
    private let folder: TemporaryFolder
    var path: String { folder.file("cap") }

    init() throws { folder = try TemporaryFolder() }

    func become(_ mood: ReceiverMood) throws {
        switch mood {
        case .accepting: try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        case .failing: try FileManager.default.removeItem(atPath: path)
        case .hanging: throw TestFailure("a folder cannot hang")
        }
    }

    func accepted() throws -> [String] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map {
            try String(contentsOfFile: path + "/" + $0, encoding: .utf8)
        }
    }

    func close() {}
}

/// A file of lines: its folder is there, or it is not.
final class FileReceiver: Receiver {
    private let folder: TemporaryFolder
    private var logs: String { folder.file("logs") }
    var path: String { logs + "/log" }

    init() throws {
        folder = try TemporaryFolder()
        try become(.accepting)
    }

    func become(_ mood: ReceiverMood) throws {
        switch mood {
        case .accepting: try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
        case .failing: try FileManager.default.removeItem(atPath: logs)
        case .hanging: throw TestFailure("a file cannot hang")
        }
    }

    func accepted() throws -> [String] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    func close() {}
}

/// A program: it ends with 0 or 1, or not yet.
final class ProgramReceiver: Receiver {
    private let folder: TemporaryFolder
    /// Its argument is secret, as a token might be.
    var command: [String] { [folder.file("program"), "--token=\(DestinationFixture.secret)"] }

    init() throws {
        folder = try TemporaryFolder()
        try become(.accepting)
        try folder.write(
            "program",
            """
            #!/bin/sh
            cd "\(folder.path)"
            while [ "$(cat mood)" = hanging ]; do sleep 0.02; done
            [ "$(cat mood)" = accepting ] || { echo "not now" >&2; exit 1; }
            cat >> accepted

            """)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.file("program"))
    }

    func become(_ mood: ReceiverMood) throws {
        // Whole at once, as the program reads it at any moment.
        try Data(mood.rawValue.utf8).write(to: URL(fileURLWithPath: folder.file("mood")), options: .atomic)
    }

    func accepted() throws -> [String] {
        guard FileManager.default.fileExists(atPath: folder.file("accepted")) else { return [] }
        return try String(contentsOfFile: folder.file("accepted"), encoding: .utf8).split(separator: "\n").map(
            String.init)
    }

    func close() {}
}

/// A socket such as the journal's: it is read, is not there, or is full.
final class JournalReceiver: Receiver {
    private struct State {
        var descriptor: Int32 = -1
        var events: [String] = []
    }

    private let folder: TemporaryFolder
    private let state = Mutex(State())
    var path: String { folder.file("journal") }

    init() throws {
        folder = try TemporaryFolder()
        try become(.accepting)
    }

    func become(_ mood: ReceiverMood) throws {
        try state.withLock { state in
            switch mood {
            case .accepting:
                if state.descriptor < 0 { state.descriptor = try listen() }
                read(&state)
            case .failing:
                Glibc.close(state.descriptor)
                state.descriptor = -1
                try FileManager.default.removeItem(atPath: path)
            case .hanging: try fill()
            }
        }
    }

    func accepted() -> [String] {
        state.withLock { state in
            read(&state)
            return state.events
        }
    }

    func close() {
        state.withLock { state in
            if state.descriptor >= 0 { Glibc.close(state.descriptor) }
            state.descriptor = -1
        }
    }

    private func listen() throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        guard withAddress({ bind(descriptor, $0, $1) }) == 0 else { throw TestFailure("no socket at \(path)") }
        return descriptor
    }

    /// Sends until the socket takes no more.
    private func fill() throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        defer { Glibc.close(descriptor) }
        guard withAddress({ connect(descriptor, $0, $1) }) == 0 else { throw TestFailure("nobody is at \(path)") }
        while send(descriptor, "full", 4, Int32(MSG_NOSIGNAL)) == 4 {}
        guard errno == EAGAIN else { throw TestFailure("the socket is not full: \(errno)") }
    }

    /// Takes what lies in the socket.
    private func read(_ state: inout State) {
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        while case let count = recv(state.descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT)), count > 0 {
            let fields = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
            let name = "TOCSIN_EVENT="
            state.events += fields.filter { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
        }
    }

    private func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
