import Foundation

/// The number of findings that each check may still have in each file. The numbers may only fall.
///
/// The tests fail if a file has more findings than the ratchet allows, and also if it has fewer, so that someone lowers
/// the ratchet. `TOCSIN_TIDY_RATCHET=write swift test --filter TidyTests` rewrites the file, and never raises the total
/// of a check. While the total does not rise, the number of one file may: findings move when a file is renamed.
struct Ratchet: Sendable, Equatable {
    static let path = "Tests/TidyTests/Ratchet.json"

    /// The counts, by the name of the check and by file, without zeros.
    private(set) var counts: [String: [String: Int]] = [:]

    init(counts: [String: [String: Int]] = [:]) { self.counts = counts }

    init(_ findings: [String: [Finding]]) {
        for (check, found) in findings where !found.isEmpty {
            counts[check] = found.reduce(into: [:]) { $0[$1.file, default: 0] += $1.weight }
        }
    }

    init(json: Data) throws {
        counts = try JSONDecoder().decode([String: [String: Int]].self, from: json)
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(counts) + [Byte.newline]
    }

    func total(_ check: String) -> Int { counts[check, default: [:]].values.reduce(0, +) }

    /// Makes the next ratchet: for each check the counts that were found, if their total is not higher than before.
    /// Otherwise no file gets a higher count than before.
    func lowered(to found: Ratchet) -> Ratchet {
        var lowered = Ratchet()
        for (check, files) in found.counts {
            let before = counts[check, default: [:]]
            let mayMove = found.total(check) <= total(check)
            let limits = files.map { ($0, mayMove ? $1 : min($1, before[$0, default: 0])) }.filter { $0.1 > 0 }
            if !limits.isEmpty { lowered.counts[check] = Dictionary(uniqueKeysWithValues: limits) }
        }
        return lowered
    }

    /// The messages about a check: one for each finding of a file that has too many, and one for each file that has
    /// fewer than the ratchet allows.
    func failures(of check: String, _ findings: [Finding]) -> [String] {
        let allowed = counts[check, default: [:]]
        let byFile = Dictionary(grouping: findings, by: \.file)
        return Set(allowed.keys).union(byFile.keys).sorted().flatMap { file -> [String] in
            let found = byFile[file, default: []]
            let count = found.reduce(0) { $0 + $1.weight }
            let limit = allowed[file, default: 0]
            if count > limit {
                let note = limit == 0 ? "" : " (\(check): \(count) in this file, and the ratchet allows \(limit))"
                return found.map { $0.description + note }
            }
            guard count < limit else { return [] }
            return [
                "\(Self.path):1: '\(check)' of \(file) counts \(count), and the ratchet still allows \(limit): "
                    + (count == 0 ? "remove the entry" : "lower the ratchet to \(count)")
                    + ", or run with TOCSIN_TIDY_RATCHET=write"
            ]
        }
    }
}
