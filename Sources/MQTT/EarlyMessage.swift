/// A copy of a message, kept until it can be passed on.
struct EarlyMessage {
    private let topic: [UInt8]
    private let payload: [UInt8]
    private let qos: Int32
    private let isRetained: Bool
    private let identifier: UInt16
    private let isDuplicate: Bool
    private let resumption: Int

    init(_ message: IncomingMessage) {
        topic = Array(message.topic)
        payload = Array(message.payload)
        qos = message.qos
        isRetained = message.isRetained
        identifier = message.identifier
        isDuplicate = message.isDuplicate
        resumption = message.resumption
    }

    func hand(to handler: (IncomingMessage) -> Void) {
        topic.withUnsafeBytes { topic in
            payload.withUnsafeBytes { payload in
                handler(
                    IncomingMessage(
                        topic: topic, payload: payload, qos: qos, isRetained: isRetained, identifier: identifier,
                        isDuplicate: isDuplicate, resumption: resumption))
            }
        }
    }
}
