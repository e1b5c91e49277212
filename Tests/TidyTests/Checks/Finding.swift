/// A breach of a rule, which a check found in a file.
struct Finding: Sendable, CustomStringConvertible {
    var file: String
    /// The line, from 1.
    var line: Int
    /// The breach, as a clause: "nothing uses 'a'".
    var what: String
    /// The advice, in the imperative: "remove it".
    var remedy: String
    /// Its share of the ratchet's count: 1, or the number of lines above a limit.
    var weight = 1

    var description: String { "\(file):\(line): \(what): \(remedy)" }
}
