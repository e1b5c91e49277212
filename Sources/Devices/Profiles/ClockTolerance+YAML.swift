internal import Diagnostics

extension ClockTolerance {
    /// Reads `clock: { ahead: 1m, behind: 2h }`.
    static func read(_ reader: inout YAMLReader, _ key: some RawRepresentable<String>) -> ClockTolerance {
        var tolerance = ClockTolerance()
        guard let node = reader.node(key) else { return tolerance }
        var clock = YAMLReader(node, ClockKey.self)
        if let ahead = clock.span(ClockKey.ahead) { tolerance.ahead = ahead }
        tolerance.behind = clock.span(ClockKey.behind)
        reader.problems += clock.finish()
        return tolerance
    }
}
