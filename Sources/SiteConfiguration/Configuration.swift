package import AlarmModel
package import Alarms
package import Diagnostics
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
    package var ladder: Ladder
    package var allowedLateness: TimeSpan
    package var payloadBytesMax: Int
    package var destinations: [DestinationSettings]
    /// The policies file, if there is one.
    package var policies: String?
    package var chattering: ChatteringLimit
    package var flood: FloodLimit
    /// What is forwarded of the readings, if anything is.
    package var forward: ForwardSettings?
    package var health: HealthSettings
    package var logLevel: String
    /// The socket that operators' commands go to.
    package var controlSocket: String
    /// What is wrong with it and keeps nothing from running.
    package var warnings: [Diagnostic] = []

    /// The files that a site is described in, and what they are read with: known as well where other parts of a
    /// configuration are wrong.
    package struct SiteFiles: Sendable {
        package var inventory: String
        package var profiles: String
        package var rules: String
        package var policies: String?
        package var ladder: Ladder
        /// The destinations' names.
        package var destinations: [String]
        package var allowedLateness: TimeSpan
        /// How long the store keeps readings.
        package var retention: TimeSpan?
        package var health: HealthSettings
    }

    /// Where a gateway keeps its store and answers: all that an operator's commands need, who may not be able to read
    /// its secrets.
    package struct StorePlace: Sendable {
        package var store: String
        /// The control socket.
        package var control: String
        package var ladder: Ladder
    }

    /// What could be read of a configuration file.
    package struct Parsed: Sendable {
        /// Missing where anything in it is wrong.
        package var configuration: Configuration?
        /// Missing where it does not name the site's files.
        package var files: SiteFiles?
        /// Missing where it does not name the store.
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

    /// How the gateway watches over itself.
    package struct HealthSettings: Sendable {
        package var interval: TimeSpan
        /// Whether the built-in rules are in force.
        package var hasRules: Bool
    }

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
            case mqtt(ConnectionSettings, topic: String, current: String?)
            /// `nil`: standard output.
            case log(path: String?, LogDestination.Rotation)
            /// A program and its arguments, and how long it may take.
            case exec(command: [String], timeout: TimeSpan)
            case webhook(WebhookSettings)
            case cap(CAPSettings, CAPCarrier)
        }
        package enum CAPCarrier: Sendable {
            case folder(String)
            case mqtt(ConnectionSettings, topic: String)
            case webhook(WebhookSettings)
        }
        package var name: String
        package var minimumLevel: Level
        /// It is told of a flood of alarms together.
        package var isGrouping: Bool
        /// Its messages may go to the public.
        package var isPublic: Bool { if case .cap = kind { true } else { false } }
        package var kind: Kind
    }
}

extension Configuration {
    /// Makes every connection speak MQTT 3.1.1 whose protocol is not set: the sensors' and those upstream.
    /// - Returns: whether there is one.
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
