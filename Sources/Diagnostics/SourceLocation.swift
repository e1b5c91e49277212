/// A range of one line of a file. Lines and columns count from 1; columns count Unicode scalars.
package struct SourceLocation: Hashable, Sendable {
    package var file: String
    package var line: Int
    package var column: Int
    /// The number of characters that the caret line underlines; at least 1.
    package var length: Int
    /// The whole line, for the excerpt.
    package var lineText: String

    /// The location as a message names it: `Rules/flood.yaml:9`.
    package var fileAndLine: String { "\(file):\(line)" }
}
