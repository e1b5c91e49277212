internal import Telemetry

/// A topic that was heard, with what it probably is.
///
/// A topic that several devices share is here once for each profile of theirs.
package struct DiscoveredTopic: Sendable {
    package var record: TopicRecord
    /// The usual time between two messages of a device.
    var interval: TimeSpan?
    /// The payload that shows what its devices send.
    package var sample: TopicRecord.Sample?
    package var family: FamilyGuess
    package var profile: ProfileGuess
    /// The names by which payloads tell the devices on the topic apart.
    package var keys: [String] = []
    /// The device of the inventory that has this topic.
    package var knownAs: String?
}
