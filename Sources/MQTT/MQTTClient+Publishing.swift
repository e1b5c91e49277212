internal import CMosquitto
internal import Glibc
internal import Logging

extension MQTTClient {
    enum PublishOutcome {
        /// The library has taken the message under this packet identifier.
        case sent(Int32)
        /// The message would be refused on any link.
        case refused(MQTTError)
        /// The link does not work. After ``fail(_:isAnswer:isUnreadable:)`` the next link may take the message.
        case linkFailed(String)
    }

    /// Gives a message to the library.
    func publish(_ message: OutgoingMessage) -> PublishOutcome {
        guard isConnected, let handle else { return .linkFailed("no connection") }
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        if let contentType = message.contentType, version == .v5 {
            mosquitto_property_add_string(&properties, Int32(MQTT_PROP_CONTENT_TYPE.rawValue), contentType)
        }
        var id: Int32 = 0
        let code = message.payload.withUnsafeBytes {
            mosquitto_publish_v5(
                handle, &id, message.topic, Int32(clamping: $0.count), $0.baseAddress, message.qos, message.retain,
                properties)
        }
        let text = Library.text(code, errno)
        switch code {
        case MOSQ_ERR_SUCCESS.code: return .sent(id)
        case MOSQ_ERR_NO_CONN.code, MOSQ_ERR_CONN_LOST.code, MOSQ_ERR_ERRNO.code, MOSQ_ERR_TLS.code:
            return .linkFailed(text)
        default:
            let isPermanent = [
                MOSQ_ERR_OVERSIZE_PACKET.code, MOSQ_ERR_PAYLOAD_SIZE.code, MOSQ_ERR_INVAL.code,
                MOSQ_ERR_MALFORMED_UTF8.code,
            ].contains(code)
            return .refused(MQTTError("cannot publish to \(message.topic): \(text)", isPermanent: isPermanent))
        }
    }

    /// Logs that a message is not delivered, if no caller waits for the result.
    func complain(undelivered message: OutgoingMessage, _ error: MQTTError) {
        logger.error("a message to \(message.topic) is not delivered: \(error)", metadata: brokerMetadata)
    }
}
