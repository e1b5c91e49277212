/// The present status of an alarm, as the running gateway knows it. Its newest transition says what was when it moved
/// last.
package struct AlarmStatus: Codable, Hashable, Sendable {
    /// How a measured quantity has changed of late.
    package struct Trend: Codable, Hashable, Sendable {
        package var quantity: String
        /// In `unit` per hour.
        package var perHour: Double
        package var unit: String

        package init(quantity: String, perHour: Double, unit: String) {
            (self.quantity, self.perHour, self.unit) = (quantity, perHour, unit)
        }
    }

    /// Who is notified next if nobody acknowledges, and when.
    package struct NextStep: Codable, Hashable, Sendable {
        package var destinations: [String]
        /// RFC 3339 in UTC; missing for a step that waits for its hours.
        package var at: String?
        package var policy: String
        /// `after 5m unacknowledged`
        package var reason: String

        package init(destinations: [String], at: String?, policy: String, reason: String) {
            (self.destinations, self.at, self.policy, self.reason) = (destinations, at, policy, reason)
        }
    }

    /// The alarm's identity.
    package var alarm: String
    /// The rule's summary with the values of now.
    package var summary: String
    /// The comparisons of the alarm's level, with the values of now.
    package var causes: [Cause]
    /// When the newest reading was measured that it rests on, RFC 3339 in UTC.
    package var newestReading: String?
    package var trend: Trend?
    /// The devices that are silent, where it rests on several.
    package var missing: [String]
    package var next: [NextStep]
    package var runbook: String?
    package var instruction: String?

    package init(
        alarm: String, summary: String, causes: [Cause], newestReading: String?, trend: Trend?, missing: [String],
        next: [NextStep],
        runbook: String?, instruction: String?
    ) {
        self.alarm = alarm
        self.summary = summary
        self.causes = causes
        self.newestReading = newestReading
        self.trend = trend
        self.missing = missing
        self.next = next
        self.runbook = runbook
        self.instruction = instruction
    }
}
