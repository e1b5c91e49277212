package import AlarmModel
package import Diagnostics
package import Telemetry

/// A policy says who is notified of an alarm, when, and how often. Its steps begin when the alarm reaches a level.
package struct Policy: Sendable {
    package var name: String
    /// Labels, and `hazard`, `rule` and `group`, with the patterns that they have to match; empty for none. The policy
    /// applies to the matching alarms, and to those whose rule names it.
    package var matchers: [(key: String, pattern: String)]
    package var steps: [Step]
    /// The location of the policy's name, if it comes from a file.
    package var location: SourceLocation?

    package struct Step: Sendable {
        package var destinations: [String]
        package var minimumLevel: Level
        package var delay: Delay
        /// The interval between repeats, and their largest number.
        package var repeatEvery: TimeSpan?
        package var times: Int
        package var hours: Hours?
        /// The event that ends the step's notices.
        package var stop: Stop
        /// The events of which its destinations are notified; `nil` for all of them.
        package var events: Set<Event>?
        /// Set if the step skips an alarm that had already reached its level outside its hours.
        package var isForNewOnly = false
    }

    /// An event of an alarm, which a step may select by `on`.
    package enum Event: String, Sendable, CaseIterable {
        case raised, rose, fell, cleared, acknowledged, shelved, unshelved, suppressed, released, uncertain, certain,
            sensors
        case chattering, calm
        case outOfService = "out-of-service"
        case inService = "in-service"

        /// Reads a word of a policies file or of a stored state, of this version or an earlier one.
        package init?(word: String) {
            guard let event = word == "flapping" ? .chattering : Event(rawValue: word) else { return nil }
            self = event
        }

        package init(_ kind: Transition.Kind) {
            switch kind {
            case .raised, .noData: self = .raised
            case .rose: self = .rose
            case .fell: self = .fell
            case .cleared, .retired: self = .cleared
            case .acknowledged: self = .acknowledged
            case .shelved: self = .shelved
            case .unshelved: self = .unshelved
            case .suppressed: self = .suppressed
            case .released: self = .released
            case .uncertain: self = .uncertain
            case .certain: self = .certain
            case .sensors: self = .sensors
            case .chattering: self = .chattering
            case .calm: self = .calm
            case .outOfService: self = .outOfService
            case .inService: self = .inService
            }
        }
    }

    package enum Delay: Sendable, Hashable {
        case immediately
        /// After this time at the step's level or higher without an acknowledgement.
        case unacknowledged(TimeSpan)
        /// After this time at the step's level or higher.
        case active(TimeSpan)

        var span: TimeSpan {
            switch self {
            case .immediately: .zero
            case .unacknowledged(let span), .active(let span): span
            }
        }

        var text: String {
            switch self {
            case .immediately: "immediately"
            case .unacknowledged(let span): "after \(TimeSpanText.short(span)) unacknowledged"
            case .active(let span): "after \(TimeSpanText.short(span)) active"
            }
        }
    }

    package enum Stop: String, Sendable, CaseIterable {
        case acknowledged, cleared
    }

    /// The hours of a calendar, or all others.
    package struct Hours: Sendable {
        package var calendar: Calendar
        package var isInside: Bool

        func include(_ time: Instant, _ zone: ZoneTable) -> Bool { calendar.includes(time, zone) == isInside }
    }
}

extension Policy.Event: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let word = try container.decode(String.self)
        guard let event = Self(word: word) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(word)' is not an event")
        }
        self = event
    }
}

/// The policies of a site.
package struct PolicySet: Sendable {
    package var policies: [Policy]
    package var zone: ZoneTable

    package init(_ policies: [Policy] = [], zone: ZoneTable = ZoneTable()) {
        self.policies = policies
        self.zone = zone
    }

    package var names: Set<String> { Set(policies.map(\.name)) }

    /// Returns the policies that apply to an alarm: the one that its rule names, and those whose matchers fit it.
    func applying(to notice: AlarmNotice, escalate: String?) -> [Policy] {
        let alarm = notice.alarm
        return policies.filter { policy in
            policy.name == escalate
                || policy.matches(hazard: alarm.hazard, rule: alarm.rule, group: alarm.group, labels: notice.labels)
        }
    }
}

extension Policy {
    /// Returns whether the policy's `where` fits an alarm. A policy without `where` fits none.
    package func matches(hazard: String, rule: String, group: String, labels: [String: String]) -> Bool {
        !matchers.isEmpty
            && matchers.allSatisfy { key, pattern in
                let value: String? =
                    switch key {
                    case "hazard": hazard
                    case "rule": rule
                    case "group": group
                    default: labels[key]
                    }
                return value.map { PathGlob.matches($0, pattern) } ?? false
            }
    }
}
