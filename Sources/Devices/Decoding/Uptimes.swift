internal import Telemetry

/// Turns the uptime of devices, which have no clock, into times: the moment of their start plus the uptime.
///
/// A message takes a while to arrive, and may wait through an outage. So of all messages since a start, the one with
/// the least delay tells the moment of the start best: the smallest difference of arrival and uptime. A device's clock
/// may also be slow, by ``driftMax``.
///
/// A smaller uptime than before is the counter's wrap, if that is known and near. It is a new start if the device may
/// have started since its last message, or if it counts on from there as fast as time passes. Otherwise it is an older
/// message that comes late.
struct Uptimes {
    private struct Known {
        /// The moment of the device's start; `nil` before its first message.
        var start: Instant?
        var newest: TimeSpan = .zero
        var arrival = Instant.distantPast
        var wraps: Int64 = 0
        /// The newest message whose uptime does not fit: with its arrival.
        var odd: (uptime: TimeSpan, arrival: Instant)?
    }

    /// By device.
    private var known: [Known]
    /// The largest drift of a clock that nobody sets, as a part of the time. A quartz drifts less than 100 ppm.
    private static let driftMax = 200e-6
    /// A device that says that it has started so shortly ago has.
    private static let freshMax = TimeSpan.minutes(10)
    /// The longest time that a message may have waited before the one with which a start was found.
    private static let waitMax = TimeSpan.days(7)

    init(count: Int) { known = Array(repeating: Known(), count: count) }

    /// Takes the largest uptime of a message. Then ``time(_:of:wrap:)`` gives the times of all of its uptimes.
    /// - Parameter wrap: the uptime at which the counter begins at 0 again; `nil` if it does not.
    /// - Returns: `false` if the uptime cannot be right: it is far ahead of the time that has passed.
    mutating func take(_ uptime: TimeSpan, of device: Int, wrap: TimeSpan?, arrival: Instant) -> Bool {
        var state = known[device]
        defer { known[device] = state }
        var total = uptime + (wrap ?? .zero) * state.wraps
        let passed = arrival - state.arrival
        if state.start != nil, total < state.newest {
            if let wrap, (state.newest - total) * 2 > wrap {
                state.wraps += 1
                total = total + wrap
            } else if uptime < Self.freshMax || arrival - uptime >= state.arrival
                || Self.countsOn(state.odd, uptime, arrival)
            {
                state = Known()
                total = uptime
            } else {
                state.odd = (uptime, arrival)
                return true
            }
        } else if state.start != nil, total - state.newest > passed + Self.waitMax {
            guard Self.countsOn(state.odd, uptime, arrival) else {
                state.odd = (uptime, arrival)
                return false
            }
            state = Known()
            total = uptime
        }
        let seen = arrival - total
        let slow = TimeSpan(seconds: max(0, passed.seconds) * Self.driftMax) ?? .zero
        state.start = state.start.map { min(seen, $0 + slow) } ?? seen
        state.newest = max(state.newest, total)
        state.arrival = max(state.arrival, arrival)
        state.odd = nil
        return true
    }

    /// Returns the time that an uptime of the current message stands for.
    func time(_ uptime: TimeSpan, of device: Int, wrap: TimeSpan?) -> Instant? {
        guard let start = known[device].start else { return nil }
        return start + uptime + (wrap ?? .zero) * known[device].wraps
    }

    /// Returns whether an uptime goes on from an odd one before as fast as time has passed: both are of one start.
    private static func countsOn(
        _ odd: (uptime: TimeSpan, arrival: Instant)?, _ uptime: TimeSpan, _ arrival: Instant
    ) -> Bool {
        guard let odd else { return false }
        let (counted, passed) = ((uptime - odd.uptime).seconds, (arrival - odd.arrival).seconds)
        return passed > 1 && counted > 0 && abs(counted - passed) < 0.2 * passed + 2
    }
}
