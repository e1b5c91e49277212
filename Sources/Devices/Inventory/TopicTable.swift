internal import Telemetry

/// Finds a device's index by the bytes of a topic, without making a string. Each message needs one look-up.
///
/// This is a hash table with open addressing over ``FNV1a``. It is at most half full, so that the search for an unknown
/// topic ends after a probe or two.
package struct TopicTable: Sendable {
    private var slots: [Int32]
    private let topics: [[UInt8]]

    package init(_ topics: [String]) {
        self.topics = topics.map { Array($0.utf8) }
        var size = 16
        while size < topics.count * 2 { size *= 2 }
        slots = Array(repeating: -1, count: size)
        for (index, topic) in self.topics.enumerated() {
            var slot = topic.withUnsafeBytes { Self.hash($0) } & (size - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int32(index)
        }
    }

    package func index(of topic: UnsafeRawBufferPointer) -> Int? {
        var slot = Self.hash(topic) & (slots.count - 1)
        while case let index = Int(slots[slot]), index >= 0 {
            if topics[index].count == topic.count, topics[index].elementsEqual(topic) { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
        let hash = FNV1a.hash(bytes)
        return Int(truncatingIfNeeded: hash ^ hash >> 32)
    }
}
