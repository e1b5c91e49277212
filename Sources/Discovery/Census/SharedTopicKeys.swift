package import Devices
package import Telemetry

/// Finds the devices that share a topic, by the place where a profile says that their payloads name them.
///
/// The topic alone shows one device, and its newest payload is of one only: `rtl_433/host/events` is all sensors of a
/// receiver. Its memory is bounded.
package struct SharedTopicKeys: Sendable {
    /// A device of a topic.
    package struct Part: Sendable {
        package let key: String
        package private(set) var messages = 0
        package private(set) var sample: TopicRecord.Sample
        private var intervals = ArrivalIntervals()
        private var last: Instant?

        fileprivate init(_ key: String, _ sample: TopicRecord.Sample) {
            self.key = key
            self.sample = sample
        }

        package var interval: TimeSpan? { intervals.usual }

        fileprivate mutating func note(_ sample: TopicRecord.Sample) {
            messages += 1
            self.sample = sample
            guard !sample.isRetained else { return }
            if let last { intervals.note(sample.arrival - last) }
            last = sample.arrival
        }
    }

    private struct Place: Sendable {
        let topic: TopicPattern
        let selector: MessageLayout.Selector
    }

    /// The longest payload that is looked into.
    private static let payloadBytesMax = 4096
    private static let keysMax = 200
    private static let keyBytesMax = 128
    private static let allKeysMax = 5000
    /// The messages that are looked into in all. In a flood, looking into each would take all the time.
    private static let messagesMax = 50_000

    private let places: [Place]
    /// The places of each topic of the census that was heard, by the topic's position there.
    private var placesOfTopic: [[Int]] = []
    private var parts: [Int: [Part]] = [:]
    private var count = 0
    private var messages = 0
    /// Set if there were more devices than are kept.
    package private(set) var hasMore = false

    package init(_ profiles: [Profile]) {
        var places: [Place] = []
        for layout in profiles.flatMap(\.messages) {
            guard let selector = layout.selector else { continue }
            if places.contains(where: { $0.topic == layout.topic && $0.selector == selector }) { continue }
            places.append(Place(topic: layout.topic, selector: selector))
        }
        self.places = places
    }

    /// The devices that a topic's payloads have named, in the order in which they were first heard.
    package func parts(of topic: Int) -> [Part] { parts[topic] ?? [] }

    /// Notes a message of a topic.
    /// - Parameter index: the topic's position in the census, where positions come one after the other.
    package mutating func note(
        _ index: Int, topic: String, payload: some Collection<UInt8>, isRetained: Bool, at time: Instant
    ) {
        guard !places.isEmpty else { return }
        while placesOfTopic.count <= index { placesOfTopic.append([]) }
        if placesOfTopic[index].isEmpty {
            // -1 stands for a topic that was looked at, and has none.
            let found = places.indices.filter { places[$0].topic.labels(of: topic) != nil }
            placesOfTopic[index] = found.isEmpty ? [-1] : found
        }
        guard placesOfTopic[index] != [-1], payload.count <= Self.payloadBytesMax, messages < Self.messagesMax else {
            return
        }
        messages += 1
        guard let node = JSONNode(payload) else { return }
        let sample = TopicRecord.Sample(bytes: Array(payload), isRetained: isRetained, arrival: time)
        for place in placesOfTopic[index] {
            for key in Self.keys(in: node, places[place].selector) { note(index, key, sample) }
        }
    }

    private mutating func note(_ index: Int, _ key: String, _ sample: TopicRecord.Sample) {
        let known = parts[index]?.firstIndex { $0.key == key }
        if known == nil {
            guard count < Self.allKeysMax, parts[index, default: []].count < Self.keysMax,
                key.utf8.count <= Self.keyBytesMax
            else {
                hasMore = true
                return
            }
            count += 1
            parts[index, default: []].append(Part(key, sample))
        }
        let place = known ?? parts[index, default: []].count - 1
        parts[index]?[place].note(sample)
    }

    private static func keys(in node: JSONNode, _ selector: MessageLayout.Selector) -> [String] {
        switch selector {
        case .value(let pointer):
            let objects = node.array ?? [node]
            return Set(objects.compactMap { $0.at(pointer.description)?.name }).sorted()
        case .member(let pointer):
            let members = node.at(pointer.description)?.object ?? [:]
            return members.filter { $0.value.object != nil || $0.value.array != nil }.keys.sorted()
        }
    }
}
