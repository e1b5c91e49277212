/// The texts of an alarm in one language.
package struct AlarmText: Codable, Hashable, Sendable {
    package var hazard: String?
    package var summary: String
    package var instruction: String?

    package init(hazard: String?, summary: String, instruction: String?) {
        self.hazard = hazard
        self.summary = summary
        self.instruction = instruction
    }
}
