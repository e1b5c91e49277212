package import Telemetry

/// Counts the messages of every topic, and keeps the newest payload of each.
///
/// It is a value without a connection or a clock. Its memory is bounded whatever is published: what is beyond a limit
/// is counted, and nothing of it is kept.
package struct TopicCensus: Sendable {
    package struct Limits: Sendable {
        package var topics = 20_000
        /// The bytes that are kept of a payload.
        package var sampleBytes = 4096
        /// The bytes that are kept of a birth of Sparkplug.
        package var birthBytes = 65_536
        /// The bytes of all topics and payloads together.
        package var totalBytes = 64 << 20

        package init() {}
    }

    private let limits: Limits
    /// The topics in the order in which they were first heard.
    package private(set) var records: [TopicRecord] = []
    private var indices: [String: Int] = [:]
    package private(set) var messages = 0
    /// The messages of topics that there was no room for.
    package private(set) var messagesOfMoreTopics = 0
    /// The hashes of the topics that there was no room for, to count them.
    private var moreTopics: Set<UInt64> = []
    private var bytes = 0

    /// About what a record takes beside its texts and its sample.
    private static let recordBytes = 640
    private static let moreTopicsMax = 100_000

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// The number of topics that there was no room for. `isExact` is false if there are more than were counted.
    package var moreTopicsCount: (count: Int, isExact: Bool) {
        (moreTopics.count, moreTopics.count < Self.moreTopicsMax)
    }

    /// Notes a message.
    /// - Returns: the position of its topic in ``records``; `nil` if there is no room for the topic.
    @discardableResult
    package mutating func note(
        topic: some Collection<UInt8>, payload: some Collection<UInt8>, isRetained: Bool, at time: Instant
    ) -> Int? {
        messages += 1
        let size = payload.count
        guard let index = index(of: topic, at: time) else {
            messagesOfMoreTopics += 1
            if moreTopics.count < Self.moreTopicsMax { moreTopics.insert(FNV1a.hash(topic)) }
            return nil
        }
        records[index].note(bytes: size, isRetained: isRetained, at: time)
        guard records[index].wantsSample(at: time) else { return index }
        let isBirth = size > limits.sampleBytes && SparkplugFamily.isBirth(records[index].topic)
        let kept = min(size, isBirth ? limits.birthBytes : limits.sampleBytes)
        let change = kept - (records[index].sample?.bytes.count ?? 0)
        guard bytes + change <= limits.totalBytes else { return index }
        bytes += change
        records[index].keep(
            TopicRecord.Sample(bytes: Array(payload.prefix(kept)), count: size, isRetained: isRetained, arrival: time))
        return index
    }

    /// The record of a topic, which is made if there is room for it.
    private mutating func index(of topic: some Collection<UInt8>, at time: Instant) -> Int? {
        let valid = String(validating: topic, as: UTF8.self)
        let name = valid ?? String(decoding: topic, as: UTF8.self)
        if let index = indices[name] { return index }
        // The name is in the record and in the index, which share its memory.
        let cost = Self.recordBytes + name.utf8.count
        guard records.count < limits.topics, bytes + cost <= limits.totalBytes else { return nil }
        bytes += cost
        indices[name] = records.count
        records.append(TopicRecord(name, isUnreadable: valid == nil, at: time))
        return records.count - 1
    }
}
