internal import Telemetry

/// Turns the uptime of devices, which have no clock, into times: the moment of their start plus the uptime.
///
/// A message takes a while to arrive, and may wait through an outage. So of all messages since a start, the one with
/// the least delay tells the moment of the start best: the smallest difference of arrival and uptime. A device's clock
/// may also be slow, by ``driftMax``.
struct Uptimes {
    private struct Known {
        /// The moment of the device's start; `nil` before its first message.
        var start: Instant?
        var newest: TimeSpan = .zero
        var arrival = Instant.distantPast
        var wraps: Int64 = 0
    }

    /// By device.
    private var known: [Known]
    /// The largest drift of a clock that nobody sets, as a part of the time. A quartz drifts less than 100 ppm.
    private static let driftMax = 200e-6

    init(count: Int) { known = Array(repeating: Known(), count: count) }

    /// Returns the time that an uptime stands for.
    ///
    /// A smaller uptime than before is the counter's wrap, if that is known and near. It is a new start if the device
    /// may have started since its last message. Otherwise it is an older message that comes late.
    /// - Parameter wrap: the uptime at which the counter begins at 0 again; `nil` if it does not.
    mutating func time(_ uptime: TimeSpan, of device: Int, wrap: TimeSpan?, arrival: Instant) -> Instant {
        var state = known[device]
        var total = uptime + (wrap ?? .zero) * state.wraps
        if total < state.newest {
            if let wrap, state.newest - total > .zero, (state.newest - total) * 2 > wrap {
                state.wraps += 1
                total = total + wrap
            } else if arrival - uptime >= state.arrival {
                state = Known()
                total = uptime
            }
        }
        let seen = arrival - total
        let slow = TimeSpan(seconds: max(0, (arrival - state.arrival).seconds) * Self.driftMax) ?? .zero
        let start = state.start.map { min(seen, $0 + slow) } ?? seen
        state.start = start
        state.newest = max(state.newest, total)
        state.arrival = max(state.arrival, arrival)
        known[device] = state
        return start + total
    }
}
