import Foundation
import Testing

/// Tests that the ratchet only falls.
@Suite struct RatchetTests {
    private static func finding(_ file: String, weight: Int = 1) -> Finding {
        Finding(file: file, line: 1, what: "a", remedy: "b", weight: weight)
    }

    private static let ratchet = Ratchet(counts: ["check": ["A.swift": 2, "B.swift": 1]])

    @Test("as many findings as allowed are not a failure")
    func equal() {
        let found = [Self.finding("A.swift"), Self.finding("A.swift"), Self.finding("B.swift")]
        #expect(Self.ratchet.failures(of: "check", found) == [])
        #expect(
            Self.ratchet.failures(of: "check", [Self.finding("A.swift", weight: 2), Self.finding("B.swift")]) == [])
    }

    @Test("more findings than allowed are all reported")
    func more() {
        let found = [Self.finding("A.swift", weight: 3), Self.finding("B.swift"), Self.finding("C.swift")]
        #expect(
            Self.ratchet.failures(of: "check", found) == [
                "A.swift:1: a: b (check: 3 in this file, and the ratchet allows 2)", "C.swift:1: a: b",
            ])
        #expect(Self.ratchet.failures(of: "other", [Self.finding("A.swift")]) == ["A.swift:1: a: b"])
    }

    @Test("fewer findings than allowed are a failure too")
    func fewer() {
        #expect(
            Self.ratchet.failures(of: "check", [Self.finding("A.swift")]) == [
                "\(Ratchet.path):1: 'check' of A.swift counts 1, and the ratchet still allows 2: "
                    + "lower the ratchet to 1, or run with TOCSIN_TIDY_RATCHET=write",
                "\(Ratchet.path):1: 'check' of B.swift counts 0, and the ratchet still allows 1: "
                    + "remove the entry, or run with TOCSIN_TIDY_RATCHET=write",
            ])
    }

    @Test("the next ratchet is lower, and follows findings to another file")
    func lowered() {
        func lowered(_ files: [String: Int]) -> [String: Int]? {
            Self.ratchet.lowered(to: Ratchet(counts: ["check": files])).counts["check"]
        }
        #expect(lowered(["A.swift": 1]) == ["A.swift": 1])
        #expect(lowered([:]) == nil)
        #expect(lowered(["Renamed.swift": 2, "B.swift": 1]) == ["Renamed.swift": 2, "B.swift": 1])
    }

    @Test("the next ratchet is not higher if a check finds more in total")
    func notRaised() {
        let found = Ratchet(counts: ["check": ["A.swift": 1, "B.swift": 5, "C.swift": 1], "new": ["A.swift": 1]])
        #expect(Self.ratchet.lowered(to: found).counts == ["check": ["A.swift": 1, "B.swift": 1]])
    }

    @Test("a ratchet can be written and read")
    func json() throws {
        #expect(try Ratchet(json: Self.ratchet.json()) == Self.ratchet)
        #expect(
            String(decoding: try Ratchet(counts: ["c": ["Sources/A.swift": 1]]).json(), as: UTF8.self)
                == "{\n  \"c\" : {\n    \"Sources/A.swift\" : 1\n  }\n}\n")
    }

    @Test("a count is the sum of the weights")
    func counts() {
        let found = ["check": [Self.finding("A.swift", weight: 2), Self.finding("A.swift")], "other": []]
        #expect(Ratchet(found).counts == ["check": ["A.swift": 3]])
    }
}
