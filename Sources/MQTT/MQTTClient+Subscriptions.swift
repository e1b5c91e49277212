internal import CMosquitto
internal import Glibc
internal import Logging

/// Subscribes and unsubscribes, and logs the broker's answers.
extension MQTTClient {
    /// Repeats refused subscriptions and unsubscribes from old filters, when that is due.
    func keepSubscriptions(_ handle: OpaquePointer) {
        let due = subscriptions.due(at: MonotonicClock.seconds())
        for filter in due.unanswered { complain(filter, Subscriptions.noAnswer) }
        subscribe(handle, due.ask)
        for filter in due.leave {
            var id: Int32 = 0
            let code = mosquitto_unsubscribe(handle, &id, filter)
            if code == MOSQ_ERR_SUCCESS.code { subscriptions.note(leaving: filter, as: id) }
        }
    }

    /// Subscribes at QoS 1. The broker sends retained messages only if the subscription is new, and not at every
    /// reconnection.
    func subscribe(_ handle: OpaquePointer, _ filters: [String]) {
        let options = version == .v5 ? Int32(MQTT_SUB_OPT_SEND_RETAIN_NEW.rawValue) : 0
        for filter in filters {
            var id: Int32 = 0
            let code = mosquitto_subscribe_v5(handle, &id, filter, 1, options, nil)
            if code == MOSQ_ERR_SUCCESS.code {
                subscriptions.note(asking: filter, as: id, at: MonotonicClock.seconds())
            } else {
                let reason = Library.text(code, errno)
                if subscriptions.refuse(filter, reason: reason) { complain(filter, reason) }
            }
        }
    }

    func subscribed(_ id: Int32, _ code: Int32) {
        switch subscriptions.answered(id, code: code, reason: ReasonText.subscription(code, version)) {
        case .refused(let filter, let reason): complain(filter, reason)
        case .granted(let filter):
            logger.notice("the broker grants the subscription of \(filter) again", metadata: brokerMetadata)
        case .downgraded(let filter):
            logger.warning(
                "the broker grants the subscription of \(filter) with QoS 0 only: its messages may be lost in transit",
                metadata: brokerMetadata)
        case nil: break
        }
    }

    private func complain(_ filter: String, _ reason: String) {
        logger.error(
            "the broker refuses the subscription of \(filter), asking again now and then: \(reason)",
            metadata: brokerMetadata)
    }

    func unsubscribed(_ id: Int32) {
        if let filter = subscriptions.unsubscribed(id) {
            logger.info("no longer subscribed to \(filter)", metadata: brokerMetadata)
        }
    }
}
