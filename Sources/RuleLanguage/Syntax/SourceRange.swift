internal import Diagnostics

/// A range of the text of one expression.
struct SourceRange: Sendable {
    /// The text of the whole expression.
    var text: ScalarText
    /// The range in the text, counted in Unicode scalars.
    var scalars: Range<Int>

    /// The location in the file. Complexity: O(characters of the text).
    var location: SourceLocation { text.location(scalars) }

    /// The text in the range, as the author wrote it.
    var excerpt: String {
        let characters = text.string.unicodeScalars
        let start = characters.index(characters.startIndex, offsetBy: scalars.lowerBound)
        let end = characters.index(start, offsetBy: scalars.count)
        return String(characters[start..<end])
    }

    /// The smallest range that contains this one and another.
    func joined(_ other: SourceRange) -> SourceRange {
        let start = min(scalars.lowerBound, other.scalars.lowerBound)
        let end = max(scalars.upperBound, other.scalars.upperBound)
        return SourceRange(text: text, scalars: start..<end)
    }
}
