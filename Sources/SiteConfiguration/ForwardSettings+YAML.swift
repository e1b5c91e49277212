internal import Diagnostics
internal import MQTT
internal import Telemetry
internal import Uplink

extension ForwardSettings {
    static func read(_ node: YAMLNode, _ context: YAMLContext, problems: inout [Diagnostic]) -> ForwardSettings? {
        var reader = YAMLReader(node, "'forward'")
        defer { problems += reader.finish() }
        let topic = reader.string("topic") ?? "tocsin/{site}/readings/{device}"
        let form = reader.value("send", expected: "readings or summaries") { Form(rawValue: $0) } ?? .summaries
        let rate = reader.int("per_second", in: 1...100_000) ?? 200
        guard let broker = reader.node("broker") else {
            reader.reportMissing("broker", "where readings are forwarded to")
            return nil
        }
        return ConnectionSettings.read(
            broker, "a broker", defaultClient: "\(context.client)-forward", context, problems: &reader.problems
        )
        .map { ForwardSettings(broker: $0, topic: topic, form: form, perSecond: rate) }
    }
}
