import Devices
import Diagnostics
import TestSupport
import Testing

/// The accuracy that a maker declares, and what follows for devices that must agree.
@Suite struct AccuracyTests {
    private func site(_ readings: String, _ devices: [String], _ neighbours: String = "") throws -> Site {
        try Site.ofOneProfile(
            "interval: 1m\nreadings: [ { quantity: water_level, pointer: /l, unit: cm\(readings) } ]",
            devices: devices.enumerated().map { "{ id: d\($0.offset + 1), profile: p\($0.element) }" }
                .joined(separator: ", "),
            settings: neighbours)
    }

    private func problems(_ body: () throws -> Site) -> [String] {
        do {
            _ = try body()
            return []
        } catch { return (error as? DiagnosticList)?.diagnostics.map(\.message) ?? ["\(error)"] }
    }

    @Test("the inventory's accuracy replaces the profile's, and a scale scales it")
    func accuracies() throws {
        let devices = ["", ", accuracy: { water_level: 5 mm }", ", scale: { water_level: -2 }"]
        let site = try site(", accuracy: 2", devices)
        #expect(site.devices.map { $0.fields[0].accuracy } == [0.02, 0.005, 0.04])
    }

    @Test("neighbours that declare their accuracies need no limit, and none may be stricter than these")
    func limits() throws {
        let group = "neighbours: [ { quantity: water_level, devices: [d1, d2, d3]%@ } ]\n"
        let devices = ["", ", accuracy: { water_level: 5 mm }", ", accuracy: { water_level: 3 cm }"]
        func neighbours(_ settings: String) -> String { group.replacing("%@", with: settings) }
        let free = try site(", accuracy: 2 cm", devices, neighbours(""))
        #expect(abs((free.neighbours[0].limits.suspect ?? 0) - 0.05) < 1e-12, "3 cm and 2 cm")
        let own = try site(", accuracy: 2 cm", devices, neighbours(", suspect: 6 cm"))
        #expect(own.neighbours[0].limits.suspect == 0.06)
        #expect(
            problems { try site(", accuracy: 2 cm", devices, neighbours(", suspect: 4 cm")) } == [
                "by their declared accuracies two of them may differ by 5 cm, so 'suspect' must be that or more"
            ])
        #expect(
            problems { try site("", devices, neighbours("")) } == [
                "'suspect' says from which difference on the neighbours do not agree"
            ], "the first declares none")
    }

    @Test("mistakes are named", arguments: ["-1 cm", "0", "2 s", "good"])
    func mistakes(text: String) {
        let inProfile = problems { try site(", accuracy: \(text)", [""]) }
        #expect(inProfile.contains { $0.contains("number above 0") }, "\(inProfile)")
        let inInventory = problems { try site("", [", accuracy: { water_level: \(text) }"]) }
        #expect(inInventory.contains { $0.contains("an accuracy is a number above 0") }, "\(inInventory)")
    }
}
