internal import MQTT
internal import Store

/// The messages of QoS 1 that came in last, so that one that the broker sends again is told from one that only looks like it.
///
/// A message counts as sent again where three things agree: the broker marks it (DUP), its packet identifier is one that was
/// received, and topic and payload are the same as then. None of them is enough. The mark only says that the broker sent it
/// before, not that it was received; identifiers are used again; and two tips of a rain gauge have the same bytes.
///
/// A broker that was killed may not know any more that it sent a message, and send it without a mark. It comes before any
/// new one, so it is recognised there by its identifier and its bytes, if no other message that is remembered has them.
///
/// What was received is stored with the readings that came of it, in one transaction, so that after a crash it is known
/// exactly which messages are stored. The memory is fixed, and a message costs O(1) and no allocation.
struct ReceivedMessages {
    private struct Entry {
        /// Counted over all messages; 0 for none.
        var number: Int64 = 0
        var digest: UInt64 = 0
    }

    /// A broker counts identifiers up, and begins anew after 65,535. Of the messages before half of that it is sure that they
    /// were acknowledged, and an identifier that comes again is another message's.
    static let owedMax: Int64 = 32_767

    /// By packet identifier.
    private var entries = Array(repeating: Entry(), count: 65_536)
    /// The number of the last message.
    private(set) var last: Int64 = 0
    /// The number of the last message whose acknowledgement was let go.
    private var released: Int64 = 0
    /// Up to this number the broker has got the acknowledgements.
    private var forgottenUpTo: Int64 = 0
    /// The broker gives an identifier to another message as soon as it is free. Then only what was not acknowledged at all
    /// can be recognised: better twice than not at all.
    private var isReusing = false
    /// The newest connection on which the broker went on with its session, and whether all that came over it came before.
    private var resumption = 0
    private var isRepeating = false

    /// Takes a message of QoS 1.
    /// - Returns: what it will be recognised by; `nil` where it was received before.
    mutating func take(_ message: IncomingMessage) -> MessageMark? {
        let mark = MessageMark(identifier: message.identifier, digest: MessageDigest.of(message))
        if message.resumption != resumption { (resumption, isRepeating) = (message.resumption, message.resumption > 0) }
        let entry = entries[Int(mark.identifier)]
        let isOwed = entry.number > forgottenUpTo
        if isOwed, message.isDuplicate, entry.digest == mark.digest, !isReusing || entry.number > released { return nil }
        if isOwed, isRepeating, !isReusing, entry.digest == mark.digest, isUnique(mark.digest) { return nil }
        if isOwed {
            // On a connection's first new message it is the broker's memory that was set back.
            if isRepeating, !isReusing { forget(from: mark.identifier) } else { isReusing = true }
        }
        isRepeating = false
        note(mark)
        return mark
    }

    /// Whether only one message that is remembered has these bytes. O(65,536), for a message that a broker sends again without
    /// a mark: its memory was set back by a crash, to before it had sent the message. It then gives the identifiers of
    /// messages that it no longer knows to new ones, so that bytes which come often tell nothing.
    private func isUnique(_ digest: UInt64) -> Bool {
        var count = 0
        for entry in entries where entry.number > forgottenUpTo && entry.digest == digest { count += 1 }
        return count == 1
    }

    /// Forgets the messages of an identifier and of those that come after it: the broker counts on from there.
    private mutating func forget(from identifier: UInt16) {
        for step in 0..<UInt16(Self.owedMax) { entries[Int(identifier &+ step)].number = 0 }
    }

    private mutating func note(_ mark: MessageMark) {
        last += 1
        entries[Int(mark.identifier)] = Entry(number: last, digest: mark.digest)
    }

    /// What can be forgotten once everything that came in is acknowledged.
    var forgottenAfterRelease: Int64 { max(forgottenUpTo, last - max(Self.owedMax, last - released)) }

    /// Says that the acknowledgements of everything that came in were let go. The broker may not get them.
    mutating func acknowledgementsReleased() {
        forgottenUpTo = forgottenAfterRelease
        released = last
    }

    /// Forgets everything: the broker has begun a new session, and counts its identifiers anew.
    mutating func forget() {
        forgottenUpTo = last
        released = last
        isReusing = false
    }

    /// Takes up what another process, or the one before a reload, had received.
    mutating func restore(_ commits: [(last: Int64, marks: [MessageMark])]) {
        for (number, marks) in commits {
            for (index, mark) in marks.enumerated() {
                let at = number - Int64(marks.count - 1 - index)
                let before = entries[Int(mark.identifier)].number
                if before > 0, at - before < Self.owedMax { isReusing = true }
                entries[Int(mark.identifier)] = Entry(number: at, digest: mark.digest)
            }
            last = number
            acknowledgementsReleased()
        }
    }
}
