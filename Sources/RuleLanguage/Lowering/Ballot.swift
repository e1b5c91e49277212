internal import RulePlan

/// A condition that is asked of each sensor of a group.
struct Ballot: Hashable, Sendable {
    var program: Program
    var operands: [MeasuredQuantity]
    var parameters: ProgramParameters
}

/// A thing that an instance counts: votes of the sensors of its group, or another rule's alarms.
enum TallySource: Hashable, Sendable {
    /// The index of the rule's ballot.
    case ballot(Int)
    case alarms(rule: String)
}
