/// The units of topics that devices announce on other topics.
///
/// A profile assumes a unit for a plain number. If the device says that it is another one, the profile must not be
/// offered. Homie announces it in `$unit`, Home Assistant's configuration in `unit_of_measurement`.
struct AnnouncedUnits: Sendable {
    private var units: [String: String] = [:]

    init(_ records: [TopicRecord]) {
        for record in records {
            guard let sample = record.sample, !sample.isCut else { continue }
            if record.topic.hasSuffix("/$unit") {
                let text = String(decoding: sample.bytes, as: UTF8.self)
                units[String(record.topic.dropLast("/$unit".count))] = text
            } else if record.topic.hasSuffix("/config"), let node = JSONNode(sample.bytes) {
                note(node)
            }
        }
    }

    /// Notes a configuration for Home Assistant that is for a whole payload, and not for a part of one.
    private mutating func note(_ node: JSONNode) {
        func text(_ name: String, _ short: String) -> String? { (node[name] ?? node[short])?.text }
        guard text("value_template", "val_tpl") == nil, let unit = text("unit_of_measurement", "unit_of_meas"),
            let topic = text("state_topic", "stat_t")
        else { return }
        let base = node["~"]?.text ?? "~"
        units[topic.hasPrefix("~") ? base + topic.dropFirst() : topic] = unit
    }

    /// The unit that was announced for a topic's plain value, as it is written.
    func unit(of topic: String) -> String? { units[topic] }
}
