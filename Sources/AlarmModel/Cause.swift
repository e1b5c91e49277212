internal import Telemetry

/// One comparison of a rule, and its result at a moment: the reason for an alarm's change.
package struct Cause: Sendable, Codable, Hashable {
    /// The measured term, as the rule's author wrote it: `mean(water_level, 10m)`.
    package var term: String
    /// In `unit`; `nil` while it is unknown.
    package var value: Double?
    package var sign: String
    /// The threshold as written, and its value in `unit`.
    package var threshold: String
    package var thresholdValue: Double?
    package var unit: String
    /// The result of the comparison; `nil` while it is unknown.
    package var holds: Bool?
    /// For a forecast, the number of seconds that it looks into the future.
    package var ahead: Double?
    /// The number of seconds for which the comparison has to hold without a break, if the rule says so.
    package var heldFor: Double?
    /// For a vote, the number of sensors, and the question to each: `over 35 ppm`.
    package var voters: Double?
    package var asked: String?
    /// The devices that voted otherwise, if they are few.
    package var against: [String]?
    /// For a question about silence, its number of seconds and its quantity.
    package var silentFor: Double?
    /// For the question if readings are suspect, the quantity.
    package var suspected: String?

    package init(
        term: String, value: Double?, sign: String, threshold: String, thresholdValue: Double?, unit: String,
        holds: Bool?, ahead: Double? = nil, heldFor: Double? = nil, voters: Double? = nil, asked: String? = nil,
        against: [String]? = nil, silentFor: Double? = nil, suspected: String? = nil
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
        self.against = against
        self.silentFor = silentFor
        self.suspected = suspected
    }

    /// `mean(water_level, 10m) is 3.31 m, over 3.2 m, for 2m`
    package var sentence: String { sentence("is") }

    /// The same sentence for a past moment: `mean(water_level, 10m) was 3.31 m, over 3.2 m, for 2m`
    package var pastSentence: String { sentence("was") }

    /// Returns `over` for `>`; `nil` for a sign without a word. For a comparison that does not hold, returns the
    /// opposite relation.
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
        // A millionth of the threshold is a rounding error.
        let floor = thresholdValue.map { $0 == 0 ? 1e-9 : abs($0) * 1e-6 } ?? 0
        let shown = value.map { Self.number(abs($0) < floor ? 0 : $0, unit) } ?? "unknown"
        guard let holds else { return "\(term) \(verb) unknown (rule: \(sign) \(threshold))" }
        let limit = thresholdValue.map { Self.number($0, unit) } ?? threshold
        let relation = Self.relation(sign, holds: holds) ?? "not"
        // A partial count may already exceed the threshold while the full count is unknown.
        if value == nil { return "\(term) \(verb) \(relation) \(limit)" }
        let span =
            holds ? heldFor.map { ", for \(TimeSpanText.short(TimeSpan(nanoseconds: Int64($0 * 1e9))))" } ?? "" : ""
        return "\(term) \(verb) \(shown), \(relation) \(limit)\(span)"
    }

    /// The sentence of a vote, of a silence or of a suspicion, which are not described by numbers.
    private func spoken(_ verb: String) -> String? {
        if let voters, let asked, let value {
            let votes = "\(NumberText.short(value)) of \(NumberText.short(voters)) sensors \(asked)"
            guard holds == false, let needed = thresholdValue else {
                guard let against, let last = against.last else { return votes }
                let others = against.dropLast().joined(separator: ", ")
                return "\(votes); \(others.isEmpty ? "\(last) says" : "\(others) and \(last) say") otherwise"
            }
            return "\(votes), and \(NumberText.short(needed)) are needed"
        }
        if let suspected, let holds { return "the newest \(suspected) \(verb) \(holds ? "" : "not ")suspect" }
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
