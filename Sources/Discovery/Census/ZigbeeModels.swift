internal import Foundation

/// The models of the devices that Zigbee2MQTT knows, from its retained message `…/bridge/devices`.
///
/// That message is longer than the sample that a census keeps, so it is read when it comes.
package struct ZigbeeModels: Sendable {
    /// A device as the bridge describes it. The message has more members.
    private struct Entry: Decodable {
        struct Definition: Decodable {
            var vendor: String?
            var model: String?
        }
        var friendly_name: String?
        var definition: Definition?
    }

    private static let ending = "/bridge/devices"
    private static let payloadBytesMax = 4 << 20
    private static let devicesMax = 5000
    /// The message comes again with each change. A flood of it would take all the time.
    private static let messagesMax = 50

    /// The models by their devices' topics.
    private var models: [String: String] = [:]
    private var messages = 0

    package init() {}

    package mutating func note(topic: String, payload: some Collection<UInt8>) {
        guard topic.hasSuffix(Self.ending), payload.count <= Self.payloadBytesMax, messages < Self.messagesMax else {
            return
        }
        messages += 1
        // A message of another form is not Zigbee2MQTT's: then no model is known.
        guard let entries = try? JSONDecoder().decode([Entry].self, from: Data(payload)) else { return }
        let base = topic.dropLast(Self.ending.count)
        for entry in entries where models.count < Self.devicesMax {
            guard let name = entry.friendly_name, let model = entry.definition?.model else { continue }
            models["\(base)/\(name)"] = [entry.definition?.vendor, model].compactMap(\.self).joined(separator: " ")
        }
    }

    /// The model of the device on a topic: `Aqara WSDCGQ11LM`.
    func model(of topic: String) -> String? { models[topic] }
}
