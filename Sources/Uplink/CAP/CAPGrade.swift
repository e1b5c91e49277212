internal import AlarmModel
internal import Escalation
internal import Telemetry

/// Urgency, severity and certainty of an alarm (CAP 1.2, 3.2.2), from its level, what is known, and how far ahead what
/// decided it lies.
struct CAPGrade {
    let isActive: Bool
    let urgency: String
    let severity: String
    let certainty: String
    private let isGrave: Bool

    init(_ message: EscalationMessage, ladder: Ladder) {
        isActive = message.alarm.cleared == nil
        let rank = Int(ladder.level(named: message.transition.to)?.rank ?? 0)
        // The ladder's levels, spread over CAP's four; the highest is always Extreme.
        let names = ["Minor", "Moderate", "Severe", "Extreme"]
        let place = rank == 0 || ladder.count == 0 ? 0 : (rank * 4 + ladder.count - 1) / ladder.count - 1
        isGrave = place >= 2
        guard isActive else {
            urgency = "Past"
            severity = "Minor"
            certainty = message.transition.kind == "cleared" ? "Observed" : "Unknown"
            return
        }
        severity = message.alarm.noData ? "Unknown" : names[place]
        let ahead = message.causes.filter { $0.holds == true }.compactMap(\.ahead).max()
        // What is measured now already decides, even if a forecast says the same.
        let isForecast = ahead != nil && !message.causes.contains { $0.holds == true && $0.ahead == nil }
        if message.alarm.noData {
            urgency = "Unknown"
            certainty = "Unknown"
        } else if isForecast, let ahead {
            // Expected is within the next hour.
            urgency = ahead <= 3600 ? "Expected" : "Future"
            certainty = message.alarm.uncertain ? "Possible" : "Likely"
        } else {
            urgency = isGrave ? "Immediate" : "Expected"
            certainty = message.alarm.uncertain ? "Possible" : "Observed"
        }
    }

    /// What those concerned should do about it: in an instruction's words if it has one.
    func responseType(hasInstruction: Bool) -> String {
        if !isActive { return "AllClear" }
        if hasInstruction, isGrave { return "Execute" }
        return isGrave ? "Prepare" : "Monitor"
    }
}
