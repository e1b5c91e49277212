internal import Diagnostics

extension ClockTolerance {
    static func read(_ reader: inout YAMLReader) -> ClockTolerance {
        var tolerance = ClockTolerance()
        guard let node = reader.node("clock") else { return tolerance }
        var clock = YAMLReader(node, "the clock's tolerance")
        if let ahead = clock.span("ahead") { tolerance.ahead = ahead }
        tolerance.behind = clock.span("behind")
        reader.problems += clock.finish()
        return tolerance
    }
}
