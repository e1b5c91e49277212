internal import Devices
internal import Telemetry

/// The time that the readings of a payload get: the device's own if it can be believed.
struct EventTime {
    var instant: Instant
    var quality: Quality = []

    /// Uses the device's own time, which is believed.
    init(believed own: Instant) { instant = own }

    /// Uses the device's time if it is within the tolerance of the arrival; otherwise the arrival time, flagged.
    init(_ own: Instant, arrival: Instant, tolerance: ClockTolerance) {
        let isAhead = own > arrival + tolerance.ahead
        let isBehind = tolerance.behind.map { own < arrival - $0 } ?? false
        self = isAhead || isBehind ? EventTime(replacedBy: arrival) : EventTime(believed: own)
    }

    /// Uses the arrival time, since the device's own time is not believed.
    init(replacedBy arrival: Instant) { (instant, quality) = (arrival, .clockReplaced) }
}
