import AlarmModel
import Alarms
import Devices
import Diagnostics
import Escalation
import Foundation
import FoundationXML
import RulePlan
import Telemetry
import TestSupport
import Testing
import Wire

@testable import Uplink

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
            site: "test site", destinations: [.init(name: "public", minimumLevel: Level(rank: 1))],
            policies: PolicySet())
        let folder: TemporaryFolder
        let destination: CAPDestination
        var earlier: [String: [OutboxItem]] = [:]

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
            for escalation in transitions.flatMap({ planner.note($0) }).map(OutboxItem.init) {
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
        try await publisher.deliver([try publisher.bench.execute(.acknowledge, "seen", at: 5)])
        try await publisher.deliver(publisher.bench.feed([(60, 9.5), (700, 2.5), (1500, 0.5)]))
        let messages = try publisher.messages().filter { try text($0, "info/parameter/value").contains("river-rising") }
        let kinds = try messages.map { try text($0, "msgType").first ?? "" }
        #expect(kinds.first == "Alert" && kinds.last == "Cancel", "\(kinds)")
        #expect(kinds.dropFirst().dropLast().allSatisfy { $0 == "Update" } && kinds.count >= 4)
        var known: Set<String> = []
        for (index, message) in messages.enumerated() {
            #expect(try CAPRules.faults(message, known: known) == [])
            let references =
                try text(message, "references").first.map { Set($0.split(separator: " ").map(String.init)) } ?? []
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
        // Rising by a metre in ten minutes: over 20 m in half an hour it is not, over 100 m in three hours neither;
        // then it is.
        let readings = (0..<12).map { (Int64($0) * 300, Double($0) * 2.4) }
        try await publisher.deliver(publisher.bench.feed(readings))
        let messages = try publisher.messages()
        func of(_ rule: String) throws -> [Data] {
            try messages.filter { try text($0, "info/parameter/value").contains(rule) }
        }
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

    /// The areas of a message as a receiver reads them that takes degrees for a plane.
    private struct PlaneArea {
        var polygons: [[(latitude: Double, longitude: Double)]] = []
        var circles: [(middle: Position, radius: Double)] = []

        /// By the number of edges that a line to the north crosses.
        func holds(_ position: Position) -> Bool {
            let isInPolygon = polygons.contains { corners in
                // The 180th meridian has two names.
                let names = abs(position.longitude) == 180 ? [-180 + 1e-9, 180 - 1e-9] : [position.longitude]
                return names.contains { longitude in
                    zip(corners, corners.dropFirst()).count { a, b in
                        guard (a.longitude > longitude) != (b.longitude > longitude) else { return false }
                        let share = (longitude - a.longitude) / (b.longitude - a.longitude)
                        return a.latitude + (b.latitude - a.latitude) * share > position.latitude
                    } % 2 == 1
                }
            }
            return isInPolygon || circles.contains { $0.middle.kilometres(to: position) < $0.radius }
        }
    }

    private func planeArea(_ xml: Data) throws -> PlaneArea {
        func point(_ text: Substring) throws -> (latitude: Double, longitude: Double) {
            let parts = text.split(separator: ",").compactMap { Double($0) }
            try #require(parts.count == 2)
            return (parts[0], parts[1])
        }
        var area = PlaneArea()
        // Each language has the same.
        let languages = try text(xml, "info/language").count
        func first(_ name: String) throws -> ArraySlice<String> {
            let all = try text(xml, "info/area/\(name)")
            return all.prefix(all.count / max(1, languages))
        }
        area.polygons = try first("polygon").map { try $0.split(separator: " ").map(point) }
        area.circles = try first("circle").map { circle in
            let parts = circle.split(separator: " ")
            let (latitude, longitude) = try point(parts[0])
            return (Position(latitude: latitude, longitude: longitude), try #require(Double(parts[1])))
        }
        return area
    }

    private func message(of positions: [Position]) throws -> Data {
        var bench = try AlarmBench(Self.rules)
        var transition = try #require(bench.feed([(0, 2.5)]).first)
        transition.alarm.area = AlarmArea(of: positions)
        var planner = EscalationPlanner(
            site: "s", destinations: [.init(name: "p", minimumLevel: Level(rank: 1))], policies: PolicySet())
        let escalation = try #require(planner.note(transition).first.map(OutboxItem.init))
        var settings = Self.settings()
        settings.radius = 0.1
        return Data(
            try #require(try CAPWriter(settings: settings).message(for: OutgoingMessage(escalation), after: [])).xml
                .utf8)
    }

    @Test("an area holds every device, wherever on the earth they are and however far apart")
    func areasHoldDevices() throws {
        var random = SeededRandom(seed: 17)
        let middles: [(ClosedRange<Double>, ClosedRange<Double>)] = [
            (-60...60, -170...170), (-70...70, 179.9...180), (-70...70, -180 ... -179.9), (88.5...90, -180...180),
            (-90 ... -88.5, -180...180),
        ]
        for run in 0..<400 {
            let (latitudes, longitudes) = middles[run % middles.count]
            let (latitude, longitude) = (
                Double.random(in: latitudes, using: &random), Double.random(in: longitudes, using: &random)
            )
            let reach = pow(10, Double.random(in: -5...1.7, using: &random))
            let positions = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                var east = longitude + Double.random(in: -reach...reach, using: &random)
                if east > 180 { east -= 360 } else if east < -180 { east += 360 }
                if Int.random(in: 0..<8, using: &random) == 0 { east = 180 }
                let north = latitude + Double.random(in: -reach...reach, using: &random)
                return Position(latitude: max(-90, min(90, north)), longitude: max(-180, min(180, east)))
            }
            let xml = try message(of: positions)
            #expect(try CAPRules.faults(xml) == [])
            let area = try planeArea(xml)
            for position in positions {
                #expect(area.holds(position), "run \(run): \(position) in \(area), of \(positions)")
            }
            for polygon in area.polygons {
                let longitudes = polygon.map(\.longitude)
                #expect(
                    (longitudes.max() ?? 0) - (longitudes.min() ?? 0) < 180,
                    "run \(run): it goes around the earth the long way")
            }
        }
    }

    @Test(
        "devices on both sides of the 180th meridian have an area of some kilometres there",
        arguments: [
            [(-16.8, 179.96), (-16.8, -179.96)], [(-16.5, 179.95), (-16.6, -179.95), (-16.4, -179.97)],
            [(-16.5, 180), (-16.6, -180), (-16.4, 179.97), (-16.4, -179.99)],
        ])
    func meridian(_ places: [(Double, Double)]) throws {
        let positions = places.map { Position(latitude: $0.0, longitude: $0.1) }
        let area = try planeArea(message(of: positions))
        for position in positions { #expect(area.holds(position)) }
        for far in [(-16.5, 0.0), (-16.5, 179), (-16.5, -179), (0, 180)] {
            #expect(!area.holds(Position(latitude: far.0, longitude: far.1)), "\(far)")
        }
        #expect(area.polygons.count == (places.count > 2 ? 2 : 0))
    }

    @Test("devices around a pole, along a line, and far apart have a circle")
    func circles() throws {
        for places in [
            [(89.5, 0.0), (89.5, 120.0), (89.5, -120.0)], [(50.0, 8.0), (50.2, 8.0), (50.4, 8.0)],
            [(50, 8), (50.4, 8)],
            [(50, 8), (50, 8), (50, 8)], [(-33.9, 151.2), (40.7, -74), (51.5, 0)],
        ] {
            let positions = places.map { Position(latitude: $0.0, longitude: $0.1) }
            let area = try planeArea(message(of: positions))
            #expect(area.polygons.isEmpty && area.circles.count == 1)
            for position in positions { #expect(area.holds(position)) }
        }
        let pole = try #require(AlarmArea(of: [0.0, 120, -120].map { Position(latitude: 89.5, longitude: $0) }))
        #expect(pole.middle.latitude > 89.99 && pole.radius < 60)
    }

    @Test("an area is named once, however many labels name it")
    func areaNames() throws {
        func names(_ group: String, _ area: String?) throws -> String {
            var bench = try AlarmBench(Self.rules)
            var transition = try #require(bench.feed([(0, 2.5)]).first)
            transition.alarm.group = group
            transition.alarm.labels["area"] = area
            return CAPWriter.areaNames(AlarmNotice(transition, site: "islands")).joined(separator: ", ")
        }
        #expect(try names("fiji/taveuni", "fiji/taveuni") == "fiji/taveuni")
        #expect(try names("fiji/taveuni,s1", "fiji/taveuni") == "fiji/taveuni, s1")
        #expect(try names("taveuni", "fiji/taveuni") == "fiji/taveuni")
        #expect(try names("s1", "fiji") == "fiji, s1")
        #expect(try names("s1", nil) == "s1")
        #expect(try names("", nil) == "islands")
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
        let hostile = Self.rules.replacing(
            "{station}: river at {stage}\"", with: "]]> <b>&amp;</b> \\u0001\\u000b \\U0001F30A {stage}\"")
        #expect(hostile != Self.rules)
        var bench = try AlarmBench(hostile)
        let transition = try #require(bench.feed([(0, 2.5)]).first)
        var planner = EscalationPlanner(
            site: "a&b <c>", destinations: [.init(name: "p", minimumLevel: Level(rank: 1))], policies: PolicySet())
        let folder = try TemporaryFolder()
        let destination = try CAPDestination(
            name: "p", Self.settings(), carrier: .folder(folder.path), clock: ManualClock(AlarmBench.start))
        for escalation in planner.note(transition) { try await destination.deliver(OutboxItem(escalation)) }
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
        #expect(try CAPRules.schemaFaults(folder.file(name)) == "")
        let xml = try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
        #expect(try text(xml, "info/headline").first?.contains("]]> <b>&amp;</b>") == true)
    }

    @Test("the rules of the test find what is wrong with the examples, and nothing wrong with the good ones")
    func examples() throws {
        let folder = RepositoryRoot.path + "/Tests/Conformance/cap/examples/"
        func faults(_ name: String) throws -> [String] {
            try CAPRules.faults(Data(contentsOf: URL(fileURLWithPath: folder + name)))
        }
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
