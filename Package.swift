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
    static let signals = product(name: "UnixSignals", package: "swift-service-lifecycle")
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
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    // In the order in which data meets them: a target depends only on targets above it.
    targets: [
        .target(name: "Telemetry", swiftSettings: safe),
        .target(name: "SourceText", dependencies: ["Telemetry", .yams], swiftSettings: safe),
        .systemLibrary(
            name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        .target(name: "CSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "MQTT", dependencies: ["CMosquitto", .logging], swiftSettings: strict),
        .target(
            name: "Devices", dependencies: ["Telemetry", "SourceText", "CSimdjson", .yams],
            swiftSettings: strict),
        .target(name: "RulePlan", dependencies: ["Telemetry"], swiftSettings: safe),
        .target(
            name: "RuleLanguage", dependencies: ["Telemetry", "SourceText", "Devices", "RulePlan", .yams],
            swiftSettings: safe),
        .target(name: "CEngine"),
        .target(
            name: "RuleEngine", dependencies: ["Telemetry", "RulePlan", "CEngine", .collections],
            swiftSettings: strict),
        .target(
            name: "Alarms",
            dependencies: ["Telemetry", "SourceText", "Devices", "RulePlan", "RuleLanguage", "RuleEngine"],
            swiftSettings: safe),
        .target(
            name: "Store",
            dependencies: [
                "Telemetry", "Devices", "RulePlan", "RuleLanguage", "RuleEngine", "Alarms", .crypto, .grdb, .grdbSQLite,
            ],
            swiftSettings: strict),
        .target(name: "CLinux"),
        .target(name: "Programs", dependencies: ["CLinux"], swiftSettings: strict),
        .target(
            name: "Uplink",
            dependencies: [
                "Programs", "Telemetry", "MQTT", "RuleLanguage", "Alarms", "Store", .asyncHTTPClient, .crypto, .logging,
                .lifecycle,
                .nioCore, .nioHTTP1, .nioSSL,
            ],
            swiftSettings: strict),
        .target(
            name: "Gateway",
            dependencies: [
                "CLinux", "Telemetry", "SourceText", "MQTT", "Devices", "RulePlan", "RuleLanguage", "RuleEngine",
                "Alarms", "Store", "Uplink", .logging, .lifecycle, .signals,
            ],
            swiftSettings: strict),
        .target(
            name: "Scenario",
            dependencies: ["Programs", "Telemetry", "MQTT", "Alarms", "Store", "Gateway", .logging, .lifecycle],
            swiftSettings: strict),
        .executableTarget(
            name: "tocsin",
            dependencies: [
                "Telemetry", "SourceText", "Devices", "RuleLanguage", "RuleEngine", "Alarms", "Store", "Gateway",
                "Scenario",
                .argumentParser, .logging, .lifecycle, .signals,
            ],
            swiftSettings: strict),

        .target(name: "CAllocations", path: "Benchmarks/CAllocations"),
        .executableTarget(
            name: "TocsinBenchmarks",
            dependencies: [
                "CAllocations", "Programs", "Telemetry", "SourceText", "MQTT", "Devices", "RulePlan", "RuleLanguage",
                "RuleEngine", "Store",
                "Scenario", .logging,
            ], path: "Benchmarks/TocsinBenchmarks"),

        .target(
            name: "TestSupport",
            dependencies: [
                "Programs", "Telemetry", "SourceText", "MQTT", "Devices", "RuleLanguage", "Scenario", .nioCore,
                .nioHTTP1, .nioPosix,
                .nioSSL,
            ],
            path: "Tests/TestSupport"),
        .target(
            name: "CFaultyDisk", path: "Tests/CFaultyDisk", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(
            name: "Simulation",
            dependencies: [
                "CFaultyDisk", "TestSupport", "Telemetry", "SourceText", "MQTT", "Devices", "RuleLanguage", "Alarms",
                "Store", "Uplink",
                "Gateway", .logging,
            ], path: "Tests/Simulation"),
        .executableTarget(name: "Simulator", dependencies: ["Simulation"], path: "Tests/Simulator"),
        .executableTarget(
            name: "TocsinFuzz",
            dependencies: [
                "TestSupport", "Telemetry", "SourceText", "Devices", "RuleLanguage", "RulePlan", "RuleEngine", "Alarms",
                "Gateway",
            ],
            path: "Tests/Fuzzing", exclude: ["Corpus"]),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation", "TestSupport"]),
        .testTarget(name: "TelemetryTests", dependencies: ["Telemetry", "TestSupport"]),
        .testTarget(name: "DevicesTests", dependencies: ["Devices", "SourceText", "TestSupport"]),
        .testTarget(
            name: "AlarmsTests", dependencies: ["Alarms", "RuleLanguage", "RulePlan", "RuleEngine", "TestSupport"]),
        .testTarget(name: "StoreTests", dependencies: ["Store", "Alarms", "TestSupport", .grdb]),
        .testTarget(name: "MQTTTests", dependencies: ["MQTT", "Programs", "Scenario", "TestSupport", .logging]),
        .testTarget(
            name: "UplinkTests",
            dependencies: [
                "Uplink", "Devices", "Programs", "RulePlan", "SourceText", .crypto, "Alarms", "Store", "TestSupport",
                .logging, .lifecycle,
                .grdb,
            ]),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Gateway", "SourceText", "Devices", "RuleLanguage", "Alarms", "Store", "MQTT", "Programs", "Scenario",
                "Telemetry",
                "TestSupport", "tocsin", .logging, .lifecycle, .grdb,
            ]),
        .testTarget(name: "TidyTests", dependencies: ["TestSupport"]),
        .testTarget(name: "RuleEngineTests", dependencies: ["RuleEngine", "RuleLanguage", "TestSupport"]),
        .testTarget(name: "RuleLanguageTests", dependencies: ["RuleLanguage", "Devices", "TestSupport"]),
    ],
    cxxLanguageStandard: .cxx17
)
