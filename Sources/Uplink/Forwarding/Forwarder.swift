internal import AlarmModel
package import Logging
package import MQTT
internal import ServiceLifecycle
package import Store
package import Telemetry

/// Sends stored readings upstream as SenML (RFC 8428), in the order of arrival: store and forward, at least once,
/// with the lowest priority. It waits while the outbox has an escalation that has not been tried yet.
package final class Forwarder: Service {
    private static let name = "forward"

    private let settings: ForwardSettings
    private let site: String
    private let publisher: Publisher
    private let store: Store
    private let clock: any GatewayClock
    private let logger: Logger

    package init(
        _ settings: ForwardSettings, site: String, publisher: Publisher, store: Store, clock: any GatewayClock,
        logger: Logger
    ) {
        self.settings = settings
        self.site = site
        self.publisher = publisher
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    /// Forwards until its task is cancelled.
    package func run() async throws {
        var isFailing = false
        while !Task.isCancelled {
            do {
                let count = try await forwardSome()
                if isFailing { logger.notice("readings are forwarded again") }
                isFailing = false
                // In proportion to the readings sent; a look every second if there were none.
                try await clock.sleep(
                    for: count == 0 ? .seconds(1) : .milliseconds(Int64(count * 1000 / settings.perSecond)))
            } catch is CancellationError {
                return
            } catch {
                if !isFailing { logger.info("readings wait to be forwarded: \(error)") }
                isFailing = true
                try await clock.sleep(for: .milliseconds(Int64.random(in: 5000...10_000)))
            }
        }
    }

    /// Forwards a second's worth of readings; returns their number.
    private func forwardSome() async throws -> Int {
        guard try await !store.hasUntriedEscalations() else { return 0 }
        let position = try await store.forwarded(to: Self.name)
        let now = clock.now()
        let minute = TimeSpan.minutes(1).nanoseconds
        // A minute is summed up when it is over; late readings make another summary of it, with its own count.
        let end =
            settings.form == .readings
            ? Instant.distantFuture : Instant(nanoseconds: now.nanoseconds - now.nanoseconds % minute)
        let limit = settings.form == .readings ? min(settings.perSecond, 1000) : 100_000
        let readings = try await store.readings(after: position, arrivedBefore: end, limit: limit)
        guard let last = readings.last else { return 0 }
        for (device, readings) in Dictionary(grouping: readings, by: \.device).sorted(by: { $0.key < $1.key }) {
            let records =
                settings.form == .readings ? readings.compactMap(SenMLRecord.init) : SenMLRecord.summaries(of: readings)
            try await forward(records[...], of: device)
        }
        try await store.markForwarded(to: Self.name, upTo: last.id)
        return settings.form == .readings ? readings.count : max(1, readings.count / 60)
    }

    /// Forwards the records of a device: together, or in halves if the broker refuses a message of that size. A
    /// record that it refuses even alone is left out, so that it does not delay the others.
    private func forward(_ records: ArraySlice<SenMLRecord>, of device: String) async throws {
        guard !records.isEmpty else { return }
        var pack = Array(records)
        pack[0].bn = "\(site)/\(device)/"
        let topic = settings.topic.replacing("{site}", with: site).replacing("{device}", with: device)
        do {
            try await publisher.publish(
                topic: topic, payload: Array(CanonicalJSON.text(pack).utf8), contentType: "application/senml+json")
        } catch let error as MQTTError where error.isPermanent && records.count > 1 {
            let middle = records.startIndex + records.count / 2
            try await forward(records[..<middle], of: device)
            try await forward(records[middle...], of: device)
        } catch let error as MQTTError where error.isPermanent {
            logger.error("a reading of \(device) is not forwarded: \(error)")
        }
    }
}
