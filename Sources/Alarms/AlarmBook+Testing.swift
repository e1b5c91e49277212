package import AlarmModel
internal import Telemetry

extension AlarmBook {
    /// The alarms that ended before anybody acknowledged them, newest first.
    package var unacknowledgedReturns: [Alarm] { returned.values.sorted { ($1.raised, $0.id) < ($0.raised, $1.id) } }
}
