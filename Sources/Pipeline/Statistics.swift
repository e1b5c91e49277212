package import AlarmModel
internal import Alarms
internal import Synchronization

/// What the gateway has done since it started, for whoever shows it.
package struct Statistics: Sendable {
    package var messages = 0
    package var readings = 0
    /// Messages that the broker sent again, and that were stored already.
    package var redelivered = 0
    /// Readings that a device sent again, and that its profile says are no news.
    package var repeated = 0
    package var late = 0
    package var implausible = 0
    package var clockReplaced = 0
    package var refused = 0
    /// Messages that held none of their device's readings, which is no fault.
    package var withoutReadings = 0
    /// Payloads whose own time could not be read; their readings were evaluated with the time of arrival.
    package var unreadableTimes = 0
    /// Messages of QoS 0 that were passed over, as more came in than could be evaluated.
    package var shed = 0
    package var unknownTopics = 0
    package var commits = 0
    package var transitions = 0
    package var reloads = 0
    package var failedReloads = 0
    package var isConnected = false
    /// Only where the board shows them: to sort them in every turn costs much where thousands stand.
    package var active: [Alarm] = []
}

/// The newest statistics, written by the pipeline once a turn and read by anyone.
package final class StatisticsBoard: Sendable {
    private let value = Mutex(Statistics())
    /// Whether ``Statistics/active`` is filled.
    let showsAlarms: Bool

    package init(showsAlarms: Bool = false) { self.showsAlarms = showsAlarms }

    package var current: Statistics { value.withLock { $0 } }
    func update(_ body: (inout Statistics) -> Void) { value.withLock { body(&$0) } }
}
