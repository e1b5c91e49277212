internal import Foundation
internal import GRDB

/// A row of the table `received_message`: the messages of one commit. They identify messages that the broker sends
/// again.
///
/// `last` is the number of its last message, counted over all commits. `marks` holds 10 bytes for each message, see
/// ``MessageMark``: its packet identifier and its digest, in little-endian order.
struct ReceivedMessageRow: WritableRow {
    enum Column: String, CaseIterable { case last, marks }

    static let table = "received_message"
    static let key = [Column.last]

    var last: Int64
    var marks: [MessageMark]

    init(last: Int64, marks: [MessageMark]) { (self.last, self.marks) = (last, marks) }

    init(_ row: StoredRow<ReceivedMessageRow>) throws(UnreadableValue) {
        last = try row.value(.last)
        marks = MessageMark.unpack(try row.value(.marks))
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .last: last
        case .marks: MessageMark.pack(marks)
        }
    }

    fileprivate static let statement = insertion("INSERT OR REPLACE INTO", of: Column.allCases)
}

/// The identity of a message of QoS 1 when the broker sends it again.
package struct MessageMark: Hashable, Sendable, BitwiseCopyable {
    /// The packet's identifier, which a message keeps when it is sent again (MQTT v5, 4.4).
    package var identifier: UInt16
    /// A digest of its topic and payload.
    package var digest: UInt64
    /// Set if the broker counts on from an identifier that it had given to another message before. A crash has set
    /// its memory back, or it has used up identifiers for messages that it dropped.
    package var beginsAnew: Bool

    package init(identifier: UInt16, digest: UInt64, beginsAnew: Bool = false) {
        self.identifier = identifier
        self.digest = digest
        self.beginsAnew = beginsAnew
    }
}

/// The messages of a commit, and the earlier ones that are no longer needed.
package struct ReceivedBatch: Sendable {
    /// The messages, in the order in which they arrived.
    package var marks: [MessageMark] = []
    /// The number of the last message that was received.
    package var last: Int64 = 0
    /// The number of the last message whose acknowledgement has reached the broker.
    package var forgottenUpTo: Int64 = 0
    /// Set if the broker has begun a new session, and knows nothing of earlier messages.
    package var isNewSession = false

    package init() {}

    mutating func removeAll() {
        marks.removeAll(keepingCapacity: true)
        isNewSession = false
    }
}

extension Store {
    /// Returns the messages of the last commits, in the order of arrival. Each commit comes with the number of its last
    /// message.
    package func receivedMessages() throws -> [(last: Int64, marks: [MessageMark])] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT last, marks FROM received_message ORDER BY last").compactMap { row in
                unreadable.read(row, as: ReceivedMessageRow.self).map { ($0.last, $0.marks) }
            }
        }
    }

    /// Stores the messages of a commit, and removes those that are no longer needed. All of them are one row, because a
    /// row for each message would cost as much as its readings.
    static func keep(_ received: ReceivedBatch, _ db: Database) throws {
        if received.isNewSession { try db.execute(sql: "DELETE FROM received_message") }
        guard !received.marks.isEmpty else { return }
        try ReceivedMessageRow(last: received.last, marks: received.marks).write(by: ReceivedMessageRow.statement, db)
        try db.cachedStatement(sql: "DELETE FROM received_message WHERE last <= ?").execute(arguments: [
            received.forgottenUpTo
        ])
    }

}

extension MessageMark {
    private static let markSize = 10
    /// The identifier of an entry before a mark that ``beginsAnew``. No packet has it (MQTT v5, 2.2.1).
    private static let anew: UInt16 = 0

    fileprivate static func pack(_ marks: [MessageMark]) -> Data {
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

    /// Reads the readable part of a row; an incomplete entry at its end is left out.
    fileprivate static func unpack(_ data: Data) -> [MessageMark] {
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
