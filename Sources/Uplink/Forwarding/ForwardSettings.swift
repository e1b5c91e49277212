package import MQTT

/// What is forwarded of the readings, and where.
package struct ForwardSettings: Sendable {
    package enum Form: String, Sendable, CaseIterable {
        case readings
        /// For each series and minute: how many, mean, least and greatest.
        case summaries
    }

    package var broker: ConnectionSettings
    /// With `{site}` and `{device}`.
    package var topic: String
    package var form: Form
    /// How many readings, or readings' worth of summaries, a second at most.
    package var perSecond: Int

    package init(broker: ConnectionSettings, topic: String, form: Form, perSecond: Int) {
        self.broker = broker
        self.topic = topic
        self.form = form
        self.perSecond = perSecond
    }
}
