import Foundation
import TestSupport
import Testing

/// Checks the rules of this repository: who imports what, where unsafe code may be, and how long lines, functions and
/// files are.
///
/// `Ratchet.json` counts the findings that remain to be fixed. After a fix, lower it with
/// `TOCSIN_TIDY_RATCHET=write swift test --filter TidyTests`.
@Suite struct TidyTests {
    static let report = Result {
        try TidyReport(
            root: RepositoryRoot.path,
            writesRatchet: ProcessInfo.processInfo.environment["TOCSIN_TIDY_RATCHET"] == "write")
    }

    @Test("a check finds as much as the ratchet allows", arguments: TidyCheck.allCases)
    func check(_ check: TidyCheck) throws {
        for failure in try Self.report.get().failures(of: check) {
            Issue.record(Comment(rawValue: failure))
        }
    }

    @Test("every name in the ratchet is that of a check")
    func namesInRatchet() throws {
        #expect(try Self.report.get().unknownChecks == [])
    }
}
