/// Decides when a connection to a broker is made, in which protocol version, and what is said when it ends.
///
/// A value without a socket or a clock: events go in, actions come out, and the shell (``MQTTClient``) performs them.
///
///     down --turn, when due--> connecting --CONNACK 0--> up
///       ^                          |                      |
///       +---- any failure ---------+----------------------+
///
/// No failure is final. Whatever the broker answers, and whatever the library calls fatal, leads to `down` with a time
/// for the next attempt.
struct ConnectionStateMachine {
    /// Which MQTT is spoken.
    enum Version: Equatable {
        case v5, v311
        var other: Version { self == .v5 ? .v311 : .v5 }
        var name: String { self == .v5 ? "MQTT 5" : "MQTT 3.1.1" }
    }

    enum State: Equatable {
        case down(retryAt: Double)
        case connecting(since: Double)
        case up(since: Double)
        /// Its owner needs it no longer.
        case closed
    }

    enum Event: Equatable {
        /// Time has passed.
        case turn
        /// CONNACK came, with this code.
        case answered(Int32)
        /// DISCONNECT came, with this code; the end of the link follows.
        case goodbye(Int32)
        /// The link cannot be used any longer.
        /// - Parameters:
        ///   - isAnswer: the other end was reached, and answered with something else than MQTT or hung up.
        ///   - isUnreadable: a packet came that the library cannot read, and has ended the link for.
        case failed(String, isAnswer: Bool, isUnreadable: Bool = false)
        case closed
    }

    enum Action: Equatable {
        case none
        case open(Version)
        /// The link is up.
        case announce
        /// Throw the link away, and log the report if there is one.
        case close(Report?)
    }

    /// What the log is to say.
    struct Report: Equatable {
        var isWarning: Bool
        var text: String
    }

    /// A broker that hangs up at CONNECT may be one that does not know MQTT 5, or only be starting: so many attempts
    /// out of `guessEvery` are made with MQTT 3.1.1.
    private static let guessEvery = 3

    /// After so many such ends in a row the other version is tried.
    private static let unreadableMax = 3

    private(set) var state = State.down(retryAt: 0)
    private(set) var version: Version
    private let isAutomatic: Bool
    private let answerSeconds: Double
    private let clientID: String
    private var backoff: ReconnectBackoff
    /// Said once until it changes, however often it is tried.
    private var lastTrouble: String?
    private var goodbye: Int32?
    /// How many links in a row ended soon after they were made.
    private var shortLinks = 0
    /// How often the version was refused, and how often there was no CONNACK, since a link was up last.
    private var versionRefusals = 0
    private var unreadableAnswers = 0
    /// How many links in a row ended soon for a packet that could not be read.
    private var unreadablePackets = 0
    /// The version is tried without the broker having asked for it.
    private var isGuess = false

    /// - Parameter answerSeconds: how long the broker may take from the beginning of the attempt to CONNACK.
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

    /// When the next `turn` has something to do, by the clock that the events carry; `nil` if only an event can change
    /// it.
    var due: Double? {
        switch state {
        case .down(let retryAt): retryAt
        case .connecting(let since): since + answerSeconds
        case .up, .closed: nil
        }
    }

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

    /// CONNACK said no.
    private mutating func refuse(_ code: Int32, at now: Double, using generator: inout some RandomNumberGenerator)
        -> Action
    {
        // What DISCONNECT or the socket's end adds to a refusal is no news.
        goodbye = nil
        let reason = "the broker refuses the connection: \(ReasonText.refusal(code, version))"
        guard isAutomatic, ReasonText.isVersionRefusal(code, version) else {
            return end(reason, at: now, using: &generator)
        }
        versionRefusals += 1
        (unreadableAnswers, isGuess) = (0, false)
        let refused = version
        version = version.other
        // At once the first time; a broker that refuses both is not hammered.
        guard versionRefusals == 1 else { return end(reason, at: now, using: &generator) }
        state = .down(retryAt: now)
        let digits = version == .v311 ? "3.1.1" : "5"
        return .close(
            Report(isWarning: false, text: "the broker does not speak \(refused.name), going on with \(digits)"))
    }

    /// Some brokers hang up at a CONNECT of a version that they do not know, or answer it with a CONNACK of their own
    /// version.
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

    /// What the broker sends again and again, and the library cannot read, may be readable in the other version: the
    /// properties of MQTT 5 are where most of it can be wrong.
    private mutating func endUnreadable(
        _ trouble: String, at now: Double, using generator: inout some RandomNumberGenerator
    ) -> Action {
        unreadablePackets += 1
        // It explains by itself why links are short.
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
        // From 0x80 on it is the broker's own reason (MQTT v5, 2.4); below, what the library makes of the socket's end.
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
        // Brokers that do not say so end the link of the one when the other comes.
        if shortLinks >= 2 {
            reason += " (links end soon after they are made: another client may have the identifier \(clientID) too)"
        }
        state = .down(retryAt: now + backoff.next(using: &generator))
        guard lastTrouble != reason else { return .close(nil) }
        lastTrouble = reason
        return .close(Report(isWarning: true, text: reason))
    }
}
