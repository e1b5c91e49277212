package import AlarmModel
internal import Alarms
internal import Synchronization

/// Counts since the gateway started, and its present state, for display.
package struct Statistics: Sendable {
    package var messages = 0
    package var readings = 0
    /// Messages that the broker sent again, and that were already stored.
    package var redelivered = 0
    /// Readings that a device sent again, and that its profile marks as repeats.
    package var repeated = 0
    package var late = 0
    package var implausible = 0
    package var clockReplaced = 0
    package var refused = 0
    /// Messages that held none of their device's readings, which is not a fault.
    package var withoutReadings = 0
    /// Payloads whose own time could not be read. Their readings were evaluated with the time of arrival.
    package var unreadableTimes = 0
    /// Messages of QoS 0 that were dropped because more arrived than could be evaluated.
    package var shed = 0
    package var unknownTopics = 0
    package var commits = 0
    package var transitions = 0
    package var reloads = 0
    package var failedReloads = 0
    package var isConnected = false
    /// The active alarms, only if the board shows them: sorting thousands of them every turn is expensive.
    package var active: [Alarm] = []
}

/// The newest statistics, written by the pipeline once a turn and read by anyone.
package final class StatisticsBoard: Sendable {
    private let value = Mutex(Statistics())
    /// Set if ``Statistics/active`` is filled.
    let showsAlarms: Bool

    package init(showsAlarms: Bool = false) { self.showsAlarms = showsAlarms }

    package var current: Statistics { value.withLock { $0 } }
    func update(_ body: (inout Statistics) -> Void) { value.withLock { body(&$0) } }
}
