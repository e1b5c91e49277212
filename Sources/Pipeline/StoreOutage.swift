internal import Telemetry

/// Tracks whether the store accepts commits, and the attempts while it does not.
///
/// During an outage, readings are evaluated but not acknowledged. New escalations are handed on without being stored.
///
///     none ── another program writes ──▶ busy ── for 3 s ──▶ failing
///      ▲                                   │                   ▲  │
///      └──────────── a commit succeeds ────┴───────────────────┼──┘
///     none ─────────────── a commit fails ─────────────────────┘
enum StoreOutage {
    /// The newest commit succeeded.
    case none
    /// Another program holds the store for writing, usually for a moment only.
    case busy(since: Uptime, Attempt)
    /// Commits fail, and the alarm about it has been raised.
    case failing(Attempt)

    /// The next attempt to commit the open batch.
    struct Attempt {
        var due: Uptime
        /// The number of escalations of the open batch that were handed on without being stored.
        var handedOn = 0
    }

    /// The longest time that a store may be busy. After it, the store is failing.
    private static let longestBusy = TimeSpan.seconds(3)
    /// The pause between attempts while another program writes, and while commits fail.
    private static let (busyPause, failingPause) = (TimeSpan.milliseconds(100), TimeSpan.seconds(1))

    /// The next attempt; `nil` while commits succeed.
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

    /// Notes a failed commit.
    /// - Parameters:
    ///   - isBusy: true if it failed only because another program writes.
    ///   - makeRoom: called when the store begins to fail; returns whether an immediate attempt makes sense.
    /// - Returns: true if the store is failing from now on, and was not before.
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
