internal import Foundation
internal import GRDB

/// What a message of QoS 1 is recognised by when the broker sends it again.
package struct MessageMark: Hashable, Sendable, BitwiseCopyable {
    /// The packet's identifier, which a message keeps when it is sent again (MQTT v5, 4.4).
    package var identifier: UInt16
    /// Of its topic and payload.
    package var digest: UInt64
    /// The broker counted on from an identifier that it had given to another message before: its memory was set back by
    /// a crash, or it has used up identifiers for messages that it threw away.
    package var beginsAnew: Bool

    package init(identifier: UInt16, digest: UInt64, beginsAnew: Bool = false) {
        self.identifier = identifier
        self.digest = digest
        self.beginsAnew = beginsAnew
    }
}

/// The messages of a commit, and which earlier ones need not be kept any more.
package struct ReceivedBatch: Sendable {
    package var marks: [MessageMark] = []
    /// The number of the last message that was received.
    package var last: Int64 = 0
    /// Up to this number the broker has got the acknowledgements.
    package var forgottenUpTo: Int64 = 0
    /// The broker has begun a new session, and knows nothing of earlier messages.
    package var isNewSession = false

    package init() {}

    mutating func removeAll() {
        marks.removeAll(keepingCapacity: true)
        isNewSession = false
    }
}

extension Store {
    /// The messages that were committed last, in the order in which they came, by commit, with the number of its last
    /// one.
    package func receivedMessages() throws -> [(last: Int64, marks: [MessageMark])] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT last, marks FROM received_message ORDER BY last").compactMap { row in
                unreadable.read(row, of: "received_message") { row throws(UnreadableValue) in
                    (try row.value("last"), Self.unpack(try row.value("marks")))
                }
            }
        }
    }

    /// Stores the messages of a commit, and removes those that are no longer needed. A row for all of them: a row for
    /// each would cost as much as their readings.
    static func keep(_ received: ReceivedBatch, _ db: Database) throws {
        if received.isNewSession { try db.execute(sql: "DELETE FROM received_message") }
        guard !received.marks.isEmpty else { return }
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO received_message (last, marks) VALUES (?, ?)").execute(
            arguments: [received.last, pack(received.marks)])
        try db.cachedStatement(sql: "DELETE FROM received_message WHERE last <= ?").execute(arguments: [
            received.forgottenUpTo
        ])
    }

    private static let markSize = 10
    /// An entry with this identifier, which no packet has (MQTT v5, 2.2.1), comes before a mark that
    /// ``MessageMark/beginsAnew``.
    private static let anew: UInt16 = 0

    private static func pack(_ marks: [MessageMark]) -> Data {
        var data = Data(capacity: marks.count * markSize)
        func append(_ identifier: UInt16, _ digest: UInt64) {
            withUnsafeBytes(of: identifier.littleEndian) { data.append(contentsOf: $0) }
            withUnsafeBytes(of: digest.littleEndian) { data.append(contentsOf: $0) }
        }
        for mark in marks {
            if mark.beginsAnew { append(anew, 0) }
            append(mark.identifier, mark.digest)
        }
        return data
    }

    /// A row that is not as it was written gives what can be read of it.
    private static func unpack(_ data: Data) -> [MessageMark] {
        data.withUnsafeBytes { bytes in
            var marks: [MessageMark] = []
            marks.reserveCapacity(bytes.count / markSize)
            var beginsAnew = false
            for at in stride(from: 0, through: bytes.count - markSize, by: markSize) {
                let identifier = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt16.self))
                let digest = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 2, as: UInt64.self))
                if identifier != anew {
                    marks.append(MessageMark(identifier: identifier, digest: digest, beginsAnew: beginsAnew))
                }
                beginsAnew = identifier == anew
            }
            return marks
        }
    }
}
