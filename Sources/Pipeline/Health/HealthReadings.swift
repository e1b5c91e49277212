internal import Devices
internal import MQTT
internal import Store
internal import Telemetry

/// Makes readings from what the gateway measures about itself. Each count covers the time since the last report.
struct HealthReadings {
    private let seriesIDs: [GatewayQuantity: SeriesID]
    private var reported = Statistics()
    /// The broker's total of dropped messages, and how many of them came since the last report.
    var droppedTotal: Double?
    private var dropped = 0.0
    /// The devices with calibrations: the series of the report, and the moment from which one is overdue.
    private let calibrations: [(series: SeriesID, overdueFrom: Instant)]
    /// The day, counted from 1970, of the newest report about calibrations.
    private var calibrationDay = Int64.min

    init(_ site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID) {
        seriesIDs = Dictionary(
            uniqueKeysWithValues: GatewayQuantity.allCases.map { ($0, series(Device.gatewayID, $0.quantity)) })
        calibrations = site.devices.compactMap { device in
            guard let field = device.field(Profile.calibrationOverdue.name), let from = device.calibrationOverdueFrom
            else { return nil }
            return (series(device.id, field.quantity), from)
        }
    }

    func series(of quantity: GatewayQuantity) -> SeriesID { seriesIDs[quantity] ?? SeriesID(index: -1) }

    mutating func carryOver(_ earlier: HealthReadings) {
        (reported, droppedTotal, dropped) = (earlier.reported, earlier.droppedTotal, earlier.dropped)
    }

    /// The kinds of message whose topic does not belong to a device.
    enum Taken {
        /// The broker's first count, which must be stored.
        case firstCount
        /// A later count of the broker, or a message that should be one. The next report includes it.
        case nothing
        case otherTopic
    }

    /// Takes the broker's own count of dropped messages.
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
        // A restarted broker counts from 0. Drops during our downtime count; drops before our first report do not.
        if let droppedTotal { dropped += total < droppedTotal ? total : total - droppedTotal }
        droppedTotal = total
        return isFirst ? .firstCount : .nothing
    }

    func appendDroppedTotal(at now: Instant, to readings: inout [Reading]) {
        if let droppedTotal {
            readings.append(Reading(series: series(of: .brokerDroppedTotal), time: now, value: droppedTotal))
        }
    }

    /// Adds the subscriptions that the broker refused.
    /// - Parameter sensorsUnheard: the number of sensors that this affects.
    func append(_ refused: [RefusedFilter], sensorsUnheard: Int, at now: Instant, to readings: inout [Reading]) {
        readings.append(Reading(series: series(of: .subscriptionsRefused), time: now, value: Double(refused.count)))
        readings.append(Reading(series: series(of: .sensorsUnheard), time: now, value: Double(sensorsUnheard)))
    }

    /// Adds for how long each device's calibration is overdue: once a day, and after a start.
    mutating func appendCalibrations(at now: Instant, to readings: inout [Reading]) {
        let day = now.nanoseconds / TimeSpan.days(1).nanoseconds
        guard day != calibrationDay else { return }
        calibrationDay = day
        for (series, from) in calibrations {
            readings.append(Reading(series: series, time: now, value: max(now - from, .zero).seconds / 86_400))
        }
    }

    /// Names the first few refused filters, with the broker's reasons, for the summary of their alarm.
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
        // An outbox that cannot be read gives no reading: a 0 would end the alarm about its age.
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
