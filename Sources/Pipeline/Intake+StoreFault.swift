internal import AlarmModel
internal import Alarms
internal import Devices
internal import SiteConfiguration
internal import Telemetry

// The alarm that nothing can be stored.
extension Intake {
    private static var storeFaultRule: String { "store-failing" }

    /// Raises the alarm that nothing can be stored, unless it is already raised.
    mutating func raiseStoreFault(_ reason: String, at now: Instant) {
        guard storeFault == nil else { return }
        let summary =
            """
            the store at \(configuration.store.path) takes nothing; readings are evaluated, and not acknowledged: \
            \(reason)
            """
        let transitions = Transition.latched(
            Self.storeFaultRule, summary: summary, site: model.site.name, ladder: configuration.ladder, at: now)
        record(transitions[0])
        storeFault = transitions[0].alarm
    }

    static func isStoreFault(_ alarm: Alarm) -> Bool { alarm.rule == storeFaultRule }

    /// Restores the alarm that nothing can be stored. It ends when there is room.
    mutating func takeUpStoreFaults(_ faults: [Alarm], at now: Instant) {
        storeFault = faults.last
        // Earlier versions could raise a second one.
        for fault in faults.dropLast() { end(fault, at: now) }
    }

    var hasStoreFault: Bool { storeFault != nil }

    /// Ends the alarm that nothing can be stored. It still has to be acknowledged.
    mutating func endStoreFault(at now: Instant) {
        guard let fault = storeFault else { return }
        storeFault = nil
        end(fault, at: now)
    }

    private mutating func end(_ fault: Alarm, at now: Instant) {
        var end = Transition.end(of: fault, at: now)
        end.alarm.summary = "the store takes readings again"
        record(end)
        if end.alarm.state.kind == .returnedUnacknowledged { book.keepReturned(end.alarm) }
    }
}
