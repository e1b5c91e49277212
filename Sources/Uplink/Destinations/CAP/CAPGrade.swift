internal import AlarmModel
internal import Escalation
internal import Telemetry

/// Urgency, severity and certainty of an alarm (CAP 1.2, 3.2.2), from its level, the known facts, and the time until
/// the decisive forecast.
struct CAPGrade {
    let isActive: Bool
    let urgency: String
    let severity: String
    let certainty: String
    private let isGrave: Bool

    init(_ notice: AlarmNotice, ladder: Ladder) {
        isActive = notice.alarm.cleared == nil
        let rank = Int(ladder.level(named: notice.transition.to)?.rank ?? 0)
        // The ladder's levels, spread over CAP's four; the highest is always Extreme.
        let names = ["Minor", "Moderate", "Severe", "Extreme"]
        let place = rank == 0 || ladder.count == 0 ? 0 : (rank * 4 + ladder.count - 1) / ladder.count - 1
        isGrave = place >= 2
        guard isActive else {
            urgency = "Past"
            severity = "Minor"
            certainty = Self.endCertainty(notice.transition.kind)
            return
        }
        severity = notice.alarm.hasNoData ? "Unknown" : names[place]
        let ahead = notice.causes.filter { $0.holds == true }.compactMap(\.ahead).max()
        // A measurement decides already, even if a forecast agrees.
        let isForecast = ahead != nil && !notice.causes.contains { $0.holds == true && $0.ahead == nil }
        if notice.alarm.hasNoData {
            urgency = "Unknown"
            certainty = "Unknown"
        } else if isForecast, let ahead {
            // Expected is within the next hour.
            urgency = ahead <= 3600 ? "Expected" : "Future"
            certainty = notice.alarm.isUncertain ? "Possible" : "Likely"
        } else {
            urgency = isGrave ? "Immediate" : "Expected"
            certainty = notice.alarm.isUncertain ? "Possible" : "Observed"
        }
    }

    /// The certainty of an alarm's end: it was measured, or the alarm's rule or devices are gone.
    private static func endCertainty(_ kind: Transition.Kind) -> String {
        switch kind {
        case .cleared: "Observed"
        case .raised, .rose, .fell, .uncertain, .certain, .sensors, .noData, .chattering, .calm, .acknowledged,
            .shelved, .unshelved, .suppressed, .released, .outOfService, .inService, .retired:
            "Unknown"
        }
    }

    /// Returns the recommended action for the people concerned: Execute for a grave alarm with an instruction.
    func responseType(hasInstruction: Bool) -> String {
        if !isActive { return "AllClear" }
        if hasInstruction, isGrave { return "Execute" }
        return isGrave ? "Prepare" : "Monitor"
    }
}
