internal import Devices
internal import MQTT
internal import Store
internal import Telemetry

/// Makes readings of what the gateway finds of itself: counts are of the time since the last report.
struct HealthReadings {
    private let seriesIDs: [GatewayQuantity: SeriesID]
    private var reported = Statistics()
    /// What the broker has counted, and how many of that came since the last report.
    var droppedTotal: Double?
    private var dropped = 0.0

    init(series: (GatewayQuantity) -> SeriesID) {
        seriesIDs = Dictionary(uniqueKeysWithValues: GatewayQuantity.allCases.map { ($0, series($0)) })
    }

    func series(of quantity: GatewayQuantity) -> SeriesID { seriesIDs[quantity] ?? SeriesID(index: -1) }

    mutating func carryOver(_ earlier: HealthReadings) {
        (reported, droppedTotal, dropped) = (earlier.reported, earlier.droppedTotal, earlier.dropped)
    }

    /// Takes the broker's own count of what it has thrown away.
    /// - Returns: false if the message is something else.
    mutating func take(_ message: IncomingMessage) -> Bool {
        guard message.topic.first == UInt8(ascii: "$"), message.topic.elementsEqual(HealthReport.droppedTopic.utf8) else { return false }
        guard let total = Double(String(decoding: message.payload.prefix(32), as: UTF8.self)), total >= 0, total.isFinite else {
            return true
        }
        // A broker that was started anew begins at 0. What it dropped while nobody listened counts; what it did before it
        // was ever asked does not.
        if let droppedTotal { dropped += total < droppedTotal ? total : total - droppedTotal }
        droppedTotal = total
        return true
    }

    mutating func append(
        _ report: HealthReport, _ statistics: Statistics, isConnected: Bool, delay: TimeSpan, at now: Instant, to readings: inout [Reading]
    ) {
        func add(_ quantity: GatewayQuantity, _ value: Double?) {
            if let value { readings.append(Reading(series: series(of: quantity), time: now, value: value)) }
        }
        add(.brokerConnected, isConnected ? 1 : 0)
        add(.brokerDropped, droppedTotal == nil ? nil : dropped)
        add(.brokerDroppedTotal, droppedTotal)
        add(.clockUnsynchronised, report.isClockUnsynchronised.map { $0 ? 1 : 0 })
        add(.diskFree, report.diskFree.map { $0 * 100 })
        add(.evaluationDelay, delay.seconds)
        add(.messagesWithoutReadings, Double(statistics.withoutReadings - reported.withoutReadings))
        // Nothing is said of an outbox that cannot be read: 0 would end the alarm that it is old.
        add(.outboxAge, report.outbox.map { $0.oldest?.seconds ?? 0 })
        add(.outboxParked, report.outbox.map { Double($0.parked) })
        add(.outboxWaiting, report.outbox.map { Double($0.waiting) })
        add(.refusedPayloads, Double(statistics.refused - reported.refused))
        add(.shedMessages, Double(statistics.shed - reported.shed))
        add(.unreadableTimes, Double(statistics.unreadableTimes - reported.unreadableTimes))
        reported = statistics
        dropped = 0
    }
}
