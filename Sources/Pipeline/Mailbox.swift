package import AlarmModel
package import Alarms
internal import Glibc
package import SiteConfiguration
package import Store
internal import Synchronization

/// Requests from other parts of the process to the pipeline, read once a turn.
package final class Mailbox: Sendable {
    package enum Letter: Sendable {
        case reload(SiteModel)
        /// The files had mistakes. The pipeline only counts this.
        case reloadFailed
        case stop
        case health(HealthReport)
        /// An operator's command. The answer comes when the command is committed or refused.
        case command(OperatorCommand, answer: @Sendable (Result<CommandOutcome, OperatorError>) -> Void)
        /// What an operator says of a sensor, with its record. The pipeline continues with the model, or with its own
        /// where there is none, from what is then stored.
        case sensors(SensorChange, AuditNote, SiteModel?, answer: @Sendable (Bool) -> Void)
        /// A question for the present status of the active alarms.
        case status(answer: @Sendable ([AlarmStatus]) -> Void)
    }

    /// The largest number of letters at once. More are refused, so that nobody can fill the gateway's memory.
    static let capacity = 64

    private struct Content {
        var letters: [Letter] = []
        var isToStop = false
    }

    private let content = Mutex(Content())
    /// Readable while there are letters, so that a sleeping pipeline wakes up.
    let wakeDescriptor: Int32
    private let ringDescriptor: Int32

    package init() throws(GatewayError) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw GatewayError("no pipe: \(String(cString: strerror(errno)))") }
        (wakeDescriptor, ringDescriptor) = (ends[0], ends[1])
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
    }

    deinit {
        close(wakeDescriptor)
        close(ringDescriptor)
    }

    /// Posts a letter. A stop is always accepted, and read before everything else. Of several waiting models only the
    /// newest is kept.
    /// - Returns: false if the mailbox is full and the letter was refused.
    @discardableResult
    package func post(_ letter: Letter) -> Bool {
        let isTaken = content.withLock { content in
            switch letter {
            case .stop:
                content.isToStop = true
                return true
            case .reload: content.letters.removeAll(where: \.isReload)
            case .reloadFailed, .health, .command, .status, .sensors: break
            }
            guard content.letters.count < Self.capacity else { return false }
            content.letters.append(letter)
            return true
        }
        var byte: UInt8 = 1
        _ = write(ringDescriptor, &byte, 1)
        return isTaken
    }

    /// Waits until there is a letter, or the time is over.
    func wait(milliseconds: Int32) {
        var descriptor = pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&descriptor, 1, max(0, milliseconds))
    }

    package func takeAll() -> [Letter] {
        var bytes: [UInt8] = Array(repeating: 0, count: Self.capacity)
        while read(wakeDescriptor, &bytes, bytes.count) > 0 {}
        return content.withLock { content in
            defer { content.letters.removeAll() }
            // A stopping pipeline does not need new rules; operators still get their answers.
            return content.isToStop ? [.stop] + content.letters.filter { !$0.isReload } : content.letters
        }
    }
}

extension Mailbox.Letter {
    fileprivate var isReload: Bool { if case .reload = self { true } else { false } }
}
