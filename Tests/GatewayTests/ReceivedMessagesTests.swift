import MQTT
import Store
import TestSupport
import Testing

@testable import Gateway

/// How a message that the broker sends again is told from one that only looks like it.
@Suite struct ReceivedMessagesTests {
    private static let payload = Array("{\"rain\":0.2}".utf8)

    private static func with<Result>(
        _ identifier: UInt16, again: Bool, topic: String = "t", _ payload: [UInt8] = payload, resumption: Int = 0,
        _ body: (IncomingMessage) -> Result
    ) -> Result {
        Array(topic.utf8).withUnsafeBytes { topic in
            payload.withUnsafeBytes { payload in
                body(
                    IncomingMessage(
                        topic: topic, payload: payload, qos: 1, isRetained: false, identifier: identifier, isDuplicate: again,
                        resumption: resumption))
            }
        }
    }

    /// Whether a message is news.
    private func isNews(
        _ received: inout ReceivedMessages, _ identifier: UInt16, again: Bool, topic: String = "t", _ payload: [UInt8] = payload
    ) -> Bool {
        Self.with(identifier, again: again, topic: topic, payload) { received.take($0) != nil }
    }

    @Test("the broker's mark, the packet's identifier and the bytes have to agree")
    func agreement() {
        var received = ReceivedMessages()
        for identifier in 1...3 as ClosedRange<UInt16> { #expect(isNews(&received, identifier, again: false)) }
        received.acknowledgementsReleased()
        #expect(!isNews(&received, 1, again: true))
        #expect(!isNews(&received, 2, again: true))
        // It was sent, and not received.
        #expect(isNews(&received, 4, again: true))
        var other = ReceivedMessages()
        _ = isNews(&other, 1, again: false)
        #expect(isNews(&other, 1, again: true, Array("{\"rain\":0.4}".utf8)))
        var third = ReceivedMessages()
        _ = isNews(&third, 1, again: false)
        #expect(isNews(&third, 1, again: true, topic: "u"))
        var fourth = ReceivedMessages()
        _ = isNews(&fourth, 1, again: false)
        fourth.acknowledgementsReleased()
        #expect(isNews(&fourth, 1, again: false))
    }

    @Test("a broker that uses an identifier again at once loses nothing by it")
    func reuse() {
        var received = ReceivedMessages()
        for _ in 0..<5 {
            #expect(isNews(&received, 1, again: false))
            received.acknowledgementsReleased()
        }
        // It may be the next one, of which the first sending was lost.
        #expect(isNews(&received, 1, again: true))
        // This one is in hand.
        #expect(!isNews(&received, 1, again: true))
    }

    @Test("a broker whose memory was set back sends again without a mark: what is unmistakable is recognised, nothing is lost")
    func setBack() {
        func payload(_ number: Int) -> [UInt8] { Array("{\"t\":\(number),\"rain\":0.2}".utf8) }
        func isNews(_ received: inout ReceivedMessages, _ identifier: UInt16, _ payload: [UInt8], _ resumption: Int, again: Bool = false)
            -> Bool
        {
            Self.with(identifier, again: again, payload, resumption: resumption) { received.take($0) != nil }
        }
        var received = ReceivedMessages()
        for number in 1...10 { #expect(isNews(&received, UInt16(number), payload(number), 0)) }
        received.acknowledgementsReleased()
        // It knows of 1 to 6, and gives the identifiers after that to new messages.
        for number in 4...6 { #expect(!isNews(&received, UInt16(number), payload(number), 1)) }
        for number in 7...9 { #expect(isNews(&received, UInt16(number), payload(number + 10), 1)) }
        received.acknowledgementsReleased()
        // From then on all is as it was, also where an identifier of its lost time comes with the same bytes.
        #expect(!isNews(&received, 9, payload(19), 2, again: true))
        #expect(isNews(&received, 10, payload(10), 2, again: true))
        // Tips that are all the same: what is sent again is not told from new ones, and kept.
        var tips = ReceivedMessages()
        for number in 1...10 { #expect(isNews(&tips, UInt16(number), payload(0), 0)) }
        tips.acknowledgementsReleased()
        for number in 7...9 { #expect(isNews(&tips, UInt16(number), payload(0), 1)) }
        // Without a resumption nothing is sent again without a mark.
        var other = ReceivedMessages()
        #expect(isNews(&other, 1, payload(1), 0))
        #expect(isNews(&other, 1, payload(1), 0))
    }

    @Test("a new session knows nothing of the one before")
    func newSession() {
        var received = ReceivedMessages()
        for identifier in 1...3 as ClosedRange<UInt16> { _ = isNews(&received, identifier, again: false) }
        received.forget()
        for identifier in 1...3 as ClosedRange<UInt16> { #expect(isNews(&received, identifier, again: true)) }
        for identifier in 1...3 as ClosedRange<UInt16> { #expect(!isNews(&received, identifier, again: true)) }
    }

    @Test("topic and payload are told apart, and every byte of them counts")
    func digests() {
        func digest(_ topic: String, _ payload: [UInt8]) -> UInt64 {
            Self.with(1, again: false, topic: topic, payload) { MessageDigest.of($0) }
        }
        var seen: Set<UInt64> = [
            digest("ab", [UInt8(ascii: "c")]), digest("a", Array("bc".utf8)), digest("abc", []), digest("", Array("abc".utf8)),
        ]
        #expect(seen.count == 4)
        seen = []
        for length in 0..<64 { seen.insert(digest("t", [UInt8](repeating: 0, count: length))) }
        #expect(seen.count == 64)
        let bytes = (0..<61).map { UInt8($0) }
        seen = [digest("t", bytes)]
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                seen.insert(digest("t", changed))
            }
        }
        #expect(seen.count == 61 * 8 + 1)
    }

    /// A broker that counts its identifiers, a gateway that dies and loses its link, and the store between its lives.
    private struct World {
        struct Packet {
            var number: Int
            var identifier: UInt16
            var wasSent = false
        }
        var broker: [Packet] = []
        var published = 0
        /// How many of the broker's packets have been read on this link.
        var read = 0
        var rows: [(last: Int64, marks: [MessageMark])] = []
        var batch: [(number: Int, mark: MessageMark)] = []
        var received = ReceivedMessages()
        var stored: [Int] = []

        mutating func publish(_ count: Int) {
            for _ in 0..<count {
                broker.append(Packet(number: published, identifier: UInt16(published % 65_535 + 1)))
                published += 1
            }
            stored += Array(repeating: 0, count: count)
        }

        mutating func read(_ count: Int) {
            for packet in broker[read...].prefix(count) {
                let mark = ReceivedMessagesTests.with(packet.identifier, again: packet.wasSent) { received.take($0) }
                if let mark { batch.append((packet.number, mark)) }
                read += 1
            }
        }

        mutating func commit() {
            for (number, _) in batch { stored[number] += 1 }
            if !batch.isEmpty {
                rows.append((received.last, batch.map(\.mark)))
                let forgotten = received.forgottenAfterRelease
                rows.removeAll { $0.last <= forgotten }
            }
            batch = []
            received.acknowledgementsReleased()
        }

        mutating func acknowledge(_ count: Int) {
            broker.removeFirst(count)
            read -= count
        }

        /// What the link had room for may have been on its way.
        mutating func loseLink(sent: Int) {
            for index in broker.indices.prefix(max(read, sent)) { broker[index].wasSent = true }
            read = 0
        }

        mutating func die() {
            batch = []
            received = ReceivedMessages()
            received.restore(rows)
        }
    }

    @Test("every one of 150,000 equal messages is stored once, however links and processes end", arguments: [3, 8, 21] as [UInt64])
    func random(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var world = World()
        while world.published < 150_000 {
            world.publish(Int.random(in: 0...400, using: &random))
            world.read(Int.random(in: 0...600, using: &random))
            let isCommitted = Int.random(in: 0..<4, using: &random) > 0
            if isCommitted { world.commit() }
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                if isCommitted { world.acknowledge(Int.random(in: 0...world.read, using: &random)) }
                world.loseLink(sent: Int.random(in: 0...1000, using: &random))
            case 1:
                if isCommitted { world.acknowledge(Int.random(in: 0...world.read, using: &random)) }
                world.loseLink(sent: Int.random(in: 0...1000, using: &random))
                world.die()
            default: if isCommitted { world.acknowledge(world.read) }
            }
        }
        world.loseLink(sent: 0)
        world.read(world.broker.count)
        world.commit()
        #expect(world.stored.filter { $0 != 1 }.isEmpty)
        #expect(world.rows.reduce(0) { $0 + $1.marks.count } <= Int(ReceivedMessages.owedMax) + 2000)
    }
}
