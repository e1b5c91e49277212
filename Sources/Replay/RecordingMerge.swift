package import Diagnostics
package import Telemetry

/// Several recordings as one, in the order of time. Messages of the same time come in the order of the recordings.
///
/// Each message costs one comparison for each recording.
package struct RecordingMerge {
    private var readers: [RecordingReader]
    /// The next message of each reader; `nil` at its end.
    private var heads: [RecordedMessage?]
    /// The reader whose next message has not been read yet. It is read late, so that a mistake comes after the messages
    /// before it.
    private var taken: Int?

    /// Reads the first message of each recording.
    package init(_ readers: [RecordingReader]) throws(DiagnosticList) {
        self.readers = readers
        heads = []
        for index in readers.indices { heads.append(try self.readers[index].next()) }
    }

    /// The time of the first message, before the first call of ``next()``; `nil` without messages. Start the scenario's
    /// clock there.
    package var start: Instant? { heads.lazy.compactMap { $0?.time }.min() }

    /// The next message; `nil` at the end of all recordings.
    package mutating func next() throws(DiagnosticList) -> RecordedMessage? {
        if let taken { heads[taken] = try readers[taken].next() }
        taken = nil
        var first: (index: Int, message: RecordedMessage)?
        for (index, head) in heads.enumerated() {
            guard let head, head.time < first?.message.time ?? .distantFuture else { continue }
            first = (index, head)
        }
        guard let first else { return nil }
        heads[first.index] = nil
        taken = first.index
        return first.message
    }
}
