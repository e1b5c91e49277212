internal import CClock
internal import Foundation
package import Store
internal import Telemetry

/// What is found of the gateway's surroundings, apart from what the pipeline knows of itself.
package struct HealthReport: Sendable {
    /// Where mosquitto says, as a number in text, how many messages it has thrown away since it started.
    package static let droppedTopic = "$SYS/broker/publish/messages/dropped"

    /// From 0 to 1; `nil` where the system does not say.
    package var diskFree: Double?
    package var isClockUnsynchronised: Bool?
    package var outbox: OutboxState?

    package init(diskFree: Double?, isClockUnsynchronised: Bool?, outbox: OutboxState?) {
        self.diskFree = diskFree
        self.isClockUnsynchronised = isClockUnsynchronised
        self.outbox = outbox
    }
}

/// Looks after disk, clock and outbox now and then, and gives what it finds to the pipeline.
struct HealthProbe: Sendable {
    let interval: TimeSpan
    let store: Store
    let clock: any GatewayClock
    let mailbox: Mailbox

    /// Reports until its task is cancelled.
    func run() async throws {
        while !Task.isCancelled {
            try await Task.sleep(for: .nanoseconds(interval.nanoseconds))
            mailbox.post(.health(await report()))
        }
    }

    private func report() async -> HealthReport {
        HealthReport(
            diskFree: DiskSpace(besides: store.path).map { Double($0.free) / Double($0.size) },
            isClockUnsynchronised: Self.isClockUnsynchronised(),
            outbox: try? await store.outboxState(at: clock.now()))
    }

    /// As the kernel knows it; where a service may not ask (`ProtectClock`), as systemd-timesyncd says.
    static func isClockUnsynchronised() -> Bool? {
        let answer = tocsin_clock_is_unsynchronised()
        if answer >= 0 { return answer == 1 }
        let folder = "/run/systemd/timesync"
        guard FileManager.default.fileExists(atPath: folder) else { return nil }
        return !FileManager.default.fileExists(atPath: folder + "/synchronized")
    }
}
