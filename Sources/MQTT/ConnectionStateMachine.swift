/// Decides when to connect to a broker, in which protocol version, and what to log when the link ends.
///
/// It is a value without a socket or a clock: it takes events and returns actions, which ``MQTTClient`` performs.
///
///     down --turn, when due--> connecting --CONNACK 0--> up
///       ^                          |                      |
///       +---- any failure ---------+----------------------+
///
/// No failure is final. Every answer of the broker and every error of the library leads to `down` with a time for the
/// next attempt.
struct ConnectionStateMachine {
    /// A version of MQTT.
    enum Version: Equatable {
        case v5, v311
        var other: Version { self == .v5 ? .v311 : .v5 }
        var name: String { self == .v5 ? "MQTT 5" : "MQTT 3.1.1" }
    }

    enum State: Equatable {
        case down(retryAt: Double)
        case connecting(since: Double)
        case up(since: Double)
        /// The owner no longer needs the connection.
        case closed
    }

    enum Event: Equatable {
        /// Time has passed.
        case turn
        /// The broker has sent CONNACK with this code.
        case answered(Int32)
        /// The broker has sent DISCONNECT with this code. The link then ends.
        case goodbye(Int32)
        /// The link cannot be used any longer.
        /// - Parameters:
        ///   - isAnswer: the other end was reached, and hung up or answered with something other than MQTT.
        ///   - isUnreadable: the library has ended the link because it cannot read a packet.
        case failed(String, isAnswer: Bool, isUnreadable: Bool = false)
        case closed
    }

    enum Action: Equatable {
        case none
        case open(Version)
        /// The link is up.
        case announce
        /// End the link, and log the report if there is one.
        case close(Report?)
    }

    /// A message for the log.
    struct Report: Equatable {
        var isWarning: Bool
        var text: String
    }

    /// One of this many attempts uses MQTT 3.1.1 if the broker hangs up at CONNECT: it may not know MQTT 5, or may only
    /// be starting.
    private static let guessEvery = 3

    /// After this many unreadable packets in a row, the other version is tried.
    private static let unreadableMax = 3

    private(set) var state = State.down(retryAt: 0)
    private(set) var version: Version
    private let isAutomatic: Bool
    private let answerSeconds: Double
    private let clientID: String
    private var backoff: ReconnectBackoff
    /// The last logged failure. It is logged again only if it changes.
    private var lastTrouble: String?
    private var goodbye: Int32?
    /// The number of links in a row that ended soon after they began.
    private var shortLinks = 0
    /// The number of times that the version was refused, and that CONNACK was missing, since the last link was up.
    private var versionRefusals = 0
    private var unreadableAnswers = 0
    /// The number of links in a row that ended soon because of an unreadable packet.
    private var unreadablePackets = 0
    /// Set if this version is tried although the broker has not asked for it.
    private var isGuess = false

    /// - Parameter answerSeconds: the longest time from the beginning of the attempt to the broker's CONNACK.
    init(
        _ version: ConnectionSettings.ProtocolVersion, answerSeconds: Double, clientID: String,
        reconnectSecondsMax: Double = ReconnectBackoff.longestSeconds
    ) {
        self.version = version == .v311 ? .v311 : .v5
        isAutomatic = version == .auto
        self.answerSeconds = answerSeconds
        self.clientID = clientID
        backoff = ReconnectBackoff(longestSeconds: reconnectSecondsMax)
    }

    var isUp: Bool { if case .up = state { true } else { false } }
    var isConnecting: Bool { if case .connecting = state { true } else { false } }

    /// The time at which the next `turn` has something to do, on the events' clock; `nil` if only an event can change
    /// the state.
    var due: Double? {
        switch state {
        case .down(let retryAt): retryAt
        case .connecting(let since): since + answerSeconds
        case .up, .closed: nil
        }
    }

