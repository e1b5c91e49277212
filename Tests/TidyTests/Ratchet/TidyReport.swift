import Foundation

/// The findings of all checks in the repository, and the ratchet.
struct TidyReport: Sendable {
    var findings: [String: [Finding]]
    var ratchet: Ratchet

    /// Checks the repository at `root`.
    ///
    /// - Parameter writesRatchet: Rewrites the ratchet first: lower than before, or with all findings if the file is
    ///   missing.
    init(root: String, writesRatchet: Bool) throws {
        let tree = try SourceTree(root: root)
        findings = Dictionary(
            uniqueKeysWithValues: TidyCheck.allCases.map { ($0.rawValue, $0.findings(in: tree)) })
        let file = URL(fileURLWithPath: root + "/" + Ratchet.path)
        let checkedIn =
            FileManager.default.fileExists(atPath: file.path) ? try Ratchet(json: Data(contentsOf: file)) : nil
        ratchet = checkedIn ?? Ratchet()
        guard writesRatchet else { return }
        let found = Ratchet(findings)
        ratchet = checkedIn?.lowered(to: found) ?? found
        try ratchet.json().write(to: file)
    }

    /// The messages about a check.
    func failures(of check: TidyCheck) -> [String] {
        ratchet.failures(of: check.rawValue, findings[check.rawValue, default: []])
    }

    /// The names in the ratchet that are not those of a check.
    var unknownChecks: [String] {
        ratchet.counts.keys.filter { TidyCheck(rawValue: $0) == nil }.sorted()
    }
}
