internal import Telemetry

/// The JSON in which a network server publishes a device's payload: the payload's bytes, or what the server has decoded
/// from them, with the message's number, time and radio link.
package struct Envelope: Sendable {
    /// One server's way of writing it.
    struct Server: Sendable {
        var name: String
        /// A member that only this server's messages have.
        var sign: JSONPointer
        /// The payload's bytes.
        var bytes: JSONPointer
        var encoding: BinaryLayout.Encoding
        /// The object that the server has decoded.
        var object: JSONPointer?
        var port: JSONPointer?
        /// The device's address in its radio network, which it gets anew when it joins.
        var session: JSONPointer?
        var counter: JSONPointer?
        /// Set if the server leaves members out that are 0, in messages with ``receptions``.
        var leavesZerosOut = false
        /// The places of the time, the best one first.
        var times: [TimeField]
        /// Where the receptions of the message by gateways are: an array of them, or a single one. The first place that
        /// is there counts.
        var receptions: [JSONPointer] = []
        var rssi: JSONPointer?
        var snr: JSONPointer?
    }

    /// The servers whose messages are recognised, in the order in which they are looked for.
    var servers: [Server]

    var hasTime: Bool { servers.contains { !$0.times.isEmpty } }
    var hasCounter: Bool { servers.contains { $0.counter != nil } }

    /// ChirpStack 4 and 3, The Things Stack 3, LORIOT, Actility ThingPark and Helium.
    ///
    /// Sources: ChirpStack, "Event types" (chirpstack.io); The Things Stack, "Data formats" (thethingsindustries.com);
    /// LORIOT, "Application data format" (docs.loriot.io); Actility, "LRC-AS tunnel interface"; Helium, "HTTP
    /// integration".
    static let lorawan = Envelope(servers: [
        Server(
            name: "ChirpStack", sign: "/deviceInfo", bytes: "/data", encoding: .base64, object: "/object",
            port: "/fPort", session: "/devAddr", counter: "/fCnt", leavesZerosOut: true,
            times: [TimeField(pointer: "/time", format: .rfc3339)], receptions: ["/rxInfo"], rssi: "/rssi",
            snr: "/snr"),
        theThingsStack(""),
        // The console's export and the event stream put each message into a member.
        theThingsStack("/data"),
        Server(
            name: "ChirpStack 3", sign: "/devEUI", bytes: "/data", encoding: .base64, object: "/object",
            port: "/fPort", counter: "/fCnt",
            times: [
                TimeField(pointer: "/time", format: .rfc3339), TimeField(pointer: "/rxInfo/0/time", format: .rfc3339),
            ], receptions: ["/rxInfo"], rssi: "/rssi", snr: "/loRaSNR"),
        Server(
            name: "LORIOT", sign: "/EUI", bytes: "/data", encoding: .hex, object: "/decoded", port: "/port",
            counter: "/fcnt", times: [TimeField(pointer: "/ts", format: .unix_ms)], receptions: ["/gws", ""],
            rssi: "/rssi",
            snr: "/snr"),
        Server(
            name: "ThingPark", sign: "/DevEUI_uplink", bytes: "/DevEUI_uplink/payload_hex", encoding: .hex,
            object: "/DevEUI_uplink/payload", port: "/DevEUI_uplink/FPort", counter: "/DevEUI_uplink/FCntUp",
            times: [TimeField(pointer: "/DevEUI_uplink/Time", format: .rfc3339)], receptions: ["/DevEUI_uplink"],
            rssi: "/LrrRSSI", snr: "/LrrSNR"),
        Server(
            name: "Helium", sign: "/dev_eui", bytes: "/payload", encoding: .base64, object: "/decoded/payload",
            port: "/port", counter: "/fcnt", times: [TimeField(pointer: "/reported_at", format: .unix_ms)],
            receptions: ["/hotspots"], rssi: "/rssi", snr: "/snr"),
    ])

    private static func theThingsStack(_ place: String) -> Server {
        func pointer(_ path: String) -> JSONPointer { JSONPointer(literal: place + path) }
        return Server(
            name: "The Things Stack", sign: pointer("/uplink_message"),
            bytes: pointer("/uplink_message/frm_payload"), encoding: .base64,
            object: pointer("/uplink_message/decoded_payload"), port: pointer("/uplink_message/f_port"),
            session: pointer("/end_device_ids/dev_addr"), counter: pointer("/uplink_message/f_cnt"),
            leavesZerosOut: true,
            times: ["/uplink_message/received_at", "/received_at"].map {
                TimeField(pointer: pointer($0), format: .rfc3339)
            }, receptions: [pointer("/uplink_message/rx_metadata")], rssi: "/rssi", snr: "/snr")
    }
}

/// What an envelope says about a message.
struct EnvelopeFacts {
    /// The value in the time's place, and how it is written.
    var time: (value: JSONValue, field: TimeField)?
    /// The value in the place of the message's number.
    var counter: JSONValue?
    /// The message's number: 0 if the server leaves out a 0.
    var number: Int64?
    var port: Int?
    /// The session of the radio network, as a hash.
    var session: UInt64?
    var rssi: Double?
    var snr: Double?
}

extension Envelope.Server {
    func facts(_ root: JSONValue) -> EnvelopeFacts {
        var facts = EnvelopeFacts()
        let found = receptions.lazy.compactMap { root.at($0) }.first
        let zero: Int64? = leavesZerosOut && found != nil ? 0 : nil
        for field in times where facts.time == nil {
            if let value = root.at(field.pointer), !value.isNull { facts.time = (value, field) }
        }
        if let counter {
            facts.counter = root.at(counter).flatMap { $0.isNull ? nil : $0 }
            facts.number = facts.counter.map(\.messageNumber) ?? zero
        }
        facts.port = (port.flatMap { root.at($0)?.messageNumber } ?? zero).flatMap { Int(exactly: $0) }
        facts.session = session.flatMap { root.at($0)?.string }.map { FNV1a.hash($0) }
        if let found {
            if !found.forEachItem({ addReception($0, &facts) }) { addReception(found, &facts) }
        }
        return facts
    }

    /// Keeps the values of the gateway that heard the message best.
    private func addReception(_ reception: JSONValue, _ facts: inout EnvelopeFacts) {
        guard let strength = rssi.flatMap({ reception.at($0)?.number }) else { return }
        if let best = facts.rssi, best >= strength { return }
        facts.rssi = strength
        // What leaves zeros out leaves out a ratio of 0 dB, too.
        facts.snr = snr.flatMap { reception.at($0)?.number ?? (leavesZerosOut ? 0 : nil) }
    }
}
