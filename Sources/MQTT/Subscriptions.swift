/// Keeps what is subscribed to, what the broker has granted or refused, and what an earlier run has left in the
/// session.
///
/// A value without a connection: it says what is to be asked for, and is told what was answered.
struct Subscriptions {
    /// A refused filter is asked for again after this long, then after twice as long each time up to the longest pause.
    static let firstPauseSeconds = 5.0
    static let longestPauseSeconds = 60.0
    /// A broker that has not answered by then has refused.
    static let answerSeconds = 30.0

    static let noAnswer = "the broker does not answer"

    enum Answer: Equatable {
        case granted(String)
        /// Granted with QoS 0: messages may be lost on their way.
        case downgraded(String)
        case refused(String, reason: String)
    }

    private(set) var wanted: [String]
    /// Filters that the session may still have and that are no longer wanted.
    private(set) var left: Set<String>
    /// Refused filters, with the reason.
    private(set) var refused: [String: String] = [:]
    /// SUBSCRIBE and UNSUBSCRIBE under way, by packet identifier.
    private var asked: [Int32: String] = [:]
    private var leaving: [Int32: String] = [:]
    private var askedAt = 0.0
    private var askAgainAt = 0.0
    private var pause = Self.firstPauseSeconds

    /// - Parameter left: what the session may have from an earlier run.
    init(_ wanted: [String], left: Set<String> = []) {
        self.wanted = wanted
        self.left = left.subtracting(wanted)
    }

    /// Whether the broker has answered everything that was asked for.
    var isAnswered: Bool { asked.isEmpty }

    /// The link is up: everything has to be asked for.
    mutating func connected(at now: Double) -> [String] {
        asked.removeAll()
        leaving.removeAll()
        pause = Self.firstPauseSeconds
        askAgainAt = now + pause
        return wanted
    }

    /// Other filters are wanted; those that are gone are to be left.
    /// - Returns: the filters that are new.
    mutating func want(_ filters: [String]) -> [String] {
        let new = Set(filters).subtracting(wanted)
        left.formUnion(Set(wanted).subtracting(filters))
        left.subtract(filters)
        wanted = filters
        let isWanted = Set(filters)
        refused = refused.filter { isWanted.contains($0.key) }
        return filters.filter(new.contains)
    }

    mutating func note(asking filter: String, as id: Int32, at now: Double) {
        asked[id] = filter
        askedAt = now
    }

    mutating func note(leaving filter: String, as id: Int32) { leaving[id] = filter }

    /// SUBACK came.
    /// - Returns: what is new about it; `nil` if it was known, or is not an answer to anything.
    mutating func answered(_ id: Int32, code: Int32, reason: String) -> Answer? {
        guard let filter = asked.removeValue(forKey: id), wanted.contains(filter) else { return nil }
        if code >= 0x80 {
            return refuse(filter, reason: reason) ? .refused(filter, reason: reason) : nil
        }
        let wasRefused = refused.removeValue(forKey: filter) != nil
        if code == 0 { return .downgraded(filter) }
        return wasRefused ? .granted(filter) : nil
    }

    /// A filter cannot be subscribed to.
    /// - Returns: whether that is news.
    mutating func refuse(_ filter: String, reason: String) -> Bool {
        refused.updateValue(reason, forKey: filter) != reason
    }

    /// UNSUBACK came.
    /// - Returns: the filter that the session no longer has; `nil` if this answers nothing.
    @discardableResult
    mutating func unsubscribed(_ id: Int32) -> String? {
        guard let filter = leaving.removeValue(forKey: id) else { return nil }
        return left.remove(filter)
    }

    /// What is to be asked for again, and what is to be left now.
    ///
    /// An old filter is left only when all that is wanted is granted, so that no device is without a subscription
    /// meanwhile.
    /// - Returns: the filters that have become refused because the broker does not answer, beside those to ask for.
    mutating func due(at now: Double) -> (ask: [String], leave: [String], unanswered: [String]) {
        var unanswered: [String] = []
        if !asked.isEmpty, now - askedAt > Self.answerSeconds {
            for filter in asked.values.sorted() where wanted.contains(filter) {
                if refuse(filter, reason: Self.noAnswer) { unanswered.append(filter) }
            }
            asked.removeAll()
        }
        var ask: [String] = []
        if !refused.isEmpty, asked.isEmpty, now >= askAgainAt {
            pause = min(pause * 2, Self.longestPauseSeconds)
            askAgainAt = now + pause
            ask = wanted.filter { refused[$0] != nil }
        }
        // No device publishes on the broker's own topics, `$SYS/…`, which many brokers refuse to all but
        // administrators.
        let isGranted = asked.isEmpty && refused.keys.allSatisfy { $0.hasPrefix("$") }
        return (ask, isGranted && leaving.isEmpty ? left.sorted() : [], unanswered)
    }
}
