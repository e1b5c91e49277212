internal import Diagnostics

extension Envelope {
    /// Reads `envelope: lorawan`, or the places in the JSON of another network server.
    static func read(_ reader: inout YAMLReader) -> Envelope? {
        guard let node = reader.node(MessageKey.envelope) else { return nil }
        if node.scalar != nil {
            return reader.value(MessageKey.envelope, expected: "lorawan, or the places of a server's own JSON") {
                $0 == "lorawan" ? lorawan : nil
            }
        }
        var places = YAMLReader(node, EnvelopeKey.self)
        defer { reader.problems += places.finish() }
        let encoding =
            places.value(EnvelopeKey.encoding, expected: "base64 or hex") { BinaryLayout.Encoding(rawValue: $0) }
            ?? .base64
        func pointer(_ key: EnvelopeKey) -> JSONPointer? { places.node(key) == nil ? nil : places.pointer(key) }
        var time: TimeField?
        if let timePointer = pointer(.time) {
            time = TimeField(pointer: timePointer, format: TimeField.Format.read(&places, EnvelopeKey.timeFormat))
        }
        guard let bytes = places.pointer(EnvelopeKey.bytes) else { return nil }
        let server = Server(
            name: "the network server", sign: bytes, bytes: bytes, encoding: encoding, object: pointer(.object),
            port: pointer(.port), counter: pointer(.counter), times: time.map { [$0] } ?? [],
            receptions: [pointer(.receptions) ?? .root], rssi: pointer(.rssi), snr: pointer(.snr))
        return Envelope(servers: [server])
    }
}
