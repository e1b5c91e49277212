package import Telemetry

/// What was heard on one topic.
package struct TopicRecord: Sendable {
    /// The topic. Bytes that are not UTF-8 are replaced in it.
    package let topic: String
    /// Set if the topic has bytes that are not UTF-8. No device of an inventory can have it.
    package let isUnreadable: Bool
    package private(set) var messages = 0
    /// The messages that the broker had kept from before.
    package private(set) var retained = 0
    package let first: Instant
    package private(set) var last: Instant
    /// The size of the largest payload.
    package private(set) var largestBytes = 0
    /// The newest payload; `nil` if there was no memory left for it.
    package private(set) var sample: Sample?
    private var intervals = ArrivalIntervals()
    private var lastLive: Instant?

    /// The beginning of a payload.
    package struct Sample: Sendable, Hashable {
        package let bytes: [UInt8]
        /// The size of the whole payload.
        package let count: Int
        package let isRetained: Bool
        package let arrival: Instant

        package init(bytes: [UInt8], count: Int? = nil, isRetained: Bool = false, arrival: Instant) {
            self.bytes = bytes
            self.count = count ?? bytes.count
            self.isRetained = isRetained
            self.arrival = arrival
        }

        package var isCut: Bool { count > bytes.count }
    }

    init(_ topic: String, isUnreadable: Bool, at time: Instant) {
        self.topic = topic
        self.isUnreadable = isUnreadable
        (first, last) = (time, time)
    }

    /// True if every message was one that the broker had kept: the device may be gone for years.
    package var isRetainedOnly: Bool { messages == retained }

    /// The usual time between two messages; `nil` if there were fewer than three.
    package var interval: TimeSpan? { intervals.usual }

    mutating func note(bytes: Int, isRetained: Bool, at time: Instant) {
        messages += 1
        largestBytes = max(largestBytes, bytes)
        last = max(last, time)
        guard !isRetained else {
            retained += 1
            return
        }
        if let lastLive { intervals.note(time - lastLive) }
        lastLive = time
    }

    /// Returns whether the payload of a message that comes now should replace the sample.
    ///
    /// In a flood, copying each payload would cost more than counting it. What the broker had kept gives way at once.
    func wantsSample(at time: Instant) -> Bool {
        guard messages > Self.alwaysKept, let sample, !sample.isRetained else { return true }
        return time - sample.arrival >= Self.pause
    }

    private static let alwaysKept = 8
    private static let pause = TimeSpan.milliseconds(50)

    mutating func keep(_ sample: Sample) { self.sample = sample }
}
