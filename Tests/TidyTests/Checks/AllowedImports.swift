/// The imports that each module of `Sources` may have: the arrows of the architecture.
///
/// An entry lists modules of this package first, then modules of other packages and of the system. It is stricter than
/// the order of the manifest: the store must not know what a rule is, and the engine must not know files. A test fails
/// if an entry lists a module that no file imports, so remove a module from the entry together with its last import.
enum AllowedImports {
    static let path = "Tests/TidyTests/Checks/AllowedImports.swift"

    static let table: [String: Set<String>] = [
        // The leaves.
        "Telemetry": ["Glibc"],
        "AlarmModel": ["Telemetry", "Foundation"],
        "Diagnostics": ["Telemetry", "CYaml", "Yams"],
        "POSIX": ["CLinux", "Telemetry", "Foundation", "Synchronization"],

        // From bytes to readings. The connection must not know payloads, and devices must not know rules and storage.
        "MQTT": ["CMosquitto", "Foundation", "Glibc", "Logging", "Synchronization"],
        "SparkplugMessages": [],
        "Devices": [
            "CCBOR", "CSimdjson", "Diagnostics", "SparkplugMessages", "Telemetry", "Glibc", "SwiftCSV",
            "SwiftProtobuf",
        ],
        "Discovery": ["Devices", "Diagnostics", "MQTT", "Telemetry", "Foundation", "Logging", "Synchronization"],
        "QualityControl": ["Devices", "Telemetry"],

        // From readings to levels. A plan must not know its source, the language must not know how plans run, and the
        // engine must not know the language, files, the database and the network.
        "RulePlan": ["AlarmModel", "Telemetry"],
        "RuleLanguage": ["AlarmModel", "Devices", "Diagnostics", "RulePlan", "Telemetry"],
        "RuleEngine": ["AlarmModel", "CEngine", "RulePlan", "Telemetry", "HeapModule"],

        // From levels to escalations. Both must not know how a message travels.
        "Alarms": ["AlarmModel", "Devices", "RuleEngine", "RuleLanguage", "RulePlan", "Telemetry"],
        "Escalation": ["AlarmModel", "Diagnostics", "Telemetry"],

        // The JSON that travels, and waits in the outbox.
        "Wire": ["AlarmModel", "Escalation", "Telemetry", "Foundation"],

        // The store keeps readings, alarms and escalations. It must not know what a rule is.
        "Store": [
            "AlarmModel", "Alarms", "Devices", "Escalation", "Telemetry", "Wire",
            "Crypto", "Foundation", "GRDB", "GRDBSQLite", "Synchronization",
        ],

        // The uplink delivers escalations. It must not know why they are sent.
        "Uplink": [
            "AlarmModel", "Escalation", "MQTT", "POSIX", "Store", "Telemetry", "Wire",
            "AsyncHTTPClient", "Crypto", "Foundation", "FoundationXML", "Logging", "NIOCore", "NIOHTTP1", "NIOSSL",
            "ServiceLifecycle", "Synchronization",
        ],

        // The modules that put the parts together.
        "SiteConfiguration": [
            "AlarmModel", "Alarms", "Devices", "Diagnostics", "Escalation", "MQTT", "RuleLanguage", "Store",
            "Telemetry", "Uplink",
            "Foundation", "Logging",
        ],
        "Pipeline": [
            "AlarmModel", "Alarms", "CLinux", "Devices", "Escalation", "MQTT", "POSIX", "QualityControl", "RuleEngine",
            "RuleLanguage", "RulePlan", "SiteConfiguration", "Store", "Telemetry", "Wire",
            "Glibc", "Logging", "Synchronization",
        ],
        "Gateway": [
            "AlarmModel", "Alarms", "CLinux", "Devices", "Diagnostics", "MQTT", "POSIX", "Pipeline",
            "RuleLanguage", "SiteConfiguration", "Store", "Telemetry", "Uplink", "Wire",
            "Foundation", "Logging", "ServiceLifecycle", "Synchronization", "UnixSignals",
        ],
        "Replay": ["Diagnostics", "MQTT", "Telemetry", "Foundation", "Glibc", "Synchronization"],
        "Demo": [
            "AlarmModel", "Diagnostics", "Escalation", "Gateway", "MQTT", "POSIX", "Pipeline", "Replay",
            "SiteConfiguration",
            "Store", "Telemetry", "Wire",
            "Foundation", "Logging", "ServiceLifecycle", "Synchronization",
        ],
        "tocsin": [
            "AlarmModel", "Alarms", "Demo", "Devices", "Diagnostics", "Discovery", "Escalation", "Gateway", "MQTT",
            "POSIX", "Pipeline", "RuleEngine", "RuleLanguage", "SiteConfiguration", "Store", "Telemetry",
            "ArgumentParser", "Foundation", "Logging", "ServiceLifecycle", "Synchronization", "UnixSignals",
        ],
    ]
}
