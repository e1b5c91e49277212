package import Telemetry

/// The quantities that the gateway reports about itself. It reports them as any device does, so rules watch it in the
/// same language.
package enum GatewayQuantity: String, Sendable, CaseIterable {
    case brokerConnected = "broker_connected"
    case brokerDropped = "broker_dropped"
    case brokerDroppedTotal = "broker_dropped_total"
    case clockUnsynchronised = "clock_unsynchronised"
    case diskFree = "disk_free"
    case evaluationDelay = "evaluation_delay"
    case messagesWithoutReadings = "messages_without_readings"
    case outboxAge = "outbox_age"
    case outboxParked = "outbox_parked"
    case outboxWaiting = "outbox_waiting"
    case refusedPayloads = "refused_payloads"
    case shedMessages = "shed_messages"
    case subscriptionsRefused = "subscriptions_refused"
    case sensorsUnheard = "sensors_unheard"
    case unreadableTimes = "unreadable_times"

    /// The description in the reference.
    package var meaning: String {
        switch self {
        case .brokerConnected: "1 while the gateway is connected to the sensors' broker, otherwise 0"
        case .brokerDropped: "messages that the broker has thrown away since the last report, by its own count (`$SYS`)"
        case .brokerDroppedTotal: "the same since the broker started"
        case .clockUnsynchronised: "1 while the system's clock is not kept right by anything, otherwise 0"
        case .diskFree: "the share of the store's disk that is free"
        case .evaluationDelay: "for how long, at worst since the last report, more has come in than could be evaluated"
        case .messagesWithoutReadings:
            "messages since the last report that held none of their devices' readings, which is no fault"
        case .outboxAge: "how long the oldest escalation has waited that is not parked"
        case .outboxParked: "escalations that a destination has refused for good"
        case .outboxWaiting: "escalations that wait to be delivered"
        case .refusedPayloads:
            "payloads since the last report of which a part, or all, could not be read by their devices' profiles"
        case .shedMessages:
            "messages of QoS 0 since the last report that were passed over, as more came in than could be evaluated"
        case .subscriptionsRefused: "filters that the broker refuses to subscribe the gateway to"
        case .sensorsUnheard: "sensors that publish where only a refused subscription would bring their messages"
        case .unreadableTimes:
            "payloads since the last report whose time could not be read: their readings have the time of arrival"
        }
    }

    /// The topic on which mosquitto reports the number of messages that it has dropped since it started, as text.
    package static let droppedTopic = "$SYS/broker/publish/messages/dropped"

    package var quantity: Quantity { Quantity(name: rawValue, unit: Unit(symbol: symbol) ?? .one) }

    private var symbol: String {
        switch self {
        case .diskFree: "%"
        case .evaluationDelay, .outboxAge: "s"
        default: "1"
        }
    }
}

extension Device {
    /// The gateway's identity among the devices of its site, and its `kind`.
    package static let gatewayID = "gateway"

    /// Returns the gateway itself, as a device of its site that publishes nothing.
    /// - Parameter interval: the time between its reports.
    package static func gateway(of site: String, interval: TimeSpan) -> Device {
        // Topics that begin with a dollar belong to the broker: nobody else can publish there.
        let pattern = TopicPattern("$tocsin/gateway")!  // a pattern without braces
        let fields = GatewayQuantity.allCases.map {
            Profile.Field(quantity: $0.quantity, source: .record($0.rawValue), unit: $0.quantity.unit)
        }
        let silence = max(interval * 3, .minutes(3))
        let profile = Profile(
            name: gatewayID, summary: "The gateway itself", baseTopic: pattern.text,
            messages: [MessageLayout(topic: pattern, format: .json)],
            interval: interval, silence: silence, clock: ClockTolerance(), fields: fields)
        return Device(
            id: gatewayID, profile: profile, topics: [pattern.text], key: gatewayID,
            labels: ["device": gatewayID, "kind": gatewayID, "site": site],
            position: nil,
            interval: interval, silence: silence, clock: ClockTolerance(), fields: fields)
    }

    package var isGateway: Bool { id == Self.gatewayID }
}

extension Site {
    /// The devices that are sensors.
    package var sensors: [Device] { devices.filter { !$0.isGateway } }
}
