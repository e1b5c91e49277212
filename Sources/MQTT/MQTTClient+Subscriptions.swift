internal import CMosquitto
internal import Foundation
internal import Logging

/// What an ``MQTTClient`` asks the broker for, and what it logs about the answers.
extension MQTTClient {
    /// Asks again for what was refused, and leaves what is no longer wanted, when that is due.
    func keepSubscriptions(_ handle: OpaquePointer) {
        let due = subscriptions.due(at: Self.monotonicSeconds())
        for filter in due.unanswered { complain(filter, Subscriptions.noAnswer) }
        subscribe(handle, due.ask)
        for filter in due.leave {
            var id: Int32 = 0
            let code = mosquitto_unsubscribe(handle, &id, filter)
            if code == MOSQ_ERR_SUCCESS.code { subscriptions.note(leaving: filter, as: id) }
        }
    }

    /// QoS 1; retained messages only for a subscription that is new, not at every reconnection.
    func subscribe(_ handle: OpaquePointer, _ filters: [String]) {
        let options = version == .v5 ? Int32(MQTT_SUB_OPT_SEND_RETAIN_NEW.rawValue) : 0
        for filter in filters {
            var id: Int32 = 0
            let code = mosquitto_subscribe_v5(handle, &id, filter, 1, options, nil)
            if code == MOSQ_ERR_SUCCESS.code {
                subscriptions.note(asking: filter, as: id, at: Self.monotonicSeconds())
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
            logger.notice("the broker grants the subscription of \(filter) again", metadata: place)
        case .downgraded(let filter):
            logger.warning(
                "the broker grants the subscription of \(filter) with QoS 0 only: its messages may be lost on their way",
                metadata: place)
        case nil: break
        }
    }

    private func complain(_ filter: String, _ reason: String) {
        logger.error(
            "the broker refuses the subscription of \(filter), asking again now and then: \(reason)", metadata: place)
    }

    func unsubscribed(_ id: Int32) {
        if let filter = subscriptions.unsubscribed(id) {
            logger.info("no longer subscribed to \(filter)", metadata: place)
        }
    }
}
