internal import AlarmModel
import Alarms

/// One JSON object a line, keys in order, for tools. No character in it steers a terminal.
enum JSONText {
    static func line(_ value: some Encodable) -> String { CanonicalJSON.text(value) }
}

/// The colours of the ladder: blue, yellow, orange, red, spread over a ladder of any length, its top always red.
enum LevelColour {
    static func code(_ level: String, _ ladder: Ladder) -> String {
        // Each with a ground of its own, so that it can be read on black and on white.
        let codes = ["1;37;44", "30;43", "30;48;5;208", "1;37;41"]
        guard let rank = ladder.names.firstIndex(of: level) else { return "0" }
        return codes[ladder.count <= 1 ? 3 : rank * 3 / (ladder.count - 1)]
    }
}
