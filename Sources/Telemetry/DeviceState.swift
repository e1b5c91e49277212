/// A state of a device that must survive a restart, beside its readings. The code that owns the state packs it into
/// words.
package struct DeviceState: Sendable {
    /// A fixed number of words, so that a state allocates nothing.
    package typealias Words = InlineArray<48, UInt64>

    /// The series that the state belongs to.
    package var series: SeriesID
    package var words: Words

    package init(series: SeriesID, words: Words) {
        self.series = series
        self.words = words
    }

    /// Packs a state: its tag first, then its words.
    package struct Writer {
        package private(set) var words = Words(repeating: 0)
        private var count = 1

        /// - Parameter tag: marks the kind and version of the state, so that another one is not mistaken for it.
        package init(tag: UInt64) { words[0] = tag }

        package mutating func add(_ word: UInt64) {
            words[count] = word
            count += 1
        }

        package mutating func add(_ number: Int64) { add(UInt64(bitPattern: number)) }
    }

    /// Reads a state in the order in which it was packed.
    package struct Reader {
        private let words: Words
        private var count = 1

        /// `nil` if the words are a state of another kind.
        package init?(_ words: Words, tag: UInt64) {
            guard words[0] == tag else { return nil }
            self.words = words
        }

        package mutating func next() -> Int64 {
            defer { count += 1 }
            return Int64(bitPattern: words[count])
        }
    }
}
