/// A moment on the gateway's monotonic clock: the time that the process has run. Nobody can set it.
///
/// Deadlines and waits inside the process use it. As a type of its own, it cannot be compared with an ``Instant``,
/// which follows the wall clock and the devices' times.
package struct Uptime: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The time that the process had run at this moment.
    package let sinceStart: TimeSpan

    package init(sinceStart: TimeSpan) { self.sinceStart = sinceStart }

    /// The start of the process.
    package static let start = Uptime(sinceStart: .zero)

    package static func < (a: Uptime, b: Uptime) -> Bool { a.sinceStart < b.sinceStart }
    package static func + (a: Uptime, b: TimeSpan) -> Uptime { Uptime(sinceStart: a.sinceStart + b) }
    package static func - (a: Uptime, b: TimeSpan) -> Uptime { Uptime(sinceStart: a.sinceStart - b) }
    package static func - (a: Uptime, b: Uptime) -> TimeSpan { a.sinceStart - b.sinceStart }
}

/// The monotonic clock of this process. It does not count time during which the machine was suspended.
package enum ProcessUptime {
    private static let start = SuspendingClock.now

    package static func now() -> Uptime {
        let (seconds, attoseconds) = start.duration(to: .now).components
        return Uptime(sinceStart: TimeSpan(nanoseconds: seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
    }
}
