internal import MQTT
internal import Store

// Wrapping operators: packet identifiers wrap at 2¹⁶, as the broker's do.

/// The messages of QoS 1 that came in last, so that one that the broker sends again is told from one that only looks
/// like it.
///
/// A message counts as sent again where three things agree: the broker marks it (DUP), its packet identifier is one
/// that was received, and topic and payload are the same as then. None of them is enough. The mark only says that the
/// broker sent it before, not that it was received; identifiers are used again; and two tips of a rain gauge have the
/// same bytes.
///
/// A broker that was killed may not know any more that it sent a message, and send it without a mark. It comes before
/// any new one, so it is recognised there by its identifier and its bytes, if no other message that is remembered has
/// them. Each message is recognised that way once at most, and never under an identifier that a broker may choose which
/// takes the lowest that is free: there it is a new message that looks alike.
///
/// What was received is stored with the readings that came of it, in one transaction, so that after a crash it is known
/// exactly which messages are stored. The memory is fixed, and a message costs O(1) and no allocation.
struct ReceivedMessages {
    private struct Entry {
        /// Counted over all messages; 0 for none.
        var number: Int64 = 0
        var digest: UInt64 = 0
        /// It came again without a mark. Once more, and it is another message.
        var hasComeUnmarked = false
        /// The message that had the identifier before had the same bytes.
        var looksLikePredecessor = false
    }

    /// A broker counts identifiers up, and begins anew after 65,535. Of the messages before half of that it is sure
    /// that they were acknowledged, and an identifier that comes again is another message's.
    static let owedMax: Int64 = 32_767
    /// An identifier that comes again after fewer messages than this was given to another message as soon as it was
    /// free: so many are under way at most. After more, the broker has used identifiers up for messages that it threw
    /// away.
    private static let reuseMax: Int64 = 4096

    /// By packet identifier.
    private var entries = Array(repeating: Entry(), count: 65_536)
    /// The number of the last message.
    private(set) var last: Int64 = 0
    /// The number of the last message whose acknowledgement was let go.
    private var released: Int64 = 0
    /// After a start: the last message before the newest commit, whose acknowledgements may not have been let go. It
    /// counts until a message comes that was not received before: all that the broker sends again comes before it.
    private var surelyReleased = Int64.max
    /// Up to this number the broker has got the acknowledgements.
    private var forgottenUpTo: Int64 = 0
    /// The broker gives an identifier to another message as soon as it is free. Then only what was not acknowledged at
    /// all can be recognised: better twice than not at all.
    private var isReusing = false
    /// The number of the message at which the broker's identifiers were last found to have begun anew; 0 for none.
    private var lastJump: Int64 = 0
    /// The newest connection on which the broker went on with its session, and whether all that came over it came
    /// before.
    private var resumption = 0
    private var isRepeating = false
    /// How many messages have come on that connection.
    private var countOnConnection = 0

    /// Takes a message of QoS 1.
    /// - Returns: what it will be recognised by; `nil` where it was received before.
    mutating func take(_ message: IncomingMessage) -> MessageMark? {
        var mark = MessageMark(identifier: message.identifier, digest: MessageDigest.of(message))
        if message.resumption != resumption {
            (resumption, isRepeating, countOnConnection) = (message.resumption, message.resumption > 0, 0)
        }
        countOnConnection += 1
        let entry = entries[Int(mark.identifier)]
        let isOwed = entry.number > forgottenUpTo
        if isOwed, entry.digest == mark.digest {
            if message.isDuplicate, !isReusing || isInHand(entry) { return nil }
            if isRepeating, !isReusing, !entry.hasComeUnmarked, Int(mark.identifier) > countOnConnection,
                isUnique(mark.digest)
            {
                entries[Int(mark.identifier)].hasComeUnmarked = true
                return nil
            }
        }
        if isOwed { mark.beginsAnew = meet(entry, mark.identifier) }
        isRepeating = false
        note(mark)
        surelyReleased = .max
        return mark
    }

    /// Whether a message of a broker that uses identifiers again is still owed an acknowledgement. After a start that
    /// is not known of those that were committed last; messages that all look alike are then better stored twice than
    /// not at all.
    private func isInHand(_ entry: Entry) -> Bool {
        entry.number > released
            || entry.number > surelyReleased && !entry.looksLikePredecessor && isUnique(entry.digest)
    }

    /// Learns how the broker chooses identifiers, from a new message whose identifier was another message's a while
    /// ago.
    /// - Returns: whether it counts on from there.
    private mutating func meet(_ entry: Entry, _ identifier: UInt16) -> Bool {
        let next = last + 1
        // On a connection's first new message it is the broker's memory that was set back.
        let isJump = isRepeating && !entry.hasComeUnmarked || next - entry.number >= Self.reuseMax
        guard isJump, !isReusing, lastJump == 0 || isRepeating || next - lastJump >= Self.owedMax else {
            isReusing = true
            return false
        }
        noteJump(to: identifier)
        return true
    }

    private mutating func noteJump(to identifier: UInt16) {
        lastJump = last + 1
        forget(from: identifier)
    }

    /// Whether only one message that is remembered has these bytes. O(65,536), for a message that a broker sends again
    /// without a mark: its memory was set back by a crash, to before it had sent the message. It then gives the
    /// identifiers of messages that it no longer knows to new ones, so that bytes which come often tell nothing.
    private func isUnique(_ digest: UInt64) -> Bool {
        var count = 0
        for entry in entries where entry.number > forgottenUpTo && entry.digest == digest { count += 1 }
        return count == 1
    }

    /// Forgets the messages of an identifier and of those that come after it: the broker counts on from there.
    private mutating func forget(from identifier: UInt16) {
        for step in 0..<UInt16(Self.owedMax) where entries[Int(identifier &+ step)].number <= released {
            entries[Int(identifier &+ step)].number = 0
        }
    }

    private mutating func note(_ mark: MessageMark) {
        last += 1
        let before = entries[Int(mark.identifier)]
        entries[Int(mark.identifier)] = Entry(
            number: last, digest: mark.digest,
            looksLikePredecessor: before.number > forgottenUpTo && before.digest == mark.digest)
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
        surelyReleased = .max
        (isReusing, lastJump) = (false, 0)
    }

    /// Takes up what another process, or the one before a reload, had received.
    mutating func restore(_ commits: [(last: Int64, marks: [MessageMark])]) {
        for (number, marks) in commits {
            last = number - Int64(marks.count)
            surelyReleased = last
            for mark in marks {
                let entry = entries[Int(mark.identifier)]
                if mark.beginsAnew {
                    noteJump(to: mark.identifier)
                } else if entry.number > forgottenUpTo {
                    _ = meet(entry, mark.identifier)
                }
                note(mark)
            }
            acknowledgementsReleased()
        }
    }
}
