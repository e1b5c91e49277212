// swift-tools-version: 6.2
import PackageDescription

/// Upcoming language features that every target is held to.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// For targets that hold no unsafe code at all.
let safe: [SwiftSetting] = strict + [.strictMemorySafety()]

extension Target.Dependency {
    static let asyncHTTPClient = product(name: "AsyncHTTPClient", package: "async-http-client")
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let collections = product(name: "HeapModule", package: "swift-collections")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let grdbSQLite = product(name: "GRDBSQLite", package: "GRDB.swift")
    static let lifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let logging = product(name: "Logging", package: "swift-log")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let protobuf = product(name: "SwiftProtobuf", package: "swift-protobuf")
    static let signals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let swiftCSV = product(name: "SwiftCSV", package: "SwiftCSV")
    static let yams = product(name: "Yams", package: "Yams")
}

let package = Package(
    name: "tocsin",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "tocsin", targets: ["tocsin"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
    ],
    // In the order in which data meets them: a target depends only on targets above it.
    targets: [
        .target(name: "Telemetry", swiftSettings: safe),
        .target(name: "AlarmModel", dependencies: ["Telemetry"], swiftSettings: safe),
        .target(name: "Diagnostics", dependencies: ["Telemetry", .yams], swiftSettings: safe),
        .systemLibrary(
            name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        .target(name: "CCBOR", linkerSettings: [.linkedLibrary("cbor")]),
        .target(name: "CSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "MQTT", dependencies: ["CMosquitto", .logging], swiftSettings: strict),
        .target(
            name: "SparkplugMessages", dependencies: [.protobuf], exclude: ["sparkplug_b.proto"],
            swiftSettings: strict),
        .target(
            name: "Devices",
            dependencies: [
                "Telemetry", "Diagnostics", "CCBOR", "CSimdjson", "SparkplugMessages", .protobuf, .swiftCSV,
            ],
            swiftSettings: strict),
        .target(name: "QualityControl", dependencies: ["Telemetry", "Devices"], swiftSettings: safe),
        .target(name: "RulePlan", dependencies: ["AlarmModel", "Telemetry"], swiftSettings: safe),
        .target(
            name: "RuleLanguage",
            dependencies: ["AlarmModel", "Telemetry", "Diagnostics", "Devices", "RulePlan"],
            swiftSettings: safe),
        .target(name: "CEngine"),
        .target(
            name: "RuleEngine", dependencies: ["AlarmModel", "Telemetry", "RulePlan", "CEngine", .collections],
            swiftSettings: strict),
        .target(
            name: "Alarms",
            dependencies: ["AlarmModel", "Telemetry", "Devices", "RulePlan", "RuleLanguage", "RuleEngine"],
            swiftSettings: safe),
        .target(
            name: "Escalation", dependencies: ["AlarmModel", "Telemetry", "Diagnostics"], swiftSettings: safe),
        .target(name: "Wire", dependencies: ["AlarmModel", "Telemetry", "Escalation"], swiftSettings: safe),
        .target(
            name: "Store",
            dependencies: [
                "AlarmModel", "Telemetry", "Devices", "Escalation", "Wire", "Alarms", .crypto, .grdb, .grdbSQLite,
            ],
            swiftSettings: strict),
        .target(name: "CLinux"),
        .target(name: "POSIX", dependencies: ["CLinux", "Telemetry"], swiftSettings: strict),
        .target(
            name: "Uplink",
            dependencies: [
                "AlarmModel", "POSIX", "Telemetry", "MQTT", "Escalation", "Wire", "Store", .asyncHTTPClient, .crypto,
                .logging, .lifecycle, .nioCore, .nioHTTP1, .nioSSL,
            ],
            swiftSettings: strict),
        .target(
            name: "SiteConfiguration",
            dependencies: [
                "AlarmModel", "Telemetry", "Diagnostics", "MQTT", "Devices", "RuleLanguage", "Alarms", "Escalation",
                "Store", "Uplink", .logging,
            ],
            swiftSettings: safe),
        .target(
            name: "Pipeline",
            dependencies: [
                "POSIX", "AlarmModel", "CLinux", "Telemetry", "MQTT", "Devices", "QualityControl", "RulePlan",
                "RuleLanguage", "RuleEngine", "Alarms", "Escalation", "Wire", "Store", "SiteConfiguration", .logging,
            ],
            swiftSettings: strict),
        .target(
            name: "Gateway",
            dependencies: [
                "POSIX", "AlarmModel", "CLinux", "Telemetry", "Diagnostics", "MQTT", "Devices", "RuleLanguage",
                "Alarms", "Store", "Uplink", "Wire", "SiteConfiguration", "Pipeline", .logging, .lifecycle, .signals,
            ],
            swiftSettings: strict),
        .target(
            name: "Discovery", dependencies: ["Telemetry", "Diagnostics", "MQTT", "Devices", .logging],
            swiftSettings: strict),
        .target(name: "Replay", dependencies: ["Telemetry", "Diagnostics", "MQTT"], swiftSettings: strict),
        .target(
            name: "Demo",
            dependencies: [
                "Escalation", "Wire", "SiteConfiguration", "Pipeline", "Replay", "AlarmModel", "POSIX", "Telemetry",
                "Diagnostics", "MQTT", "Store", "Gateway", .logging, .lifecycle,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "tocsin",
            dependencies: [
                "POSIX", "Escalation", "SiteConfiguration", "Pipeline", "AlarmModel", "Telemetry", "Diagnostics",
                "Devices", "RuleLanguage", "RuleEngine", "Alarms", "Store", "Gateway", "Demo", "Discovery", "MQTT",
                .argumentParser,
                .logging, .lifecycle, .signals,
            ],
            swiftSettings: strict),

        .target(name: "CAllocations", path: "Benchmarks/CAllocations"),
        .executableTarget(
            name: "TocsinBenchmarks",
            dependencies: [
                "AlarmModel", "CAllocations", "POSIX", "Telemetry", "Diagnostics", "MQTT", "Devices",
                "QualityControl", "RulePlan", "RuleLanguage", "RuleEngine", "Store", "Demo", .logging,
            ], path: "Benchmarks/TocsinBenchmarks"),

        .target(
            name: "TestSupport",
            dependencies: [
                "RuleEngine", "Alarms", "AlarmModel", "POSIX", "Telemetry", "Diagnostics", "MQTT", "Devices",
                "QualityControl", "RuleLanguage", "Demo", .nioCore, .nioHTTP1, .nioPosix, .nioSSL,
            ],
            path: "Tests/TestSupport"),
        .target(
            name: "CFaultyDisk", path: "Tests/CFaultyDisk", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(
            name: "Simulation",
            dependencies: [
                "SiteConfiguration", "Pipeline", "AlarmModel", "CFaultyDisk", "TestSupport", "Telemetry",
                "Diagnostics", "MQTT", "Devices", "RuleLanguage", "Alarms", "Store", "Uplink", "Gateway", .logging,
            ], path: "Tests/Simulation"),
        .executableTarget(name: "Simulator", dependencies: ["Simulation"], path: "Tests/Simulator"),
        .executableTarget(
            name: "TocsinFuzz",
            dependencies: [
                "Escalation", "Wire", "SiteConfiguration", "AlarmModel", "TestSupport", "Telemetry", "Diagnostics",
                "Devices", "RuleLanguage", "RulePlan", "RuleEngine", "Alarms", "Gateway",
            ],
            path: "Tests/Fuzzing", exclude: ["Corpus"]),
        .testTarget(name: "SimulationTests", dependencies: ["MQTT", "Simulation", "TestSupport"]),
        .testTarget(
            name: "TelemetryTests", dependencies: ["Telemetry", "POSIX", "Replay", "Simulation", "TestSupport"]),
        .testTarget(name: "DevicesTests", dependencies: ["Telemetry", "Devices", "Diagnostics", "TestSupport"]),
        .testTarget(
            name: "DiscoveryTests",
            dependencies: [
                "Devices", "Diagnostics", "Discovery", "MQTT", "POSIX", "Telemetry", "TestSupport", "tocsin", .logging,
            ]),
        .testTarget(
            name: "QualityControlTests",
            dependencies: ["CAllocations", "Telemetry", "Devices", "QualityControl", "Diagnostics", "TestSupport"]),
        .testTarget(
            name: "AlarmsTests",
            dependencies: [
                "Telemetry", "Escalation", "Wire", "AlarmModel", "Alarms", "RuleLanguage", "RulePlan", "RuleEngine",
                "TestSupport",
            ]),
        .testTarget(
            name: "EscalationTests",
            dependencies: [
                "AlarmModel", "Alarms", "Diagnostics", "Escalation", "RulePlan", "Telemetry", "TestSupport", "Wire",
            ]),
        .testTarget(
            name: "StoreTests",
            dependencies: ["Telemetry", "Escalation", "Wire", "AlarmModel", "Store", "Alarms", "TestSupport", .grdb],
            exclude: ["Versions"]),
        .testTarget(
            name: "UplinkTests",
            dependencies: [
                "MQTT", "Telemetry", "Escalation", "Wire", "AlarmModel", "Uplink", "Devices", "POSIX", "RulePlan",
                "Diagnostics", .crypto, "Alarms", "Store", "TestSupport", .logging, .lifecycle, .grdb,
            ]),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Escalation", "Wire", "SiteConfiguration", "Pipeline", "AlarmModel", "Gateway", "Diagnostics",
                "Devices", "RuleLanguage", "Alarms", "Store", "MQTT", "POSIX", "Telemetry", "TestSupport", "tocsin",
                .logging, .lifecycle, .grdb,
            ]),
        .testTarget(name: "TidyTests", dependencies: ["TestSupport"], exclude: ["Ratchet.json"]),
        .testTarget(
            name: "RuleEngineTests",
            dependencies: [
                "CAllocations", "Devices", "Diagnostics", "RulePlan", "Telemetry", "AlarmModel", "RuleEngine",
                "RuleLanguage", "TestSupport",
            ]),
        .testTarget(
            name: "RuleLanguageTests",
            dependencies: ["Diagnostics", "RulePlan", "Telemetry", "RuleLanguage", "Devices", "TestSupport"]),
    ],
    cxxLanguageStandard: .cxx17
)

// A warning is an error in CI. It is not elsewhere: a newer compiler warns of more, and must still build this. What a
// dependency deprecates in a later release stays a warning everywhere.
if Context.environment["TOCSIN_CI"] != nil {
    // Not in tests: what their macros expand to has warnings of its own.
    for target in package.targets where target.type != .system && target.type != .test {
        let settings: [SwiftSetting] = [
            .treatAllWarnings(as: .error), .treatWarning("DeprecatedDeclaration", as: .warning),
        ]
        target.swiftSettings = (target.swiftSettings ?? []) + settings
    }
}
