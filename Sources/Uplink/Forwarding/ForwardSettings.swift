package import MQTT

/// The readings to forward, and their topic.
package struct ForwardSettings: Sendable {
    package enum Form: String, Sendable, CaseIterable {
        case readings
        /// Count, mean, minimum and maximum for each series and minute.
        case summaries
    }

    package var broker: ConnectionSettings
    /// The topic, with `{site}` and `{device}`.
    package var topic: String
    package var form: Form
    /// The largest number of readings a second; summaries count with the readings behind them.
    package var perSecond: Int

    package init(broker: ConnectionSettings, topic: String, form: Form, perSecond: Int) {
        self.broker = broker
        self.topic = topic
        self.form = form
        self.perSecond = perSecond
    }
}
