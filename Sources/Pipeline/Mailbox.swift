package import AlarmModel
package import Alarms
internal import Glibc
package import SiteConfiguration
package import Store
internal import Synchronization

/// What other parts of the process want of the pipeline, read once a turn.
package final class Mailbox: Sendable {
    package enum Letter: Sendable {
        case reload(SiteModel)
        /// The files had mistakes: to be counted, nothing else.
        case reloadFailed
        case stop
        case health(HealthReport)
        /// What an operator asks for; the answer comes when it is committed, or refused.
        case order(OperatorCommand, answer: @Sendable (Result<CommandOutcome, OperatorError>) -> Void)
        /// Sensors are put into maintenance, or back: what the gateway goes on with, and what is to be kept of it.
        case maintenance(SiteModel, MaintenanceChange, AuditNote, answer: @Sendable (Bool) -> Void)
        /// Somebody wants to know where the active alarms stand.
        case status(answer: @Sendable ([AlarmStatus]) -> Void)
    }

    /// More letters than this at once are refused: nobody may fill the gateway's memory.
    static let capacity = 64

    private struct Content {
        var letters: [Letter] = []
        var isToStop = false
    }

    private let content = Mutex(Content())
    /// Readable while there are letters, so that a sleeping pipeline wakes.
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

    /// A stop is always taken, and read before all else. Of several models that wait only the newest is.
    /// - Returns: false if the box is full and the letter was not taken.
    @discardableResult
    package func post(_ letter: Letter) -> Bool {
        let isTaken = content.withLock { content in
            switch letter {
            case .stop:
                content.isToStop = true
                return true
            case .reload: content.letters.removeAll(where: \.isReload)
            case .reloadFailed, .health, .order, .status, .maintenance: break
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
            // Whoever is to stop has no use for other rules; operators still get their answers.
            return content.isToStop ? [.stop] + content.letters.filter { !$0.isReload } : content.letters
        }
    }
}

extension Mailbox.Letter {
    fileprivate var isReload: Bool { if case .reload = self { true } else { false } }
}
