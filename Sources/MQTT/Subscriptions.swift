/// Keeps the wanted filters, the broker's answers, and the filters that an earlier run has left in the session.
///
/// It is a value without a connection: it returns what to ask the broker for, and takes the answers.
struct Subscriptions {
    /// The pause before a refused filter is requested again. It doubles each time, up to the longest pause.
    static let firstPauseSeconds = 5.0
    static let longestPauseSeconds = 60.0
    /// A broker that has not answered after this time counts as refusing.
    static let answerSeconds = 30.0

    static let noAnswer = "the broker does not answer"

    enum Answer: Equatable {
        case granted(String)
        /// Granted with QoS 0: messages may be lost in transit.
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

    /// - Parameter left: filters that the session may have from an earlier run.
    init(_ wanted: [String], left: Set<String> = []) {
        self.wanted = wanted
        self.left = left.subtracting(wanted)
    }

    /// True if the broker has answered every request.
    var isAnswered: Bool { asked.isEmpty }

    /// Begins a new link.
    /// - Returns: the filters to subscribe to, which are all wanted filters.
    mutating func connected(at now: Double) -> [String] {
        asked.removeAll()
        leaving.removeAll()
        pause = Self.firstPauseSeconds
        askAgainAt = now + pause
        return wanted
    }

    /// Replaces the wanted filters. The session unsubscribes from those that are no longer wanted.
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

    /// Handles a SUBACK.
    /// - Returns: the news in it; `nil` if there is none, or if the SUBACK answers no request.
    mutating func answered(_ id: Int32, code: Int32, reason: String) -> Answer? {
        guard let filter = asked.removeValue(forKey: id), wanted.contains(filter) else { return nil }
        if code >= 0x80 {
            return refuse(filter, reason: reason) ? .refused(filter, reason: reason) : nil
        }
        let wasRefused = refused.removeValue(forKey: filter) != nil
        if code == 0 { return .downgraded(filter) }
        return wasRefused ? .granted(filter) : nil
    }

    /// Notes that a filter is refused.
    /// - Returns: whether that is new.
    mutating func refuse(_ filter: String, reason: String) -> Bool {
        refused.updateValue(reason, forKey: filter) != reason
    }

    /// Handles an UNSUBACK.
    /// - Returns: the filter that the session no longer has; `nil` if the UNSUBACK answers no request.
    @discardableResult
    mutating func unsubscribed(_ id: Int32) -> String? {
        guard let filter = leaving.removeValue(forKey: id) else { return nil }
        return left.remove(filter)
    }

    /// Returns the filters to request again (`ask`) and to unsubscribe from (`leave`). `unanswered` are those that
    /// count as refused from now on because the broker does not answer.
    ///
    /// Old filters are left only when all wanted filters are granted, so that every device always has a subscription.
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
        // Many brokers allow their own topics, `$SYS/…`, to administrators only. No device publishes there.
        let isGranted = asked.isEmpty && refused.keys.allSatisfy { $0.hasPrefix("$") }
        return (ask, isGranted && leaving.isEmpty ? left.sorted() : [], unanswered)
    }
}
