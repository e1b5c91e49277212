import MQTT

/// The surroundings of a checked link: a broker, and the clients that publish there.
package protocol BrokerLinkBench {
    associatedtype Link: BrokerLink

    /// Set if a second link continues the session of the first.
    static var keepsSessions: Bool { get }

    /// Creates a broker without a session.
    init() throws
    /// Makes a link that subscribes to ``BrokerLinkConformance/topic``; the previous link is no longer used.
    func makeLink() throws -> Link
    /// Publishes at QoS 1.
    func publish(_ payload: String, on topic: String) throws
}

/// The promises of ``BrokerLink``. Every implementation must keep all of them, as far as it has subscriptions and real
/// time.
///
/// The links are different in how they connect and how time passes, so each promise is checked in turns, as a pipeline
/// makes them.
package enum BrokerLinkPromise: String, CaseIterable, Sendable {
    case connectsOnlyFromKeepUp
    case announcesNewSessionBeforeItsMessages
    case readsInOrderOfArrival
    case readsAtMostTheLimit
    case readsNothingWhileRefused
    case sendsAgainWhatIsNotAcknowledged
    case sendsAcknowledgedMessagesOnce
    case keepsToTheReceiveMaximum
    case leavesTheSessionAtDisconnect
    case changesSubscriptions
    case wakesFromWait
}

