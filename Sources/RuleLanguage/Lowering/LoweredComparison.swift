internal import Telemetry

/// The registers of a comparison in a program, and how to show them.
struct LoweredComparison: Sendable {
    enum Side: Sendable {
        case register(Int32, Unit)
        case constant(Double, Unit)
    }

    /// The result of a vote, for its explanation.
    struct Vote: Sendable {
        /// The register of the number of sensors that voted.
        var voters: Int32
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
    /// `nil` for anything but a vote.
    var vote: Vote?
    /// The duration of `silent`; `nil` for any other comparison.
    var silentFor: TimeSpan?
    /// How far in the future a forecast looks; zero if it compares none.
    var ahead: TimeSpan = .zero
    /// How long the comparison has to hold, if the rule says `for`; else zero.
    var held: TimeSpan = .zero
}
