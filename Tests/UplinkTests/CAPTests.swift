import Alarms
import Foundation
import FoundationXML
import RulePlan
import SourceText
import Telemetry
import TestSupport
import Testing
import Uplink

@Suite struct CAPTests {
    private static let rules = """
        hazard: flood
        rules:
          - name: river-rising
            summary: "{station}: river at {stage}"
            for_each: station
            let: { stage: "mean(water_level, 10m)" }
            levels: { watch: stage > 2 m, warning: stage > 3 m, emergency: stage > 4 m }
            clear: stage < 1 m
            instruction: Keep away from the river & its banks.
            runbook: https://example.org/flood?a=1&b=2
            languages:
              es: { hazard: Inundación, summary: "{station}: río a {stage}", instruction: Aléjese del río. }
              zh-CN: { hazard: 洪水, summary: "{station}：水位 {stage}" }
          - name: soon
            summary: the river is on its way
            for_each: area
            levels: { advisory: "forecast(water_level, 1h, 30m) > 20 m", emergency: "forecast(water_level, 1h, 3h) > 100 m" }
          - name: all-of-them
            for_each: site
            levels: { watch: "max(water_level, 10m) > 3 m" }
        """

    private static func settings() -> CAPSettings {
        var settings = CAPSettings(sender: "tocsin@example.org", status: .test, ladder: SmallSite.ladder)
        settings.senderName = "River <Authority> & Sons"
        settings.contact = "+1 555 0100"
        settings.radius = 2.5
        return settings
    }

    /// Alarms through the engine, the book and the planner into a folder of messages.
    private struct Publisher: ~Copyable {
        var bench: AlarmBench
        var planner = EscalationPlanner(
            site: "test site", destinations: [.init(name: "public", minimumLevel: Level(rank: 1))], policies: PolicySet())
        let folder: TemporaryFolder
        let destination: CAPDestination
        var earlier: [String: [Escalation]] = [:]

        init(_ settings: CAPSettings = CAPTests.settings()) throws {
            let bench = try AlarmBench(CAPTests.rules)
            let folder = try TemporaryFolder()
            let destination = try CAPDestination(
                name: "public", settings, carrier: .folder(folder.file("cap")), clock: ManualClock(AlarmBench.start))
            self.folder = folder
            self.destination = destination
            self.bench = bench
        }

        mutating func deliver(_ transitions: [Transition]) async throws {
            for escalation in transitions.flatMap({ planner.note($0) }) {
                try await destination.deliver(escalation, after: earlier[escalation.alarm] ?? [])
                earlier[escalation.alarm, default: []].append(escalation)
            }
        }

        /// The messages in the order in which they were sent.
        func messages() throws -> [Data] {
            try FileManager.default.contentsOfDirectory(atPath: folder.file("cap")).sorted().map { name in
                let file = folder.file("cap/\(name)")
                #expect(try CAPRules.schemaFaults(file) == "", "\(name)")
                return try Data(contentsOf: URL(fileURLWithPath: file))
            }
        }
    }

    private func text(_ xml: Data, _ path: String) throws -> [String] {
        // Names without their namespace.
        let steps = path.split(separator: "/").map { "*[local-name()='\($0)']" }.joined(separator: "/")
        return try XMLDocument(data: xml).nodes(forXPath: "/*/" + steps).compactMap(\.stringValue)
    }

    @Test("an alarm is an Alert, then Updates, then a Cancel, each valid and with references to all before it")
    func sequence() async throws {
        var publisher = try Publisher()
        try await publisher.deliver(publisher.bench.feed([(0, 2.5)]))
        try await publisher.deliver([try publisher.bench.carryOut(.acknowledge, "seen", at: 5)])
        try await publisher.deliver(publisher.bench.feed([(60, 9.5), (700, 2.5), (1500, 0.5)]))
        let messages = try publisher.messages().filter { try text($0, "info/parameter/value").contains("river-rising") }
        let kinds = try messages.map { try text($0, "msgType").first ?? "" }
        #expect(kinds.first == "Alert" && kinds.last == "Cancel", "\(kinds)")
        #expect(kinds.dropFirst().dropLast().allSatisfy { $0 == "Update" } && kinds.count >= 4)
        var known: Set<String> = []
        for (index, message) in messages.enumerated() {
            #expect(try CAPRules.faults(message, known: known) == [])
            let references = try text(message, "references").first.map { Set($0.split(separator: " ").map(String.init)) } ?? []
            #expect(references == known, "message \(index) refers to all before it")
            known.insert(try CAPRules.reference(message))
        }
        let first = messages[0]
        #expect(try text(first, "info/language") == ["en", "es", "zh-CN"])
        #expect(try text(first, "info/event") == ["Flood", "Inundación", "洪水"])
        #expect(try text(first, "info/headline") == ["s1: river at 2.5 m", "s1: río a 2.5 m", "s1：水位 2.5 m"])
        #expect(try text(first, "info/instruction") == ["Keep away from the river & its banks.", "Aléjese del río."])
        #expect(try text(first, "info/category") == ["Met", "Met", "Met"])
        #expect(try text(first, "info/severity").first == "Moderate")
        #expect(try text(first, "info/certainty").first == "Observed")
        #expect(try text(first, "info/area/circle").first == "47.125000,8.125000 2.5")
        #expect(try text(first, "sent") == ["2018-06-03T20:00:00-00:00"])
        #expect(try text(messages[1], "info/severity").first == "Extreme")
        #expect(try text(messages[1], "info/urgency").first == "Immediate")
        let last = try #require(messages.last)
        #expect(try text(last, "info/responseType") == ["AllClear", "AllClear", "AllClear"])
        #expect(try text(last, "info/urgency").first == "Past")
    }

