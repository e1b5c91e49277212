internal import AlarmModel
import Diagnostics

/// The colours of the ladder: blue, yellow, orange and red, spread over a ladder of any length. The top is always red.
enum LevelColour {
    // Each has a background of its own, so that it is readable on black and on white.
    private static let styles = ["1;37;44", "30;43", "30;48;5;208", "1;37;41"].map { TextPaint.Style(code: $0) }

    /// The style of a level's name; plain for a name that is not on the ladder.
    static func style(_ level: String, _ ladder: Ladder) -> TextPaint.Style {
        guard let rank = ladder.names.firstIndex(of: level) else { return TextPaint.Style(code: "0") }
        return styles[ladder.count <= 1 ? 3 : rank * 3 / (ladder.count - 1)]
    }
}