    /// Takes an event and returns the action that follows.
    /// - Parameter now: seconds of a clock that only goes forward.
    mutating func handle(_ event: Event, at now: Double, using generator: inout some RandomNumberGenerator) -> Action {
        switch (state, event) {
        case (.closed, _): return .none
        case (_, .closed):
            state = .closed
            return .close(nil)
        case (.down(let retryAt), .turn) where now >= retryAt:
            goodbye = nil
            state = .connecting(since: now)
            return .open(version)
        case (.connecting(let since), .turn) where now - since > answerSeconds:
            return end("no answer from the broker within \(Int(answerSeconds)) s", at: now, using: &generator)
        case (.down, _), (_, .turn): return .none
        case (_, .goodbye(let code)):
            goodbye = code
            return .none
        case (.connecting, .answered(0)):
            (lastTrouble, versionRefusals, unreadableAnswers) = (nil, 0, 0)
            state = .up(since: now)
            return .announce
        case (.connecting, .answered(let code)): return refuse(code, at: now, using: &generator)
        case (.up, .answered): return .none
        case (.connecting, .failed(let trouble, let isAnswer, _)):
            guessVersion(isAnswer)
            return end(trouble, at: now, using: &generator)
        case (.up(let since), .failed(let trouble, _, let isUnreadable)):
            if isGuess { (version, isGuess) = (.v5, false) }
            if now - since >= ReconnectBackoff.stableSeconds { unreadablePackets = 0 }
            return isUnreadable
                ? endUnreadable(trouble, at: now, using: &generator) : end(trouble, at: now, using: &generator)
        }
    }

    /// Handles a CONNACK that refuses the connection.
    private mutating func refuse(_ code: Int32, at now: Double, using generator: inout some RandomNumberGenerator)
        -> Action
    {
        // DISCONNECT and the end of the socket add nothing to a refusal.
        goodbye = nil
        let reason = "the broker refuses the connection: \(ReasonText.refusal(code, version))"
        guard isAutomatic, ReasonText.isVersionRefusal(code, version) else {
            return end(reason, at: now, using: &generator)
        }
        versionRefusals += 1
        (unreadableAnswers, isGuess) = (0, false)
        let refused = version
        version = version.other
        // Try the other version at once the first time; a broker that refuses both gets few attempts.
        guard versionRefusals == 1 else { return end(reason, at: now, using: &generator) }
        state = .down(retryAt: now)
        let digits = version == .v311 ? "3.1.1" : "5"
        return .close(
            Report(isWarning: false, text: "the broker does not speak \(refused.name), going on with \(digits)"))
    }

    /// Guesses the version of a broker that hangs up at CONNECT, or answers with a CONNACK of its own version.
    private mutating func guessVersion(_ isAnswer: Bool) {
        guard isAutomatic else { return }
        if isGuess {
            (version, isGuess) = (.v5, false)
        } else if !isAnswer {
            unreadableAnswers = 0
        } else if version == .v5 {
            unreadableAnswers += 1
            if unreadableAnswers % (Self.guessEvery - 1) == 0 { (version, isGuess) = (.v311, true) }
        }
    }

    /// Ends a link because of an unreadable packet.
    ///
    /// A packet that the broker repeats may be readable in the other version, since most mistakes are in the properties
    /// of MQTT 5.
    private mutating func endUnreadable(
        _ trouble: String, at now: Double, using generator: inout some RandomNumberGenerator
    ) -> Action {
        unreadablePackets += 1
        // The unreadable packet explains why links are short, so do not count them.
        shortLinks = -1
        guard isAutomatic, unreadablePackets >= Self.unreadableMax else {
            return end(trouble, at: now, using: &generator)
        }
        unreadablePackets = 0
        let before = version
        version = version.other
        return end(
            "\(trouble), with \(before.name) again and again: trying \(version.name)", at: now, using: &generator)
    }

    private mutating func end(_ trouble: String, at now: Double, using generator: inout some RandomNumberGenerator)
        -> Action
    {
        // From 0x80 on, the code is the broker's reason (MQTT 5, 2.4). Below, it is the library's view of the socket.
        var reason =
            switch goodbye {
            case ReasonText.sessionTakenOver?: "another client has the same identifier, and has taken the session"
            case ReasonText.keepalive?: "the broker did not answer a ping in time"
            case let code? where code >= 0x80: "\(trouble): \(ReasonText.reason(code))"
            default: trouble
            }
        goodbye = nil
        if case .up(let since) = state {
            shortLinks = now - since < ReconnectBackoff.stableSeconds ? shortLinks + 1 : 0
            backoff.linkEnded(afterSeconds: now - since)
        }
        // Some brokers end the first link without a reason when a second client with the identifier connects.
        if shortLinks >= 2 {
            reason += " (links end soon after they are made: another client may have the identifier \(clientID) too)"
        }
        state = .down(retryAt: now + backoff.next(using: &generator))
        guard lastTrouble != reason else { return .close(nil) }
        lastTrouble = reason
        return .close(Report(isWarning: true, text: reason))
    }
}
