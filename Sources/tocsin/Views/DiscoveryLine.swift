import Discovery
import Telemetry

/// A group of topics as `tocsin discover --json` prints it.
struct DiscoveryLine: Encodable {
    struct FamilyPart: Encodable {
        var name: Family
        var certainty: Certainty
        var reason: String
        var role: FamilyGuess.Role
        var models: [String]
    }

    struct ProfilePart: Encodable {
        /// The best profiles; more than one if they fit equally.
        var names: [String]
        var certainty: Certainty?
        /// Those of single devices may differ.
        var reasons: [String]
        var quantities: [String]
        /// JSON Pointers of numbers that the profile does not read.
        var unread: [String]
        var rejected: [ProfileGuess.Rejection]
    }

    struct SamplePart: Encodable {
        var topic: String
        /// The payload as text, escaped, or its bytes as hexadecimal digits.
        var text: String
        var bytes: Int
        var isCut: Bool
        var isRetained: Bool
    }

    /// The topic, with `+` in the place of the device if there is more than one.
    var pattern: String
    var topics: [String]
    var devices: Int
    /// The names by which payloads tell devices on one topic apart.
    var keys: [String]
    /// The devices of the inventory among them.
    var known: [String]
    var messages: Int
    var retained: Int
    var isRetainedOnly: Bool
    /// RFC 3339, in UTC.
    var first: String
    var last: String
    /// The median time between two messages, in seconds.
    var interval: Double?
    var rate: String
    var largestBytes: Int
    var family: FamilyPart
    var profile: ProfilePart
    var sample: SamplePart?

    init(_ group: TopicGroup) {
        pattern = group.pattern
        topics = group.topics.map(\.record.topic)
        devices = group.devices
        keys = group.topics.flatMap(\.keys)
        known = group.known
        (messages, retained, isRetainedOnly) = (group.messages, group.retained, group.isRetainedOnly)
        (first, last) = (group.first.description, group.last.description)
        interval = group.interval?.seconds
        rate = group.rate
        largestBytes = group.largestBytes
        family = FamilyPart(
            name: group.family.family, certainty: group.family.certainty, reason: group.family.reason,
            role: group.family.role, models: group.models)
        let guess = group.profile
        profile = ProfilePart(
            names: guess.names, certainty: guess.names.isEmpty ? nil : guess.certainty, reasons: group.profileReasons,
            quantities: guess.quantities, unread: guess.unread, rejected: guess.rejected)
        sample = group.shown.sample.map {
            SamplePart(
                topic: group.shown.record.topic, text: SampleText.line($0), bytes: $0.count, isCut: $0.isCut,
                isRetained: $0.isRetained)
        }
    }
}
