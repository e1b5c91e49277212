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

    /// What a message on no device's topic was.
    enum Taken {
        /// The broker's count, for the first time: it is to be stored.
        case firstCount
        /// The broker's count, or what should be; the next report has it.
        case nothing
        case otherTopic
    }

    /// Takes the broker's own count of what it has thrown away.
    mutating func take(_ message: IncomingMessage) -> Taken {
        guard message.topic.first == UInt8(ascii: "$"), message.topic.elementsEqual(GatewayQuantity.droppedTopic.utf8)
        else {
            return .otherTopic
        }
        guard let total = Double(String(decoding: message.payload.prefix(32), as: UTF8.self)), total >= 0,
            total.isFinite
        else {
            return .nothing
        }
        let isFirst = droppedTotal == nil
        // A broker that was started anew begins at 0. What it dropped while nobody listened counts; what it did before
        // it was ever asked does not.
        if let droppedTotal { dropped += total < droppedTotal ? total : total - droppedTotal }
        droppedTotal = total
        return isFirst ? .firstCount : .nothing
    }

    func appendDroppedTotal(at now: Instant, to readings: inout [Reading]) {
        if let droppedTotal {
            readings.append(Reading(series: series(of: .brokerDroppedTotal), time: now, value: droppedTotal))
        }
    }

    /// Adds what the broker has refused to subscribe to.
    /// - Parameter sensorsUnheard: how many sensors that concerns.
    func append(_ refused: [RefusedFilter], sensorsUnheard: Int, at now: Instant, to readings: inout [Reading]) {
        readings.append(Reading(series: series(of: .subscriptionsRefused), time: now, value: Double(refused.count)))
        readings.append(Reading(series: series(of: .sensorsUnheard), time: now, value: Double(sensorsUnheard)))
    }

    /// Names the refused filters in the summary of their alarm: the first few, with the broker's reasons.
    static func remark(_ refused: [RefusedFilter]) -> String? {
        if refused.isEmpty { return nil }
        let named = refused.prefix(5).map { "\($0.filter) (\($0.reason))" }.joined(separator: ", ")
        return refused.count > 5 ? "\(named) and \(refused.count - 5) more, which the log names" : named
    }

    mutating func append(
        _ report: HealthReport, _ statistics: Statistics, isConnected: Bool, delay: TimeSpan, at now: Instant,
        to readings: inout [Reading]
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
