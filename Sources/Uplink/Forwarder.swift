internal import Escalation
internal import Foundation
package import Logging
package import MQTT
internal import ServiceLifecycle
package import Store
package import Telemetry

/// What is forwarded of the readings, and where.
package struct ForwardSettings: Sendable {
    package enum Form: String, Sendable, CaseIterable {
        case readings
        /// For each series and minute: how many, mean, least and greatest.
        case summaries
    }

    package var broker: ConnectionSettings
    /// With `{site}` and `{device}`.
    package var topic: String
    package var form: Form
    /// How many readings, or readings' worth of summaries, a second at most.
    package var perSecond: Int

    package init(broker: ConnectionSettings, topic: String, form: Form, perSecond: Int) {
        self.broker = broker
        self.topic = topic
        self.form = form
        self.perSecond = perSecond
    }
}

/// Sends stored readings upstream as SenML (RFC 8428), in the order in which they came: store and forward, at least
/// once, with the lowest priority. While an escalation waits that has not been tried yet nothing is forwarded.
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
                // A share of a second for what was sent in it; a look every second where there was nothing.
                try await Task.sleep(
                    for: count == 0 ? .seconds(1) : .seconds(Double(count) / Double(settings.perSecond)))
            } catch is CancellationError {
                return
            } catch {
                if !isFailing { logger.info("readings wait to be forwarded: \(error)") }
                isFailing = true
                try await Task.sleep(for: .seconds(Double.random(in: 5...10)))
            }
        }
    }

    /// Forwards a second's worth; returns how many readings that was.
    private func forwardSome() async throws -> Int {
        guard try await !store.hasUntriedEscalations() else { return 0 }
        let position = try await store.forwarded(to: Self.name)
        let now = clock.now()
        let minute = TimeSpan.minutes(1).nanoseconds
        // A minute is summed up when it is over; what comes late makes another summary of it, with its own count.
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

    /// Forwards the records of a device: together, or in halves where the broker takes no message of that size. What it
    /// would not take even alone is left out, so that it holds up nothing.
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

/// One record of a SenML pack.
private struct SenMLRecord: Encodable {
    var bn: String?
    var n: String
    var u: String?
    var t: Double
    var v: Double
    /// What is known against the reading, beyond SenML: receivers that do not know it leave it.
    var quality: [String]?

    init(_ name: String, _ unit: String?, _ time: Instant, _ value: Double) {
        n = name
        // RFC 8428, 12.1: degrees Celsius are Cel.
        u = unit == "degC" ? "Cel" : unit
        t = Double(time.nanoseconds) / 1e9
        v = value
    }

    init?(_ reading: NamedReading) {
        guard reading.reading.value.isFinite else { return nil }
        self.init(reading.quantity, reading.unit, reading.reading.time, reading.reading.value)
        let flags = reading.reading.quality.names
        quality = flags.isEmpty ? nil : flags
    }

    /// For each quantity and minute four records; readings that are not usable are left out.
    static func summaries(of readings: [NamedReading]) -> [SenMLRecord] {
        let minute = TimeSpan.minutes(1).nanoseconds
        struct Key: Hashable {
            var quantity: String
            var minute: Int64
        }
        let usable = readings.filter { $0.reading.value.isFinite && $0.reading.quality.isUsable }
        let groups = Dictionary(grouping: usable) {
            Key(quantity: $0.quantity, minute: $0.reading.time.nanoseconds / minute)
        }
        return groups.sorted { ($0.key.minute, $0.key.quantity) < ($1.key.minute, $1.key.quantity) }.flatMap {
            key, group in
            let values = group.map(\.reading.value)
            let time = Instant(nanoseconds: key.minute * minute)
            let unit = group[0].unit
            return [
                SenMLRecord("\(key.quantity)/count", nil, time, Double(values.count)),
                SenMLRecord("\(key.quantity)/mean", unit, time, values.reduce(0, +) / Double(values.count)),
                SenMLRecord("\(key.quantity)/min", unit, time, values.min() ?? .nan),
                SenMLRecord("\(key.quantity)/max", unit, time, values.max() ?? .nan),
            ]
        }
    }
}