/// Checks that a link keeps the promises of ``BrokerLink``; throws ``TestFailure`` if it does not.
package struct BrokerLinkConformance<Bench: BrokerLinkBench> {
    package static var topic: String { "conformance/a" }
    private static var otherTopic: String { "conformance/b" }

    private let bench: Bench
    private let driver: LinkDriver<Bench.Link>

    /// Each promise needs a broker of its own.
    package static func check(_ promise: BrokerLinkPromise, with bench: Bench.Type) throws {
        let bench = try bench.init()
        try BrokerLinkConformance(bench: bench, driver: LinkDriver(bench.makeLink())).check(promise)
    }

    private func check(_ promise: BrokerLinkPromise) throws {
        switch promise {
        case .connectsOnlyFromKeepUp: try connects()
        case .announcesNewSessionBeforeItsMessages: try newSession()
        case .readsInOrderOfArrival: try order()
        case .readsAtMostTheLimit: try limit()
        case .readsNothingWhileRefused: try refusal()
        case .sendsAgainWhatIsNotAcknowledged: try sentAgain()
        case .sendsAcknowledgedMessagesOnce: try acknowledged()
        case .keepsToTheReceiveMaximum: try receiveMaximum()
        case .leavesTheSessionAtDisconnect: try disconnection()
        case .changesSubscriptions: try subscriptions()
        case .wakesFromWait: try wake()
        }
    }

    // MARK: - The promises

    private func connects() throws {
        try expect(!driver.link.isConnected, "it is not connected before keepUp")
        driver.link.wait(milliseconds: 1, wake: -1)
        try expect(!driver.link.isConnected, "wait does not connect")
        try driver.turn(until: "it connects") { driver.link.isConnected }
        try expect(driver.link.refusedFilters.isEmpty, "no filter is refused")
        try expect(!driver.link.hasFiltersToLeave, "there are no filters to leave")
    }

    private func newSession() throws {
        try begin()
        try expect(driver.newSessions == [0], "one session begins, before its first message: \(driver.newSessions)")
        driver.link.dropAcknowledgements(because: "test", receiveMaximum: nil)
        try publish("next")
        try driver.turn(until: "the next link has the message") { driver.texts.contains("next") }
        try expect(driver.newSessions.count == 1, "a session that goes on is not new")
    }

    private func order() throws {
        try begin()
        try publish("1", "2", "3", "4", "5")
        try driver.turn(until: "all have come") { driver.texts.count >= 5 }
        try expect(driver.texts == ["1", "2", "3", "4", "5"], "they come in their order: \(driver.texts)")
        for message in driver.received {
            try expect(message.topic == Self.topic, "the topic is that of the publisher: \(message)")
            try expect(message.qos == 1 && !message.isRetained && !message.isDuplicate, "the flags are: \(message)")
        }
        let identifiers = Set(driver.received.map(\.identifier))
        try expect(identifiers.count == 5 && !identifiers.contains(0), "each has an identifier: \(identifiers)")
    }

    private func limit() throws {
        try begin()
        try publish("1", "2", "3", "4", "5")
        try driver.turn(limit: 2, until: "all have come") { driver.texts.count >= 5 }
        try expect(driver.texts == ["1", "2", "3", "4", "5"], "none is left out: \(driver.texts)")
        try expect(driver.mostPerRead <= 2, "a read has at most two messages: \(driver.mostPerRead)")
        driver.link.releaseAcknowledgements()
        try driver.turn(until: "there is nothing more to read") { !driver.mayHaveMore }
    }

    private func refusal() throws {
        try begin()
        try publish("1", "2")
        driver.takesMore = false
        try driver.turn(until: "there is something to read") { driver.mayHaveMore }
        try expect(driver.received.isEmpty, "nothing is read: \(driver.texts)")
        driver.takesMore = true
        try driver.turn(until: "both have come") { driver.texts.count >= 2 }
        try expect(driver.texts == ["1", "2"], "nothing is lost: \(driver.texts)")
    }

    private func sentAgain() throws {
        try begin()
        driver.acknowledges = false
        try publish("1", "2", "3")
        try driver.turn(until: "all have come") { driver.texts.count >= 3 }
        let first = driver.received
        driver.received.removeAll()
        driver.link.dropAcknowledgements(because: "test", receiveMaximum: nil)
        try expect(!driver.link.isConnected, "the link is gone")
        try publish("4")
        try driver.turn(until: "all have come again") { driver.texts.count >= 4 }
        try expect(driver.texts == ["1", "2", "3", "4"], "old ones come first, in their order: \(driver.texts)")
        for (before, after) in zip(first, driver.received) {
            try expect(after.identifier == before.identifier, "the identifier stays: \(before), \(after)")
            try expect(after.isDuplicate && after.resumption > 0, "it is marked as sent again: \(after)")
        }
        try expect(driver.received.last?.isDuplicate == false, "the new message is not marked")
    }

    private func acknowledged() throws {
        try begin()
        try publish("1", "2", "3")
        try driver.turn(until: "all have come") { driver.texts.count >= 3 }
        try driver.rest()
        driver.received.removeAll()
        driver.link.dropAcknowledgements(because: "test", receiveMaximum: nil)
        try publish("4")
        try driver.turn(until: "the new message has come") { driver.texts.contains("4") }
        try driver.rest()
        try expect(driver.texts == ["4"], "nothing acknowledged comes again: \(driver.texts)")
    }

    private func receiveMaximum() throws {
        try begin()
        driver.link.dropAcknowledgements(because: "test", receiveMaximum: 3)
        driver.acknowledges = false
        try publish("1", "2", "3", "4", "5")
        try driver.turn(until: "three have come") { driver.texts.count >= 3 }
        try driver.rest()
        try expect(driver.texts == ["1", "2", "3"], "no more than three come at once: \(driver.texts)")
        driver.acknowledges = true
        try driver.turn(until: "the others have come") { driver.texts.count >= 5 }
        try expect(driver.texts == ["1", "2", "3", "4", "5"], "each comes once: \(driver.texts)")
    }

    private func disconnection() throws {
        try begin()
        driver.link.disconnect()
        try expect(!driver.link.isConnected, "the link is gone")
        try driver.rest()
        try expect(!driver.link.isConnected, "it does not connect again")
        guard Bench.keepsSessions else { return }
        try publish("later")
        let next = LinkDriver(try bench.makeLink())
        try next.turn(until: "the session has kept the message") { !next.texts.isEmpty }
        try expect(next.texts == ["later"], "only that: \(next.texts)")
        try expect(next.newSessions.isEmpty, "the session goes on")
    }

    private func subscriptions() throws {
        try begin()
        driver.link.subscribe(to: [Self.otherTopic])
        try begin(on: Self.otherTopic)
        try driver.turn(until: "the old filter is left") { !driver.link.hasFiltersToLeave }
        try publish("old")
        try bench.publish("new", on: Self.otherTopic)
        try driver.turn(until: "the new filter holds") { driver.texts.contains("new") }
        driver.link.dropAcknowledgements(because: "test", receiveMaximum: nil)
        try bench.publish("newer", on: Self.otherTopic)
        try driver.turn(until: "the new filter holds on the next link") { driver.texts.contains("newer") }
        try expect(!driver.texts.contains("old"), "nothing comes of the old filter: \(driver.texts)")
    }

    private func wake() throws {
        try begin()
        let pipe = try WakePipe()
        let start = ContinuousClock.now
        driver.link.wait(milliseconds: 120_000, wake: pipe.readEnd)
        try expect(ContinuousClock.now - start < .seconds(120), "it does not wait to the end of the time")
    }

    // MARK: - Means

    /// Connects, and makes sure that messages on a topic come. Messages so far are dropped.
    private func begin(on topic: String = topic) throws {
        var probes = 0
        // A message that is published before the broker has the subscription is lost.
        try driver.turn(until: "the first probe comes") {
            probes += 1
            try bench.publish("probe-\(topic)-\(probes)", on: topic)
            return driver.texts.contains { $0.hasPrefix("probe-\(topic)") }
        }
        try driver.turn(until: "the last probe comes") { driver.texts.last == "probe-\(topic)-\(probes)" }
        // The acknowledgements of the probes have to arrive.
        try driver.rest()
        driver.received.removeAll()
        driver.mostPerRead = 0
    }

    private func publish(_ payloads: String...) throws {
        for payload in payloads { try bench.publish(payload, on: Self.topic) }
    }
}

private func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    if !condition { throw TestFailure("a link does not keep its promise: \(what())") }
}
