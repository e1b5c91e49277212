/// The present status of an alarm, as the running gateway knows it. Its newest transition only describes its last
/// change.
package struct AlarmStatus: Codable, Hashable, Sendable {
    /// The recent change of a measured quantity.
    package struct Trend: Codable, Hashable, Sendable {
        package var quantity: String
        /// In `unit` per hour.
        package var perHour: Double
        package var unit: String

        package init(quantity: String, perHour: Double, unit: String) {
            (self.quantity, self.perHour, self.unit) = (quantity, perHour, unit)
        }
    }

    /// The next people to notify if nobody acknowledges, and the time.
    package struct NextStep: Codable, Hashable, Sendable {
        package var destinations: [String]
        /// RFC 3339 in UTC; missing for a step that waits for its calendar hours.
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
    /// The rule's summary with present values.
    package var summary: String
    /// The comparisons of the alarm's level, with present values.
    package var causes: [Cause]
    /// The time of the newest reading that the status depends on, RFC 3339 in UTC.
    package var newestReading: String?
    package var trend: Trend?
    /// The silent devices, if the alarm depends on several devices.
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
