package import Store

/// Measurements of the gateway's surroundings, without what the pipeline knows about itself.
package struct HealthReport: Sendable {
    /// The free share of the disk, from 0 to 1; `nil` if the system does not report it.
    package var diskFree: Double?
    package var isClockUnsynchronised: Bool?
    package var outbox: OutboxState?

    package init(diskFree: Double?, isClockUnsynchronised: Bool?, outbox: OutboxState?) {
        self.diskFree = diskFree
        self.isClockUnsynchronised = isClockUnsynchronised
        self.outbox = outbox
    }
}
