package import AlarmModel
package import Alarms
package import Diagnostics
package import Logging
package import MQTT
package import Store
package import Telemetry
package import Uplink

/// The configuration of a gateway. `tocsin.example.yaml` documents every key.
package struct Configuration: Sendable {
    /// The absolute path of the inventory.
    package var inventory: String
    /// The absolute path of the folder of device profiles, or of a single one.
    package var profiles: String
    /// The absolute path of the folder of rules, or of a single file.
    package var rules: String
    package var broker: ConnectionSettings
    package var store: StoreSettings
    package var ladder: Ladder
    /// The longest delay with which a reading is still put in order.
    package var allowedLateness: TimeSpan
    /// The largest payload that is accepted.
    package var payloadBytesMax: Int
    package var destinations: [DestinationSettings]
    /// The policies file, if there is one.
    package var policies: String?
    package var chattering: ChatteringLimit
    package var flood: FloodLimit
    /// The forwarding of readings; `nil` if none are forwarded.
    package var forward: ForwardSettings?
    package var health: HealthSettings
    package var logLevel: Logger.Level
    /// The path of the socket for operators' commands.
    package var controlSocket: String
    /// Mistakes in the file that do not prevent a start.
    package var warnings: [Diagnostic] = []

    /// The files that describe a site, and the settings that they are read with. They are also known if other parts of
    /// a configuration have mistakes.
    package struct SiteFiles: Sendable {
        package var inventory: String
        package var profiles: String
        package var rules: String
        package var policies: String?
        package var ladder: Ladder
        /// The destinations' names.
        package var destinations: [String]
        package var allowedLateness: TimeSpan
        /// The time for which the store keeps readings.
        package var retention: TimeSpan?
        package var health: HealthSettings
    }

    /// The places where a gateway keeps its store and accepts commands. An operator's commands need nothing else,
    /// because an operator may not be allowed to read the secrets.
    package struct StorePlace: Sendable {
        package var store: String
        /// The control socket.
        package var control: String
        package var ladder: Ladder
    }

    /// The parts of a configuration file that could be read.
    package struct Parsed: Sendable {
        /// `nil` if the file has a mistake.
        package var configuration: Configuration?
        /// `nil` if the file does not name the site's files.
        package var files: SiteFiles?
        /// `nil` if the file does not name the store.
        package var place: StorePlace?
        package var problems: [Diagnostic]
    }

    package var siteFiles: SiteFiles {
        SiteFiles(
            inventory: inventory, profiles: profiles, rules: rules, policies: policies, ladder: ladder,
            destinations: destinations.map(\.name), allowedLateness: allowedLateness,
            retention: store.retention.readings,
            health: health)
    }

    /// The settings of the gateway's rules for itself.
    package struct HealthSettings: Sendable {
        package var interval: TimeSpan
        /// Set if the built-in rules are used.
        package var hasRules: Bool
    }

    /// The settings of the store.
    package struct StoreSettings: Sendable {
        package var path: String
        /// The longest time that a reading waits to be committed together with others.
        package var commitDelay: TimeSpan
        /// The largest number of readings in a commit.
        package var commitReadings: Int
        /// The largest number of refused payloads that are kept.
        package var refusedMax: Int
        package var retention: RetentionLimits
    }

    /// A destination of escalations.
    package struct DestinationSettings: Sendable {
        package enum Kind: Sendable {
            /// - Parameter current: the topic of each alarm's current state, if there is one.
            case mqtt(ConnectionSettings, topic: TopicTemplate, current: TopicTemplate?)
            /// - Parameter path: `nil`: standard output.
            case log(path: String?, LogDestination.Rotation)
            /// A program and its arguments, and the time that it may take.
            case exec(command: [String], timeout: TimeSpan)
            case webhook(WebhookSettings)
            case cap(CAPSettings, CAPCarrier)
        }
        package enum CAPCarrier: Sendable {
            case folder(String)
            case mqtt(ConnectionSettings, topic: TopicTemplate)
            case webhook(WebhookSettings)
        }
        package var name: String
        package var minimumLevel: Level
        /// Set if the alarms of a flood are sent to it together.
        package var isGrouping: Bool
        /// Set if its messages may go to the public.
        package var isPublic: Bool { if case .cap = kind { true } else { false } }
        package var kind: Kind
    }
}

extension Configuration {
    /// Makes all connections without a configured protocol use MQTT 3.1.1: the sensors' and those upstream.
    /// - Returns: true if there is such a connection.
    package mutating func speakOlderProtocol() -> Bool {
        var hasChanged = false
        func change(_ connection: inout ConnectionSettings) {
            guard connection.protocolVersion == .auto else { return }
            connection.protocolVersion = .v311
            hasChanged = true
        }
        change(&broker)
        if var upstream = forward?.broker {
            change(&upstream)
            forward?.broker = upstream
        }
        for index in destinations.indices {
            switch destinations[index].kind {
            case .mqtt(var connection, let topic, let current):
                change(&connection)
                destinations[index].kind = .mqtt(connection, topic: topic, current: current)
            case .cap(let settings, .mqtt(var connection, let topic)):
                change(&connection)
                destinations[index].kind = .cap(settings, .mqtt(connection, topic: topic))
            case .log, .exec, .webhook, .cap: break
            }
        }
        return hasChanged
    }
}
