import Foundation
import MQTT

/// Makes a link's turns, as a pipeline does, and keeps what it reads.
final class LinkDriver<Link: BrokerLink> {
    struct Received {
        var topic: String
        var text: String
        var qos: Int32
        var isRetained: Bool
        var identifier: UInt16
        var isDuplicate: Bool
        var resumption: Int
    }

    let link: Link
    var received: [Received] = []
    /// The number of messages read before the link reported each new session.
    private(set) var newSessions: [Int] = []
    private(set) var mayHaveMore = false
    var mostPerRead = 0
    var takesMore = true
    var acknowledges = true

    init(_ link: Link) { self.link = link }

    var texts: [String] { received.map(\.text) }

    private func turn(limit: Int = 256) {
        link.keepUp()
        link.wait(milliseconds: 20, wake: -1)
        let before = received.count
        mayHaveMore = link.read(atMost: limit, while: { takesMore }) { message in
            received.append(
                Received(
                    topic: String(decoding: message.topic, as: UTF8.self),
                    text: String(decoding: message.payload, as: UTF8.self), qos: message.qos,
                    isRetained: message.isRetained, identifier: message.identifier, isDuplicate: message.isDuplicate,
                    resumption: message.resumption))
        }
        mostPerRead = max(mostPerRead, received.count - before)
        if link.takeNewSession() { newSessions.append(received.count) }
        if acknowledges { link.releaseAcknowledgements() }
    }

    /// Makes turns until a condition holds.
    func turn(limit: Int = 256, until what: String, _ condition: () throws -> Bool) throws {
        let end = Date().addingTimeInterval(30)
        while Date() < end {
            if try condition() { return }
            turn(limit: limit)
        }
        throw TestFailure("a link does not keep its promise: \(what); it has read \(texts)")
    }

    /// Makes enough turns for packets to arrive.
    func rest() throws {
        for _ in 0..<15 { turn() }
    }
}

/// A pipe that is readable.
final class WakePipe {
    private let pipe = Pipe()

    init() throws { try pipe.fileHandleForWriting.write(contentsOf: [1]) }

    var readEnd: Int32 { pipe.fileHandleForReading.fileDescriptor }
}
