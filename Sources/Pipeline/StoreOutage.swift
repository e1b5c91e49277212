package import Telemetry

/// Whether the store takes commits, and what happens while it does not.
///
/// While it lasts, readings are evaluated and not acknowledged, and new escalations are handed on without being stored.
///
///     none ── another program writes ──▶ busy ── for 3 s ──▶ failing
///      ▲                                   │                   ▲  │
///      └──────────── a commit succeeds ────┴───────────────────┼──┘
///     none ─────────────── a commit fails ─────────────────────┘
enum StoreOutage {
    /// The newest commit succeeded.
    case none
    /// Another program holds the store for writing, as a rule for a moment only.
    case busy(since: Uptime, Attempt)
    /// Commits fail, and the alarm that says so has been raised.
    case failing(Attempt)

    /// The next try to commit the open batch.
    struct Attempt {
        var due: Uptime
        /// How many escalations of the open batch have been handed on without being stored.
        var handedOn = 0
    }

    /// A store that is busy for longer than this is failing.
    private static let longestBusy = TimeSpan.seconds(3)
    /// Between two tries while another program writes, and while commits fail.
    private static let (busyPause, failingPause) = (TimeSpan.milliseconds(100), TimeSpan.seconds(1))

    /// The next try; `nil` while commits succeed.
    var attempt: Attempt? {
        get {
            switch self {
            case .none: nil
            case .busy(_, let attempt), .failing(let attempt): attempt
            }
        }
        set {
            guard let newValue else { return self = .none }
            switch self {
            case .none: break
            case .busy(let since, _): self = .busy(since: since, newValue)
            case .failing: self = .failing(newValue)
            }
        }
    }

    var isOver: Bool { if case .none = self { true } else { false } }
    var isFailing: Bool { if case .failing = self { true } else { false } }

    /// A commit has failed.
    /// - Parameters:
    ///   - isBusy: it failed only because another program writes.
    ///   - makeRoom: called when the outage begins to be a failure; says whether a try at once makes sense.
    /// - Returns: whether the store is failing from now on, and was not before.
    mutating func commitFailed(isBusy: Bool, at time: Uptime, makeRoom: () -> Bool) -> Bool {
        let handedOn = attempt?.handedOn ?? 0
        switch self {
        case .failing:
            self = .failing(Attempt(due: time + Self.failingPause, handedOn: handedOn))
            return false
        case .none where isBusy:
            self = .busy(since: time, Attempt(due: time + Self.busyPause))
            return false
        case .busy(let since, _) where isBusy && time < since + Self.longestBusy:
            self = .busy(since: since, Attempt(due: time + Self.busyPause, handedOn: handedOn))
            return false
        case .none, .busy:
            let pause = makeRoom() ? .zero : Self.failingPause
            self = .failing(Attempt(due: time + pause, handedOn: handedOn))
            return true
        }
    }
}
