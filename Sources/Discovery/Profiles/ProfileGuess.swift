/// The profile that probably reads a topic.
package struct ProfileGuess: Sendable {
    /// A profile that is not offered.
    package struct Rejection: Sendable, Encodable {
        package var profile: String
        package var reason: String
    }

    /// The best profiles; more than one if they fit equally, and none if no profile fits.
    package var names: [String] = []
    package var certainty = Certainty.unsure
    /// Why, as a sentence without its full stop.
    package var reason: String
    /// What the profile has read in the sample.
    package var quantities: [String] = []
    /// The numbers in the sample that it does not read, as JSON Pointers.
    package var unread: [String] = []
    package var rejected: [Rejection] = []

    init(_ reason: String) { self.reason = reason }
}
