internal import CLinux
internal import Foundation
internal import Logging
internal import Pipeline
internal import Store
internal import Telemetry

/// Samples disk, clock and outbox regularly, and sends the results to the pipeline.
struct HealthProbe: Sendable {
    let interval: TimeSpan
    let store: Store
    let clock: any GatewayClock
    let mailbox: Mailbox
    let logger: Logger

    /// Reports until its task is cancelled.
    func run() async throws {
        var isUnreadable = false
        while !Task.isCancelled {
            try await clock.sleep(for: interval)
            var outbox: OutboxState?
            do {
                outbox = try await store.outboxState(at: clock.now())
                if isUnreadable { logger.notice("the state of the outbox can be read again") }
                isUnreadable = false
            } catch is CancellationError {
                return
            } catch {
                if !isUnreadable {
                    logger.error("the state of the outbox cannot be read, and is not reported: \(error)")
                }
                isUnreadable = true
            }
            mailbox.post(.health(report(outbox)))
        }
    }

    private func report(_ outbox: OutboxState?) -> HealthReport {
        HealthReport(
            diskFree: DiskSpace(besides: store.path).map { Double($0.free) / Double($0.size) },
            isClockUnsynchronised: Self.isClockUnsynchronised(),
            outbox: outbox)
    }

    /// Returns the kernel's answer. If the service may not ask the kernel (`ProtectClock`), returns that of
    /// systemd-timesyncd.
    static func isClockUnsynchronised() -> Bool? {
        let answer = tocsin_clock_is_unsynchronised()
        if answer >= 0 { return answer == 1 }
        let folder = "/run/systemd/timesync"
        guard FileManager.default.fileExists(atPath: folder) else { return nil }
        return !FileManager.default.fileExists(atPath: folder + "/synchronized")
    }
}
