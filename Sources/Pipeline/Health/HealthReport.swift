package import Store

/// What is found of the gateway's surroundings, apart from what the pipeline knows of itself.
package struct HealthReport: Sendable {
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
