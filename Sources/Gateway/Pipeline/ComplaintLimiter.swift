internal import Logging
internal import Telemetry

/// Says what comes in wrong, once a minute and device, with how often: a broken device fills no log.
struct ComplaintLimiter {
    private struct Complaint {
        var said: Instant
        var reason: String
        var unsaid = 0
    }

    /// A flood of new topics must not fill the memory either.
    private static let topicsMax = 256
    private static let pause = TimeSpan.minutes(1)

    private let logger: Logger
    private var devices: [String: Complaint] = [:]
    private var times: [String: Complaint] = [:]
    private var topics: [String: Complaint] = [:]
    private var nextReport = Instant.distantPast

    /// Messages passed over since the last report, by device.
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
        if devices[device] == nil {
            devices[device] = Complaint(said: now, reason: reason)
            logger.warning("a payload did not fit, and was kept as it came: \(reason)", metadata: ["device": "\(device)"])
        } else {
            devices[device]?.unsaid += 1
            devices[device]?.reason = reason
        }
    }

    mutating func unreadableTime(device: String, reason: String, at now: Instant) {
        if times[device] == nil {
            times[device] = Complaint(said: now, reason: reason)
            logger.warning(
                "the time of a payload could not be read, so that its readings have the time of arrival: \(reason)",
                metadata: ["device": "\(device)"])
        } else {
            times[device]?.unsaid += 1
            times[device]?.reason = reason
        }
    }

    mutating func unknownTopic(_ bytes: UnsafeRawBufferPointer, at now: Instant) {
        let topic = String(decoding: bytes.prefix(256), as: UTF8.self)
        if topics[topic] == nil {
            guard topics.count < Self.topicsMax else { return }
            topics[topic] = Complaint(said: now, reason: "")
            logger.warning(
                "no device of the inventory publishes there, its messages are counted and dropped", metadata: ["topic": "\(topic)"])
        } else {
            topics[topic]?.unsaid += 1
        }
    }

    /// Counts a message that was passed over; no more than that, since there are too many.
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

    /// Says what has gathered; looks at it once a second at most.
    mutating func report(at now: Instant) {
        guard now >= nextReport || nextReport > now + .seconds(1) else { return }
        nextReport = now + .seconds(1)
        reportShed(at: now)
        for (device, complaint) in devices where now >= complaint.said + Self.pause {
            if complaint.unsaid == 0 {
                devices[device] = nil
            } else {
                devices[device] = Complaint(said: now, reason: complaint.reason)
                logger.warning("\(complaint.unsaid) more payloads did not fit: \(complaint.reason)", metadata: ["device": "\(device)"])
            }
        }
        for (device, complaint) in times where now >= complaint.said + Self.pause {
            if complaint.unsaid == 0 {
                times[device] = nil
            } else {
                times[device] = Complaint(said: now, reason: complaint.reason)
                logger.warning(
                    "the times of \(complaint.unsaid) more payloads could not be read: \(complaint.reason)",
                    metadata: ["device": "\(device)"])
            }
        }
        for (topic, complaint) in topics where now >= complaint.said + Self.pause {
            if complaint.unsaid == 0 {
                topics[topic] = nil
            } else {
                topics[topic] = Complaint(said: now, reason: "")
                logger.warning("\(complaint.unsaid) more messages from no device of the inventory", metadata: ["topic": "\(topic)"])
            }
        }
    }
}
