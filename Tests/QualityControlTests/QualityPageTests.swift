import Devices
import Diagnostics
import Foundation
import Telemetry
import TestSupport
import Testing

/// The examples of docs/quality.md.
@Suite struct QualityPageTests {
    private static let page = (try? RepositoryRoot.file("docs/quality.md").text) ?? ""

    /// The whole files on the page.
    private static let files = page.components(separatedBy: "```yaml\n").dropFirst().compactMap {
        $0.components(separatedBy: "```").first
    }

    @Test("the profile and the inventory are read, and the profile's vectors hold")
    func examples() throws {
        #expect(Self.files.count == 2)
        let profile = SourceFile(name: "profile.yaml", text: Self.files[0])
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: Self.files[1]), profiles: [profile])
        #expect(site.neighbours.count == 1)
        let own = try #require(site.devices.last?.field("water_level")?.quality)
        #expect(own.climatology == nil && !own.flagsDuplicates && own.rateOfChange?.fail == nil)
        #expect(own.spike != nil && own.gap == .minutes(16))
        let read = try Profile.read(profile)
        #expect(!read.vectors.isEmpty)
        for vector in read.vectors {
            #expect(vector.failures(of: read) == [])
        }
    }

    @Test("each test, flag and measure stands on the page")
    func words() {
        for test in Quality.Test.allCases { #expect(Self.page.contains("`\(test.name)`"), "\(test.name)") }
        for flag in QualityFlag.allCases { #expect(Self.page.contains("`\(flag.name)`"), "\(flag.name)") }
        for key in QualityKey.allCases { #expect(Self.page.contains("`\(key.rawValue)`"), "\(key.rawValue)") }
        for key in NeighboursKey.allCases { #expect(Self.page.contains("`\(key.rawValue)`"), "\(key.rawValue)") }
    }
}
