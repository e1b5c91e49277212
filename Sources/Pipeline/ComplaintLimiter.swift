internal import Logging
internal import Telemetry

/// Logs what is wrong with incoming messages once a minute per device, with a count, so that a broken device does not
/// fill the log.
struct ComplaintLimiter {
    /// Complaints of one kind, by device or other source. The first is logged at once; later ones are counted.
    private struct Complaints {
        private struct Complaint {
            var said: Instant
            var reason: String
            var unsaid = 0
        }

        private var complaints: [String: Complaint] = [:]
        private let countMax: Int

        /// - Parameter countMax: the largest number of sources at a time. Complaints of others are not logged, so that
        ///   a flood of names cannot fill the memory.
        init(countMax: Int = .max) { self.countMax = countMax }

        /// - Returns: true if the complaint must be logged now.
        mutating func note(_ name: String, _ reason: String = "", at now: Instant) -> Bool {
            guard complaints[name] == nil else {
                complaints[name]?.unsaid += 1
                complaints[name]?.reason = reason
                return false
            }
            guard complaints.count < countMax else { return false }
            complaints[name] = Complaint(said: now, reason: reason)
            return true
        }

        /// Reports the counts that are old enough, and forgets sources that have been quiet for as long.
        mutating func report(at now: Instant, _ say: (_ name: String, _ count: Int, _ reason: String) -> Void) {
            for (name, complaint) in complaints where now >= complaint.said + ComplaintLimiter.pause {
                let isQuiet = complaint.unsaid == 0
                complaints[name] = isQuiet ? nil : Complaint(said: now, reason: complaint.reason)
                if !isQuiet { say(name, complaint.unsaid, complaint.reason) }
            }
        }
    }

    private static let pause = TimeSpan.minutes(1)

    private let logger: Logger
    private var devices = Complaints()
    private var times = Complaints()
    private var topics = Complaints(countMax: 256)
    private var nextReport = Instant.distantPast

    /// The number of messages dropped since the last report, by device.
    private var shed: [Int]
    private let deviceTopics: [String]
    private var nextShedReport = Instant.distantPast

    /// - Parameter deviceTopics: the topics of the site's devices, in their order.
    init(deviceTopics: [String], logger: Logger) {
        self.logger = logger
        self.deviceTopics = deviceTopics
        shed = Array(repeating: 0, count: deviceTopics.count)
    }

    mutating func refused(device: String, reason: String, at now: Instant) {
        guard devices.note(device, reason, at: now) else { return }
        logger.warning("a payload did not fit, and was kept as it came: \(reason)", metadata: ["device": "\(device)"])
    }

    mutating func unreadableTime(device: String, reason: String, at now: Instant) {
        guard times.note(device, reason, at: now) else { return }
        logger.warning(
            "the time of a payload could not be read, so that its readings have the time of arrival: \(reason)",
            metadata: ["device": "\(device)"])
    }

    mutating func unknownTopic(_ bytes: UnsafeRawBufferPointer, at now: Instant) {
        let topic = String(decoding: bytes.prefix(256), as: UTF8.self)
        guard topics.note(topic, at: now) else { return }
        logger.warning(
            "no device of the inventory publishes there, its messages are counted and dropped",
            metadata: ["topic": "\(topic)"])
    }

    /// Counts a dropped message. It does nothing else, because there are too many of them.
    mutating func shed(device: Int) { shed[device] += 1 }

    private mutating func reportShed(at now: Instant) {
        guard now >= nextShedReport || nextShedReport > now + Self.pause else { return }
        nextShedReport = now + Self.pause
        for device in shed.indices where shed[device] > 0 {
            logger.warning(
                "\(shed[device]) messages of QoS 0 were passed over, as more comes in than can be evaluated",
                metadata: ["topic": "\(deviceTopics[device])"])
            shed[device] = 0
        }
    }

    /// Logs the counts that are due. Checks at most once a second.
    mutating func report(at now: Instant) {
        guard now >= nextReport || nextReport > now + .seconds(1) else { return }
        nextReport = now + .seconds(1)
        reportShed(at: now)
        devices.report(at: now) { [logger] device, count, reason in
            logger.warning("\(count) more payloads did not fit: \(reason)", metadata: ["device": "\(device)"])
        }
        times.report(at: now) { [logger] device, count, reason in
            logger.warning(
                "the times of \(count) more payloads could not be read: \(reason)", metadata: ["device": "\(device)"])
        }
        topics.report(at: now) { [logger] topic, count, _ in
            logger.warning("\(count) more messages from no device of the inventory", metadata: ["topic": "\(topic)"])
        }
    }
}
