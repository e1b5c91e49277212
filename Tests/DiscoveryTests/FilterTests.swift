import Discovery
import Testing

/// Which filters a discovery listens to.
@Suite struct FilterTests {
    @Test("filters of MQTT are taken", arguments: ["#", "+", "a/b", "a/+/c", "a/#", "/a", "a//b", "$tocsin/x"])
    func good(text: String) throws {
        #expect(try DiscoveryFilter(text).text == text)
    }

    @Test(
        "what is not a filter, or would disturb others, is refused with the reason",
        arguments: [
            ("", "a filter is not empty"), ("a/#/b", "'#' stands alone"), ("a#", "'#' stands alone"),
            ("a+/b", "'+' stands alone"), ("$share/gateway/a/#", "takes messages away"), ("$SYS/#", "broker's own"),
        ])
    func bad(text: String, reason: String) {
        #expect(performing: { _ = try DiscoveryFilter(text) }, throws: { "\($0)".contains(reason) })
    }

    private func filters(_ texts: String...) throws -> [DiscoveryFilter] { try texts.map { try DiscoveryFilter($0) } }

    @Test("a filter that another one covers is left out, since its messages would come twice")
    func covered() throws {
        let needed = DiscoveryFilter.needed(of: try filters("a/b", "a/#", "c/+", "c/d", "a", "e/f/g", "e/+/g"))
        #expect(needed.map(\.text) == ["a/#", "c/+", "e/+/g"])
        #expect(DiscoveryFilter.needed(of: try filters("a/b", "#")).map(\.text) == ["#"])
    }

    @Test("wildcards at the beginning do not cover topics with a dollar")
    func dollars() throws {
        #expect(DiscoveryFilter.needed(of: try filters("#", "$tocsin/x")).count == 2)
    }

    @Test("filters that only overlap are found")
    func overlap() throws {
        #expect(DiscoveryFilter.overlap(in: try filters("a/+/c", "a/b/#")) != nil)
        #expect(DiscoveryFilter.overlap(in: try filters("a/+/c", "a/b/d", "b/#")) == nil)
        #expect(DiscoveryFilter.overlap(in: try filters("a/b", "a/b/#")) != nil)
    }
}
