internal import Telemetry

/// The registers of a comparison in a program, and the units to show them in.
struct LoweredComparison: Sendable {
    enum Side: Sendable {
        case register(Int32, Unit)
        case constant(Double, Unit)
    }

    /// The result of a vote, for its explanation.
    struct Vote: Sendable {
        /// The register of the number of sensors that voted.
        var voters: Int32
        /// The rule's tally of the votes.
        var tally: Int32
        /// The question to each sensor, in the words that follow their number: `over 35 ppm`.
        var text: String
    }

    /// The register of the result.
    var register: Int32
    var sign: String
    var left: Side
    var right: Side
    var leftText: String
    var rightText: String
    /// The unit in which both sides are shown.
    var unit: Unit
    /// The vote's result; `nil` for anything but a vote.
    var vote: Vote?
    /// The duration of `silent`; `nil` for any other comparison.
    var silentFor: TimeSpan?
    /// The quantity of `suspect`; `nil` for any other comparison.
    var suspected: String?
    /// The time that a forecast looks into the future; zero if the comparison has no forecast.
    var ahead: TimeSpan = .zero
    /// The time for which the comparison has to hold, if the rule says `for`; else zero.
    var held: TimeSpan = .zero
}
