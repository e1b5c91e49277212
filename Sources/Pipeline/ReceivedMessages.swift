internal import MQTT
internal import Store

// Wrapping operators: packet identifiers wrap at 2¹⁶, as the broker's do.

/// Remembers the latest messages of QoS 1, to distinguish a message that the broker sends again from one that only
/// looks the same.
///
/// A message counts as sent again if three things agree: the broker marks it (DUP), its packet identifier was received
/// before, and topic and payload are the same. None of them is enough alone. The mark only says that the broker sent
/// the message before, not that it was received. Identifiers are used again. Two tips of a rain gauge have the same
/// bytes.
///
/// A broker that was killed may not remember that it sent a message, and may send it without a mark. Such a message
/// comes before any new one. It is recognised by its identifier and its bytes, if no other remembered message has the
/// same bytes. Each message is recognised that way at most once. It is never recognised under an identifier that a
/// broker may choose by taking the lowest free one: there it is a new message that looks the same.
///
/// The received messages are stored in one transaction with their readings. So after a crash the gateway knows exactly
/// which messages are stored. The memory is fixed, and a message costs O(1) and no allocation.
struct ReceivedMessages {
    private struct Entry {
        /// The number of the message, counted over all messages; 0 for none.
        var number: Int64 = 0
        var digest: UInt64 = 0
        /// Set once the message has come again without a mark. If it comes once more, it is another message.
        var hasComeUnmarked = false
        /// Set if the previous message with this identifier had the same bytes.
        var looksLikePredecessor = false
    }

    /// Half of the identifiers. A broker counts identifiers up, and begins again after 65,535. It is sure that messages
    /// older than this were acknowledged, so an identifier that comes again belongs to another message.
    static let owedMax: Int64 = 32_767
    /// The most messages in flight at once. An identifier that comes again after fewer messages was reused as soon as
    /// it was free. After more messages, the broker has spent identifiers on messages that it dropped.
    private static let reuseMax: Int64 = 4096

    /// The remembered messages, by packet identifier.
    private var entries = Array(repeating: Entry(), count: 65_536)
    /// The number of the last message.
    private(set) var last: Int64 = 0
    /// The number of the last message whose acknowledgement was sent.
    private var released: Int64 = 0
    /// After a start, the last message before the newest commit, whose acknowledgements may not have been sent. It is
    /// valid until a message comes that was not received before, because the broker sends old messages first.
    private var surelyReleased = Int64.max
    /// The broker has received the acknowledgements up to this number.
    private var forgottenUpTo: Int64 = 0
    /// Set if the broker reuses an identifier as soon as it is free. Then only a message that was never acknowledged
    /// can be recognised: storing twice is better than losing it.
    private var isReusing = false
    /// The number of the message at which the broker's identifiers last started over; 0 for none.
    private var lastJump: Int64 = 0
    /// The newest connection on which the broker resumed its session, and whether all messages on it were received
    /// before.
    private var resumption = 0
    private var isRepeating = false
    /// The number of messages on that connection.
    private var countOnConnection = 0

    /// Takes a message of QoS 1.
    /// - Returns: the mark that will recognise it; `nil` if it was received before.
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

    /// Returns whether a broker that reuses identifiers still waits for a message's acknowledgement. After a start this
    /// is unknown for the messages that were committed last. If messages all look the same, storing them twice is
    /// better than losing them.
    private func isInHand(_ entry: Entry) -> Bool {
        entry.number > released
            || entry.number > surelyReleased && !entry.looksLikePredecessor && isUnique(entry.digest)
    }

    /// Learns how the broker chooses identifiers, from a new message whose identifier belonged to another message a
    /// while ago.
    /// - Returns: true if the broker counts on from there.
    private mutating func meet(_ entry: Entry, _ identifier: UInt16) -> Bool {
        let next = last + 1
        // On a connection's first new message, the broker's memory was set back.
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

    /// Returns whether only one remembered message has these bytes. O(65,536). It is needed after a crash that set the
    /// broker's memory back to before it had sent a message. The broker sends that message again without a mark, and
    /// gives the identifiers that it no longer knows to new messages. So bytes that come often prove nothing.
    private func isUnique(_ digest: UInt64) -> Bool {
        var count = 0
        for entry in entries where entry.number > forgottenUpTo && entry.digest == digest { count += 1 }
        return count == 1
    }

    /// Forgets the messages of an identifier and of all later ones, because the broker counts on from there.
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

    /// The number up to which messages can be forgotten once everything received is acknowledged.
    var forgottenAfterRelease: Int64 { max(forgottenUpTo, last - max(Self.owedMax, last - released)) }

    /// Notes that all acknowledgements were sent. The broker may not receive them.
    mutating func acknowledgementsReleased() {
        forgottenUpTo = forgottenAfterRelease
        released = last
    }

    /// Forgets everything, because the broker has begun a new session and counts its identifiers from the start.
    mutating func forget() {
        forgottenUpTo = last
        released = last
        surelyReleased = .max
        (isReusing, lastJump) = (false, 0)
    }

    /// Restores the messages that another process, or the intake before a reload, had received.
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
