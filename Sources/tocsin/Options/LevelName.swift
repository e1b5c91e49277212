internal import AlarmModel
import ArgumentParser
import Diagnostics

/// A level of the ladder. The names of a ladder's levels are known once the store is open.
struct LevelName: ExpressibleByArgument {
    private let text: String

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        text = argument
    }

    /// - Throws: `ValidationError` if the ladder does not have the level.
    func level(on ladder: Ladder) throws -> Level {
        if let level = ladder.level(named: text) { return level }
        let hint = NearMiss.hint(for: text, among: ladder.names) ?? "the levels are \(ladder)"
        throw ValidationError("'\(text)' is not a level: \(hint)")
    }
}