    @Test("a forecast is Expected or in the Future, and Likely; an area that devices span is a closed polygon")
    func gradesAndAreas() async throws {
        var publisher = try Publisher()
        // Rising by a metre in ten minutes: over 20 m in half an hour it is not, over 100 m in three hours neither; then it is.
        let readings = (0..<12).map { (Int64($0) * 300, Double($0) * 2.4) }
        try await publisher.deliver(publisher.bench.feed(readings))
        let messages = try publisher.messages()
        func of(_ rule: String) throws -> [Data] { try messages.filter { try text($0, "info/parameter/value").contains(rule) } }
        let forecast = try #require(try of("soon").first)
        #expect(try text(forecast, "info/urgency") == ["Expected"])
        #expect(try text(forecast, "info/certainty") == ["Likely"])
        let far = try #require(try of("soon").first { try text($0, "info/parameter/value").contains("emergency") })
        #expect(try text(far, "info/urgency") == ["Future"])
        let wide = try #require(try of("all-of-them").first)
        #expect(try text(wide, "info/area/polygon").first?.split(separator: " ").count == 4)
        var known: Set<String> = []
        for message in messages {
            #expect(try CAPRules.faults(message, known: known) == [])
            known.insert(try CAPRules.reference(message))
        }
    }

    @Test("restricted, private and exercise messages say what they must")
    func scopes() async throws {
        var restricted = Self.settings()
        restricted.scope = .restricted
        restricted.restriction = "for the civil protection"
        var isPrivate = Self.settings()
        isPrivate.scope = .isPrivate
        isPrivate.addresses = ["mayor@example.org", "fire brigade"]
        var exercise = Self.settings()
        exercise.status = .exercise
        exercise.note = "autumn exercise"
        for settings in [restricted, isPrivate, exercise] {
            var publisher = try Publisher(settings)
            try await publisher.deliver(publisher.bench.feed([(0, 2.5)]))
            for message in try publisher.messages() { #expect(try CAPRules.faults(message) == []) }
        }
    }

    @Test("texts that XML cannot hold, or that look like it, do no harm")
    func hostileTexts() async throws {
        let hostile = Self.rules.replacing("{station}: river at {stage}\"", with: "]]> <b>&amp;</b> \\u0001\\u000b \\U0001F30A {stage}\"")
        #expect(hostile != Self.rules)
        var bench = try AlarmBench(hostile)
        let transition = try #require(bench.feed([(0, 2.5)]).first)
        var planner = EscalationPlanner(
            site: "a&b <c>", destinations: [.init(name: "p", minimumLevel: Level(rank: 1))], policies: PolicySet())
        let folder = try TemporaryFolder()
        let destination = try CAPDestination(
            name: "p", Self.settings(), carrier: .folder(folder.path), clock: ManualClock(AlarmBench.start))
        for escalation in planner.note(transition) { try await destination.deliver(escalation, after: []) }
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
        #expect(try CAPRules.schemaFaults(folder.file(name)) == "")
        let xml = try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
        #expect(try text(xml, "info/headline").first?.contains("]]> <b>&amp;</b>") == true)
    }

    @Test("the rules of the test find what is wrong with the examples, and nothing wrong with the good ones")
    func examples() throws {
        let folder = RepositoryRoot.path + "/Tests/Conformance/cap/examples/"
        func faults(_ name: String) throws -> [String] { try CAPRules.faults(Data(contentsOf: URL(fileURLWithPath: folder + name))) }
        for good in ["australia.cap", "canada.cap", "wcatwc-warning.cap"] {
            #expect(try CAPRules.schemaFaults(folder + good) == "")
            let found = try faults(good)
            #expect(found == [], "\(good)")
        }
        #expect(try CAPRules.schemaFaults(folder + "canada_errors.cap") == "")
        #expect(try faults("canada_errors.cap").contains("references are there and empty"))
        #expect(try CAPRules.schemaFaults(folder + "invalid.cap") != "")
    }
}
