internal import Foundation
package import Logging
internal import Synchronization

/// Reads messages on a thread of its own and acknowledges them at once.
///
/// It is for programs that only watch, such as the upstream end of the demo: a message can be lost with the process.
package final class Subscriber: Sendable {
    private let stopFlag = StopFlag()
    private let ended: AsyncStream<Void>
    private let wakeDescriptors: (read: Int32, write: Int32)

    /// - Parameter handler: called on the subscriber's thread with topic and payload.
    package init(
        _ settings: ConnectionSettings, filters: [String], logger: Logger,
        handler: @escaping @Sendable (String, [UInt8]) -> Void
    ) throws(MQTTError) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw MQTTError("cannot create a pipe: \(String(cString: strerror(errno)))") }
        wakeDescriptors = (ends[0], ends[1])
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        ended = stream
        let wake = ends[0]
        let thread = Thread { [stopFlag] in
            let connection = BrokerConnection(settings, filters: filters, logger: logger)
            while !stopFlag.isSet {
                connection.keepUp()
                connection.wait(milliseconds: 100, wake: wake)
                _ = connection.read(atMost: 256, while: { true }) { message in
                    handler(String(decoding: message.topic, as: UTF8.self), Array(message.payload))
                }
                connection.releaseAcknowledgements()
            }
            connection.disconnect()
            continuation.finish()
        }
        thread.name = "tocsin-subscriber"
        thread.start()
    }

    /// Ends the thread, and returns when it has ended.
    package func stop() async {
        stopFlag.set()
        var byte: UInt8 = 1
        _ = write(wakeDescriptors.write, &byte, 1)
        for await _ in ended {}
    }

    deinit {
        close(wakeDescriptors.read)
        close(wakeDescriptors.write)
    }
}

/// A flag that one thread sets and another reads.
private final class StopFlag: Sendable {
    private let flag = Mutex(false)
    var isSet: Bool { flag.withLock { $0 } }
    func set() { flag.withLock { $0 = true } }
}
