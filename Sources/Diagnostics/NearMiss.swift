/// Finds the name that was probably meant.
package enum NearMiss {
    /// The advice for an unknown name.
    package struct Suggestion: Sendable {
        package var hint: String?
        /// The nearest known name; `nil` if none is near.
        package var fix: String?
    }

    /// Suggests the nearest known name; if none is near, lists them all.
    /// - Parameters:
    ///   - candidates: the known names.
    ///   - list: the words in front of the list: `known` makes `known: a, b`. `nil`: no list.
    ///   - listMax: the largest number of names that are listed.
    package static func suggestion(
        for name: String, among candidates: some Sequence<String>, list: String? = "known", listMax: Int = .max
    ) -> Suggestion {
        if let best = best(for: name, among: candidates) { return Suggestion(hint: question(best), fix: best) }
        let names = candidates.prefix(listMax).joined(separator: ", ")
        return Suggestion(hint: names.isEmpty ? nil : list.map { "\($0): \(names)" })
    }

    /// Returns `did you mean 'water_level'?`, or `nil` if no name is near.
    package static func hint(for name: String, among candidates: some Sequence<String>) -> String? {
        best(for: name, among: candidates).map(question)
    }

    package static func question(_ name: String) -> String { "did you mean '\(name)'?" }

    /// Returns the nearest name, or `nil` if no name is near. At most a third of its characters may differ.
    package static func best(for name: String, among candidates: some Sequence<String>) -> String? {
        let limit = max(1, name.count / 3)
        return candidates.map { (candidate: $0, distance: distance(name, $0, limit: limit)) }
            .filter { $0.distance <= limit }
            .min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }?.candidate
    }

    /// Returns the Damerau–Levenshtein distance (optimal string alignment). Values over `limit` are not exact.
    package static func distance(_ a: String, _ b: String, limit: Int) -> Int {
        let a = Array(a.lowercased()), b = Array(b.lowercased())
        if abs(a.count - b.count) > limit { return limit + 1 }
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = Swift.min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = Swift.min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
