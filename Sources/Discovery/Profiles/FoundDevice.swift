internal import Devices
package import Telemetry

/// A device that was heard, with the profile that probably reads it.
package struct FoundDevice: Sendable {
    /// The topics' positions in the census that the profile reads.
    package var topics: [Int]
    /// The topic of the sample.
    var shownTopic: String
    package var profile: ProfileGuess
    /// What stands in the place of the profile's topic.
    var base: String
    /// The labels of the profile's patterns.
    var labels: [String: String]
    /// The device's name in payloads that several devices share.
    package var key: String?
    /// What the topic has in the level that names the device.
    var levelName: String?
    /// The device's name in its payload.
    var name: String?
    var model: String?
    /// The measured time between two messages; `nil` if too few came.
    package var interval: TimeSpan?
    var sample: TopicRecord.Sample?
}
