/// What a topic's messages probably are.
package struct FamilyGuess: Sendable {
    /// What messages are for.
    package enum Role: String, Sendable, Encodable {
        case readings
        /// They say whether a device can be reached.
        case availability
        /// They describe devices: names, units, models.
        case description
        /// They tell a device to do something.
        case command
        /// They are about a bridge, a server or a radio network itself.
        case service
    }

    package var family: Family
    package var certainty: Certainty
    /// Why, as a sentence without its full stop.
    package var reason: String
    package var role = Role.readings
    /// The level of the topic that names the device, counted from 0.
    var deviceLevel: Int?
    /// What the topics of one device have in common, if that is not their beginning up to ``deviceLevel``.
    var identity: String?
    /// The model of the device, if the payload or a bridge names it.
    package var model: String?
    /// True if ``model`` is a maker's own name for the model, and no name that somebody has made up.
    var isModelExact = false
    /// The device's name in the payload.
    var deviceName: String?

    init(
        _ family: Family, _ certainty: Certainty, _ reason: String, _ role: Role = .readings, deviceLevel: Int? = nil
    ) {
        self.family = family
        self.certainty = certainty
        self.reason = reason
        self.role = role
        // A topic may lack the levels in front of what it was told by.
        self.deviceLevel = deviceLevel.flatMap { $0 >= 0 ? $0 : nil }
    }
}
