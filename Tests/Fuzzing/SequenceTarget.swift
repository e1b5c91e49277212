import AlarmModel
import Alarms
import Devices
import Diagnostics
import RuleEngine
import RuleLanguage
import RulePlan
import Telemetry
import TestSupport

/// A sequence of messages of one device, a line each, ten seconds apart; `+60` by itself on a line lets so many seconds
/// pass. Whatever they were, the engine comes to its end, and the device is heard when it is right again.
struct SequenceTarget {
    private let site: Site
    private let rules: CompiledRules
    private let scale: Int64?

    /// - Parameter profile: of ``EdgeSite``.
    init(profile: String, scale: Int64?) throws {
        site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: s\ndevices:\n" + EdgeSite.inventory),
            profiles: [SourceFile(name: "p.yaml", text: profile)])
        rules = try RuleCompiler(RuleContext(ladder: SmallSite.ladder, policies: [], allowedLateness: .minutes(10)))
            .compile([SourceFile(name: "rules.yaml", text: EdgeSite.rules)], for: site, series: SmallSite.series(site))
        self.scale = scale
    }

    func take(_ bytes: UnsafeRawBufferPointer) {
        let series = SmallSite.series(site)
        let decoder = PayloadDecoder(site: site, series: { series($0, $1) })
        var engine = Engine(rules.plan)
        var changes: [LevelChange] = []
        var readings: [Reading] = []
        var now = Instant(rfc3339: "2018-06-03T22:05:00Z".utf8)!  // a literal that reads
        func send(_ payload: UnsafeRawBufferPointer) {
            now = now + .seconds(10)
            readings.removeAll()
            _ = decoder.decode(payload, from: 0, arrival: now, into: &readings)
            engine.heartbeat(at: now)
            for reading in readings { _ = engine.ingest(reading, into: &changes) }
            engine.advance(to: now, into: &changes)
            changes.removeAll()
        }
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            if line.first == UInt8(ascii: "+"), let seconds = Int64(String(decoding: line.dropFirst(), as: UTF8.self)) {
                now = now + .seconds(min(max(seconds, 0), 1_000_000))
                engine.advance(to: now, into: &changes)
            } else {
                send(UnsafeRawBufferPointer(rebasing: line))
            }
        }
        for number in 1...8 {
            let seconds = now.nanoseconds / 1_000_000_000 + 10
            // Numbers that have hardly come before: a copy would rightly be passed over.
            let text = EdgeSite.message(5_000_000 + number, time: seconds, scale: scale, level: number == 8 ? "5" : "1")
            var payload = Array(text.utf8)
            payload.withUnsafeMutableBytes { send(UnsafeRawBufferPointer($0)) }
        }
        let high = rules.instances.firstIndex { rules.rules[$0.rule].name == "high" }
        guard let high, engine.ladderState(of: high).level > .normal else {
            fatalError("the device is right again, and is not heard")
        }
    }
}
