package import MQTT
package import Store
package import Telemetry
package import Uplink

/// What a gateway is told on start. `tocsin.example.yaml` documents every key.
package struct Configuration: Sendable {
    /// Files as the configuration names them, made absolute from where it stands.
    package var inventory: String
    package var profiles: String
    package var rules: String
    package var broker: ConnectionSettings
    package var store: StoreSettings
    package var ladder: [String]
    package var lateness: TimeSpan
    package var payloadBytesMax: Int
    package var destinations: [DestinationSettings]
    package var policies: [String: [String]]
    package var logLevel: String
    /// The socket that operators' commands go to.
    package var controlSocket: String

    package struct StoreSettings: Sendable {
        package var path: String
        /// How long a reading may wait for the commit that it shares with others.
        package var commitDelay: TimeSpan
        /// How many readings a commit takes at most.
        package var commitReadings: Int
        package var refusedMax: Int
        package var retention: RetentionLimits
    }

    package struct DestinationSettings: Sendable {
        package enum Kind: Sendable {
            case mqtt(ConnectionSettings, topic: String)
            /// `nil`: standard output.
            case log(path: String?, LogDestination.Rotation)
            /// A program and its arguments, and how long it may take.
            case exec(command: [String], timeout: TimeSpan)
        }
        package var name: String
        package var minimumLevel: Int
        package var kind: Kind
    }
}
