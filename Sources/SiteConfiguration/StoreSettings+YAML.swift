internal import Diagnostics
internal import Store
internal import Telemetry

extension Configuration.StoreSettings {
    static func read(
        _ node: YAMLNode?, _ context: YAMLContext, _ parent: inout YAMLReader
    ) -> Configuration.StoreSettings? {
        guard let node else {
            parent.reportMissing("store", "where readings and alarms are kept")
            return nil
        }
        var reader = YAMLReader(node, "the store")
        defer { parent.problems += reader.finish() }
        let path = reader.required("path").map { Store.realPath(of: context.path($0.string)) }
        let delay = reader.span("commit_delay") ?? .milliseconds(250)
        let readings = reader.int("commit_readings", in: 1...1_000_000) ?? 5000
        let refused = reader.int("refused_payloads", in: 0...1_000_000) ?? 1000
        var limits = RetentionLimits(readings: .days(90), alarms: .days(3650), bytesMax: 4 << 30)
        if let node = reader.node("retention") {
            var retention = YAMLReader(node, "retention")
            limits.readings = retention.span("readings") ?? limits.readings
            limits.alarms = retention.span("alarms") ?? limits.alarms
            limits.bytesMax =
                retention.value("size", expected: "a size such as 500MB or 4GB", ByteCount.read) ?? limits.bytesMax
            reader.problems += retention.finish()
        }
        guard let path else { return nil }
        return Configuration.StoreSettings(
            path: path, commitDelay: delay, commitReadings: readings, refusedMax: refused, retention: limits)
    }
}
