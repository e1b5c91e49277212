import MQTT
import Store
import TestSupport
import Testing

@testable import Gateway
@testable import Pipeline
@testable import SiteConfiguration

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
                        topic: topic, payload: payload, qos: 1, isRetained: false, identifier: identifier,
                        isDuplicate: again,
                        resumption: resumption))
            }
        }
    }

    /// Whether a message is news.
    private func isNews(
        _ received: inout ReceivedMessages, _ identifier: UInt16, again: Bool, topic: String = "t",
        _ payload: [UInt8] = payload
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

    @Test(
        "a broker whose memory was set back sends again without a mark: what is unmistakable is recognised, nothing is lost"
    )
    func setBack() {
        func payload(_ number: Int) -> [UInt8] { Array("{\"t\":\(number),\"rain\":0.2}".utf8) }
        func isNews(
            _ received: inout ReceivedMessages, _ identifier: UInt16, _ payload: [UInt8], _ resumption: Int,
            again: Bool = false
        )
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

    @Test(
        "that a broker's memory was set back is known after a start, so that it does not pass for one that reuses identifiers"
    )
    func setBackBeforeStart() {
        func payload(_ number: Int) -> [UInt8] { Array("{\"t\":\(number)}".utf8) }
        var received = ReceivedMessages()
        var rows: [(last: Int64, marks: [MessageMark])] = []
        func take(_ identifier: UInt16, _ number: Int, resumption: Int) {
            if let mark = Self.with(
                identifier, again: false, payload(number), resumption: resumption, { received.take($0) })
            {
                rows.append((received.last, [mark]))
            }
            received.acknowledgementsReleased()
        }
        for number in 1...50 { take(UInt16(number), number, resumption: 0) }
        // It began a new session with a process that died before it had stored anything of it.
        for number in 1...10 { take(UInt16(number), 50 + number, resumption: 1) }
        #expect(rows.count == 60)
        var next = ReceivedMessages()
        next.restore(rows)
        #expect(Self.with(11, again: false, payload(61), resumption: 1) { next.take($0) != nil })
        next.acknowledgementsReleased()
        // The acknowledgement was lost with the link.
        #expect(Self.with(11, again: true, payload(61), resumption: 2) { next.take($0) == nil })
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
            digest("ab", [UInt8(ascii: "c")]), digest("a", Array("bc".utf8)), digest("abc", []),
            digest("", Array("abc".utf8)),
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

    @Test("a broker that takes the lowest free identifier after a resumed session: equal messages are news, every one")
    func lowestFreeAfterResumption() {
        var received = ReceivedMessages()
        for resumption in 0..<4 {
            for _ in 0..<3 {
                #expect(Self.with(1, again: false, resumption: resumption) { received.take($0) != nil })
                received.acknowledgementsReleased()
            }
        }
    }

    @Test("what comes again without a mark is recognised once, and the next time it is another message")
    func unmarkedOnce() {
        var received = ReceivedMessages()
        func isNews(_ identifier: UInt16, _ payload: [UInt8], _ resumption: Int) -> Bool {
            Self.with(identifier, again: false, payload, resumption: resumption) { received.take($0) != nil }
        }
        for number in 1...10 as ClosedRange<UInt16> { #expect(isNews(number, [UInt8(number)], 0)) }
        received.acknowledgementsReleased()
        #expect(!isNews(7, [7], 1))
        for _ in 0..<3 {
            received.acknowledgementsReleased()
            #expect(isNews(7, [7], 1))
        }
    }

    @Test("what was committed last before a kill may not have been acknowledged, where identifiers are used again too")
    func reuseAndKill() {
        func payload(_ number: Int) -> [UInt8] { Array("{\"t\":\(number)}".utf8) }
        var received = ReceivedMessages()
        var rows: [(last: Int64, marks: [MessageMark])] = []
        for number in 1...3 {
            let mark = Self.with(1, again: false, payload(number)) { received.take($0) }
            received.acknowledgementsReleased()
            if let mark { rows.append((received.last, [mark])) }
        }
        #expect(rows.count == 3)
        var next = ReceivedMessages()
        next.restore(rows)
        // The link comes later than the first turns.
        next.acknowledgementsReleased()
        for resumption in 1...2 {
            #expect(Self.with(1, again: true, payload(3), resumption: resumption) { next.take($0) == nil })
            next.acknowledgementsReleased()
        }
        #expect(Self.with(1, again: false, payload(4), resumption: 2) { next.take($0) != nil })
        next.acknowledgementsReleased()
        // Of messages that all look alike nobody knows.
        var tips = ReceivedMessages()
        tips.restore(rows.map { ($0.last, [MessageMark(identifier: 1, digest: 7)]) })
        #expect(Self.with(1, again: true) { tips.take($0) != nil })
    }

    @Test("identifiers that the broker used up for messages that it threw away do not make it one that uses them again")
    func identifiersUsedUp() {
        func payload(_ number: Int) -> [UInt8] { Array("{\"t\":\(number)}".utf8) }
        var received = ReceivedMessages()
        var rows: [(last: Int64, marks: [MessageMark])] = []
        func take(_ identifier: UInt16, _ number: Int) {
            if let mark = Self.with(identifier, again: false, payload(number), { received.take($0) }) {
                rows.append((received.last, [mark]))
            }
            received.acknowledgementsReleased()
        }
        for number in 1...20_000 { take(UInt16(number), number) }
        // 50,000 messages later, of which it has kept none.
        for number in 1...100 { take(UInt16(4465 + number), 20_000 + number) }
        let again = { (received: inout ReceivedMessages) in
            Self.with(4565, again: true, payload(20_100), resumption: 1) { received.take($0) == nil }
        }
        #expect(again(&received))
        var next = ReceivedMessages()
        next.restore(rows)
        #expect(again(&next))
    }

    /// How a broker chooses identifiers.
    private enum Choice { case counting, lowestFree }

    /// A broker with its identifiers, a gateway that dies and loses its link, and the store between its lives.
    private struct World {
        struct Packet {
            var number: Int
            var identifier: UInt16 = 0
            var wasSent = false
        }
        let choice: Choice
        let payload: (Int) -> [UInt8]
        var broker: [Packet] = []
        var published = 0
        /// How many of the broker's packets have been read on this link, and how many links have gone on with the
        /// session.
        var read = 0
        var resumption = 0
        var rows: [(last: Int64, marks: [MessageMark])] = []
        var batch: [(number: Int, mark: MessageMark)] = []
        var received = ReceivedMessages()
        var stored: [Int] = []
        private var counted = 0
        private var isUsed = Array(repeating: false, count: 65_536)
        private var lowest: UInt16 = 1

        init(_ choice: Choice, payload: @escaping (Int) -> [UInt8] = { _ in ReceivedMessagesTests.payload }) {
            (self.choice, self.payload) = (choice, payload)
        }

        mutating func publish(_ count: Int) {
            for _ in 0..<count {
                broker.append(Packet(number: published))
                published += 1
            }
            stored += Array(repeating: 0, count: count)
        }

        private mutating func identify(_ index: Int) {
            guard broker[index].identifier == 0 else { return }
            switch choice {
            case .counting:
                broker[index].identifier = UInt16(counted % 65_535 + 1)
                counted += 1
            case .lowestFree:
                while isUsed[Int(lowest)] { lowest += 1 }
                broker[index].identifier = lowest
                isUsed[Int(lowest)] = true
            }
        }

        mutating func read(_ count: Int) {
            for index in broker.indices[read...].prefix(count) {
                identify(index)
                let packet = broker[index]
                let mark = ReceivedMessagesTests.with(
                    packet.identifier, again: packet.wasSent, payload(packet.number), resumption: resumption
                ) { received.take($0) }
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
            for packet in broker.prefix(count) {
                isUsed[Int(packet.identifier)] = false
                lowest = min(lowest, packet.identifier)
            }
            broker.removeFirst(count)
            read -= count
        }

        /// What the link had room for may have been on its way.
        mutating func loseLink(sent: Int) {
            for index in broker.indices.prefix(max(read, sent)) {
                identify(index)
                broker[index].wasSent = true
            }
            read = 0
            resumption += 1
        }

        mutating func die() {
            batch = []
            received = ReceivedMessages()
            received.restore(rows)
        }

        /// Messages come, links and processes end; at the end all that is left is read.
        mutating func run(messages: Int, seed: UInt64) {
            var random = SeededRandom(seed: seed)
            while published < messages {
                publish(Int.random(in: 0...400, using: &random))
                read(Int.random(in: 0...600, using: &random))
                let isCommitted = Int.random(in: 0..<4, using: &random) > 0
                if isCommitted { commit() }
                switch Int.random(in: 0..<20, using: &random) {
                case 0:
                    if isCommitted { acknowledge(Int.random(in: 0...read, using: &random)) }
                    loseLink(sent: Int.random(in: 0...1000, using: &random))
                case 1:
                    if isCommitted { acknowledge(Int.random(in: 0...read, using: &random)) }
                    loseLink(sent: Int.random(in: 0...1000, using: &random))
                    die()
                default: if isCommitted { acknowledge(read) }
                }
            }
            loseLink(sent: 0)
            read(broker.count)
            commit()
        }
    }

    @Test(
        "every one of 150,000 equal messages is stored once, however links and processes end",
        arguments: [3, 8, 21] as [UInt64])
    func random(seed: UInt64) {
        var world = World(.counting)
        world.run(messages: 150_000, seed: seed)
        #expect(world.stored.filter { $0 != 1 }.isEmpty)
        #expect(world.rows.reduce(0) { $0 + $1.marks.count } <= Int(ReceivedMessages.owedMax) + 2000)
    }

    @Test(
        "of a broker that takes the lowest free identifier no message is lost, whether they look alike or not",
        arguments: [1, 2, 200_000])
    func randomLowestFree(kinds: Int) {
        for seed in 1...2 as ClosedRange<UInt64> {
            var world = World(.lowestFree) { Array("{\"rain\":\($0 % kinds)}".utf8) }
            // It shows how it chooses.
            for _ in 0..<3 {
                world.publish(2)
                world.read(2)
                world.commit()
                world.acknowledge(2)
            }
            world.run(messages: 30_000, seed: seed)
            #expect(world.stored.filter { $0 == 0 }.isEmpty)
            print(
                "\(kinds) kinds, seed \(seed): \(world.stored.filter { $0 > 1 }.count) of \(world.stored.count) stored twice"
            )
        }
    }
}
