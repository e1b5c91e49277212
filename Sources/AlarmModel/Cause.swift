internal import Telemetry

/// One comparison of a rule, and how it came out at a moment: what made an alarm move.
package struct Cause: Sendable, Codable, Hashable {
    /// What was measured, as the rule's author wrote it: `mean(water_level, 10m)`.
    package var term: String
    /// In `unit`; `nil` while it is unknown.
    package var value: Double?
    package var sign: String
    /// What it was compared with, as written, and its value in `unit`.
    package var threshold: String
    package var thresholdValue: Double?
    package var unit: String
    /// Whether the comparison held; `nil` while that is unknown.
    package var holds: Bool?
    /// How many seconds in the future it lies, where it is a forecast.
    package var ahead: Double?
    /// For how many seconds it has to hold without a break, where the rule says so.
    package var heldFor: Double?
    /// Of a vote: how many sensors there are, and what each was asked: `over 35 ppm`.
    package var voters: Double?
    package var asked: String?
    /// Of the question whether nothing came: for how many seconds, and of which quantity.
    package var silentFor: Double?

    package init(
        term: String, value: Double?, sign: String, threshold: String, thresholdValue: Double?, unit: String,
        holds: Bool?, ahead: Double? = nil, heldFor: Double? = nil, voters: Double? = nil, asked: String? = nil,
        silentFor: Double? = nil
    ) {
        self.term = term
        self.value = value
        self.sign = sign
        self.threshold = threshold
        self.thresholdValue = thresholdValue
        self.unit = unit
        self.holds = holds
        self.ahead = ahead
        self.heldFor = heldFor
        self.voters = voters
        self.asked = asked
        self.silentFor = silentFor
    }

    /// `mean(water_level, 10m) is 3.31 m, over 3.2 m, for 2m`
    package var sentence: String { sentence("is") }

    /// The same of a moment that has passed: `mean(water_level, 10m) was 3.31 m, over 3.2 m, for 2m`
    package var pastSentence: String { sentence("was") }

    /// `over` for `>`; `nil` for what has no word. Of a comparison that does not hold, what is so instead.
    package static func relation(_ sign: String, holds: Bool) -> String? {
        switch (sign, holds) {
        case (">", true), ("<=", false): "over"
        case (">=", true), ("<", false): "at or over"
        case ("<", true), (">=", false): "under"
        case ("<=", true), (">", false): "at or under"
        case ("==", true), ("!=", false): "equal to"
        default: nil
        }
    }

    private func sentence(_ verb: String) -> String {
        if let spoken = spoken(verb) { return spoken }
        // Beside what it is compared with, a millionth is rounding.
        let floor = thresholdValue.map { $0 == 0 ? 1e-9 : abs($0) * 1e-6 } ?? 0
        let shown = value.map { Self.number(abs($0) < floor ? 0 : $0, unit) } ?? "unknown"
        guard let holds else { return "\(term) \(verb) unknown (rule: \(sign) \(threshold))" }
        let limit = thresholdValue.map { Self.number($0, unit) } ?? threshold
        let relation = Self.relation(sign, holds: holds) ?? "not"
        // What was counted so far may be enough to say more than, and not how many.
        if value == nil { return "\(term) \(verb) \(relation) \(limit)" }
        let span =
            holds ? heldFor.map { ", for \(TimeSpanText.short(TimeSpan(nanoseconds: Int64($0 * 1e9))))" } ?? "" : ""
        return "\(term) \(verb) \(shown), \(relation) \(limit)\(span)"
    }

    /// What votes and silences say in other words than numbers.
    private func spoken(_ verb: String) -> String? {
        if let voters, let asked, let value {
            let votes = "\(NumberText.short(value)) of \(NumberText.short(voters)) sensors \(asked)"
            guard holds == false, let needed = thresholdValue else { return votes }
            return "\(votes), and \(NumberText.short(needed)) are needed"
        }
        if let silentFor, let holds {
            let quantity = term.split(separator: " ").dropFirst(2).first.map { String($0) } ?? term
            let span = TimeSpanText.spoken(TimeSpan(seconds: silentFor) ?? .zero)
            return holds
                ? "no reading of \(quantity) for \(span)"
                : "\(quantity) \(verb == "was" ? "had been" : "has been") read within \(span)"
        }
        return nil
    }

    private static func number(_ value: Double, _ unit: String) -> String {
        unit.isEmpty ? NumberText.short(value) : "\(NumberText.short(value)) \(unit)"
    }
}
