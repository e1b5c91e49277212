import Discovery
import Telemetry
import Testing

/// What is counted and kept of each topic, whatever is published.
@Suite struct CensusTests {
    private static let start = Ears.start

    private func note(
        _ census: inout TopicCensus, _ topic: String, _ payload: String = "1", isRetained: Bool = false,
        at seconds: Int64 = 0
    ) {
        census.note(
            topic: Array(topic.utf8), payload: Array(payload.utf8), isRetained: isRetained,
            at: Self.start + .seconds(seconds))
    }

    @Test("messages, arrivals, the newest payload and the largest size are kept for each topic")
    func counts() throws {
        var census = TopicCensus()
        note(&census, "a", "12", at: 0)
        note(&census, "b", "x", at: 1)
        note(&census, "a", "123456", at: 60)
        note(&census, "a", "3", at: 120)
        let record = try #require(census.records.first)
        #expect(census.messages == 4)
        #expect(census.records.map(\.topic) == ["a", "b"])
        #expect(record.messages == 3)
        #expect(record.first == Self.start)
        #expect(record.last == Self.start + .seconds(120))
        #expect(record.interval == .seconds(60))
        #expect(record.largestBytes == 6)
        #expect(record.sample?.bytes == Array("3".utf8))
    }

    @Test("a single gap does not move the interval, and two messages do not make one")
    func interval() {
        var census = TopicCensus()
        for seconds: Int64 in [0, 60, 120, 180, 400, 460] { note(&census, "a", at: seconds) }
        note(&census, "b", at: 0)
        note(&census, "b", at: 10)
        #expect(census.records.map(\.interval) == [.seconds(60), nil])
    }

    @Test("where messages come in bursts, the interval is the mean and not the pause inside a burst")
    func bursts() throws {
        var census = TopicCensus()
        for minute in 0..<5 { for second in 0..<3 { note(&census, "a", at: Int64(60 * minute + second)) } }
        let interval = try #require(census.records[0].interval)
        #expect(interval > .seconds(15) && interval < .seconds(25))
    }

    @Test("a topic that only the broker had kept is known as such until a device publishes, whose payload replaces it")
    func retained() {
        var census = TopicCensus()
        note(&census, "a", "old", isRetained: true)
        #expect(census.records[0].isRetainedOnly)
        #expect(census.records[0].sample?.isRetained == true)
        note(&census, "a", "new")
        #expect(!census.records[0].isRetainedOnly)
        #expect(census.records[0].retained == 1)
        #expect(census.records[0].sample?.bytes == Array("new".utf8))
    }

    @Test("of a long payload only the beginning is kept, with its size")
    func longPayloads() throws {
        var census = TopicCensus()
        census.note(
            topic: Array("a".utf8), payload: [UInt8](repeating: 65, count: 262_144), isRetained: false, at: Self.start)
        let sample = try #require(census.records[0].sample)
        #expect(sample.bytes.count == 4096)
        #expect(sample.count == 262_144)
        #expect(sample.isCut)
        #expect(census.records[0].largestBytes == 262_144)
    }

    @Test("topics beyond the limit are counted, each once, and so are their messages")
    func manyTopics() {
        var limits = TopicCensus.Limits()
        limits.topics = 10
        var census = TopicCensus(limits: limits)
        for round in 0..<2 { for topic in 0..<25 { note(&census, "t/\(topic)", at: Int64(round)) } }
        #expect(census.records.count == 10)
        #expect(census.messages == 50)
        #expect(census.messagesOfMoreTopics == 30)
        #expect(census.moreTopicsCount.count == 15)
        #expect(census.moreTopicsCount.isExact)
    }

    @Test("names and payloads together never take more than their memory; messages are counted all the same")
    func memory() {
        var limits = TopicCensus.Limits()
        limits.totalBytes = 100_000
        var census = TopicCensus(limits: limits)
        let payload = [UInt8](repeating: 66, count: 100_000)
        for round in 0..<3 {
            for topic in 0..<500 {
                let name = Array("\(topic)/\(String(repeating: "x", count: 400))".utf8)
                census.note(topic: name, payload: payload, isRetained: false, at: Self.start + .seconds(Int64(round)))
            }
        }
        let kept = census.records.map { $0.topic.utf8.count + ($0.sample?.bytes.count ?? 0) }.reduce(0, +)
        #expect(kept <= 100_000)
        #expect(census.messages == 1500)
        #expect(census.records.map(\.messages).reduce(0, +) + census.messagesOfMoreTopics == 1500)
        #expect(census.records.contains { $0.sample != nil })
    }

    @Test("in a flood payloads are not copied each time, and every message is counted")
    func flood() throws {
        var census = TopicCensus()
        for number in 0..<10_000 {
            census.note(
                topic: Array("a".utf8), payload: Array("\(number)".utf8), isRetained: false,
                at: Self.start + TimeSpan(nanoseconds: Int64(number) * 10_000))
        }
        note(&census, "a", "last", at: 60)
        let record = try #require(census.records.first)
        #expect(record.messages == 10_001)
        #expect(record.sample?.bytes == Array("last".utf8))
    }

    @Test("a topic that is not UTF-8 is kept apart, and one with control characters is shown escaped")
    func badTopics() {
        var census = TopicCensus()
        census.note(topic: [0x61, 0xff, 0x62], payload: [1], isRetained: false, at: Self.start)
        note(&census, "a\u{1b}[31m/\u{202e}b")
        #expect(census.records.map(\.isUnreadable) == [true, false])
    }
}
