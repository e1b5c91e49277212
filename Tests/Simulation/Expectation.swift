import Telemetry

/// The expected results of the ``Plant``'s rules: a model that uses nothing of the engine.
struct Expectation {
    /// A change of the flood rule at one station.
    struct Move: Equatable, CustomStringConvertible {
        var kind: String
        var from: String
        var to: String
        /// The time, or `nil` if it cannot be predicted.
        var time: String?
        var description: String { "\(kind) \(from)→\(to)\(time.map { " at \($0)" } ?? "")" }
    }

    /// A hot period, from the first hot reading to the first that is not.
    struct Heat {
        var start: Instant
        var end: Instant?
    }

    private static let names = ["normal", "watch", "warning"]

    /// Returns the changes of the flood rule, from the readings of one station in the order of arrival.
    static func floodMoves(_ readings: [(time: Instant, value: Double)], withTimes: Bool) -> (
        moves: [Move], level: String
    ) {
        var moves: [Move] = []
        var level = 0
        var newest = Instant.distantPast
        for (time, value) in readings where !withTimes || time >= newest {
            newest = time
            let holds = value > 3 ? 2 : value > 2 ? 1 : 0
            let next = holds > 0 ? holds : level == 0 || value < 1 ? 0 : 1
            if next != level {
                let kind = next == 0 ? "cleared" : level == 0 ? "raised" : next > level ? "rose" : "fell"
                moves.append(
                    Move(kind: kind, from: names[level], to: names[next], time: withTimes ? time.description : nil))
            }
            level = next
        }
        return (moves, names[level])
    }

    static func heats(_ readings: [(time: Instant, value: Double)]) -> [Heat] {
        var heats: [Heat] = []
        for (time, value) in readings {
            let isOpen = heats.last.map { $0.end == nil } ?? false
            if value > 30, !isOpen { heats.append(Heat(start: time)) }
            if value <= 30, isOpen { heats[heats.count - 1].end = time }
        }
        return heats
    }
}
