/// The files that may hold unsafe code, each with its reason.
///
/// An entry that ends in a slash is a folder, in which every file must have unsafe code. The ratchet counts the unsafe
/// code of files that are not listed.
enum UnsafeFiles {
    static let path = "Tests/TidyTests/Checks/UnsafeFiles.swift"

    static let reasons: [String: String] = [
        // The bytes of a message belong to libmosquitto, and are read in place, without a copy.
        "Sources/MQTT/BrokerLink.swift": "a message lends libmosquitto's bytes for the duration of a call",
        "Sources/MQTT/EarlyMessage.swift": "lends stored bytes as a message",
        "Sources/SiteConfiguration/SeriesRegistry.swift": "a precondition whose proof stands beside it",
        "Sources/Demo/LocalBroker.swift": "asks the kernel for a free port",
        "Sources/Replay/RecordingLink.swift": "lends stored bytes as a message",
        "Sources/Devices/Decoding/JSON/JSONDocument.swift": "passes bytes to simdjson, and reads its tree",
        "Sources/Devices/Decoding/JSON/JSONRepair.swift": "reads a document in place, and writes a repaired copy",
        "Sources/Devices/Decoding/JSON/JSONFields.swift": "passes units of simdjson's texts on",
        "Sources/Devices/Decoding/SenML/SenMLCBOR.swift": "reads a payload in place, through libcbor",
        "Sources/Devices/Decoding/Sparkplug/PayloadDecoder+Sparkplug.swift": "reads a payload in place",
        "Sources/Devices/Decoding/Sparkplug/SparkplugNodes.swift": "looks at a topic by its bytes",
        "Sources/Devices/Inventory/Amount.swift": "reads a number in place, as payloads have it",
        "Sources/Devices/Decoding/Binary/BinaryReader.swift": "reads a payload in place",
        "Sources/Devices/Decoding/Binary/Checksum.swift": "reads a payload in place",
        "Sources/Devices/Decoding/Binary/NumberType.swift": "reads a payload in place",
        "Sources/Devices/Decoding/JSONWriter.swift": "passes memory to the writer of numbers",
        "Sources/Devices/Decoding/PayloadDecoder+Testing.swift": "reads a payload in place",
        "Sources/Devices/Decoding/PayloadDecoder.swift": "reads a payload in place",
        "Sources/Devices/Decoding/PayloadDocuments.swift": "reads a payload in place",
        "Sources/Devices/Decoding/PayloadEncoding.swift": "reads a payload in place",
        "Sources/Devices/Decoding/Text/TextFormats.swift": "reads a payload in place",
        "Sources/Devices/Decoding/TimePattern.swift": "reads a time in simdjson's texts",
        "Sources/Devices/Values/ValueRule.swift": "compares words in simdjson's texts",
        "Sources/Devices/Vectors/PassedOver.swift": "reads a payload in place",
        "Sources/Devices/Vectors/ProfileVector+YAML.swift": "lends decoded bytes",
        "Sources/Devices/Vectors/ProfileVector.swift": "lends decoded bytes",
        "Sources/Devices/Vectors/VectorRun.swift": "lends a vector's bytes as a payload",
        "Sources/Devices/Decoding/PayloadFindings.swift": "prints part of a payload",
        "Sources/Devices/Decoding/SenML/SenML.swift": "compares names in simdjson's texts",
        "Sources/Devices/Decoding/SenML/SenMLName.swift": "joins names in simdjson's texts without a copy",
        "Sources/Devices/Inventory/TopicTable.swift": "looks up a topic by its bytes",
        "Sources/Pipeline/ComplaintLimiter.swift": "compares the bytes of a topic before it makes a text",
        "Sources/Pipeline/MessageDigest.swift": "reads the bytes of a message eight at a time",
        "Sources/Pipeline/PayloadUnderWay.swift": "keeps a message in memory that survives a crash of the process",

        // Libraries in C.
        "Sources/MQTT/DuplicateFlag.swift": "a callback of libmosquitto",
        "Sources/MQTT/Library.swift": "creates libmosquitto's handles",
        "Sources/MQTT/MQTTClient.swift": "owns libmosquitto's handle, and receives its callbacks",
        "Sources/MQTT/MQTTClient+Publishing.swift": "passes a payload and properties to libmosquitto",
        "Sources/MQTT/MQTTClient+Subscriptions.swift": "passes filters and properties to libmosquitto",
        "Sources/Diagnostics/YAML/YAMLKeys.swift": "drives libyaml's parser",
        "Sources/Store/Integrity/WriteAheadLog.swift": "a callback of SQLite",
        "Sources/Store/Tables/DeviceStateTable.swift": "binds a struct's bytes to a statement",
        "Sources/Store/Tables/ReceivedMessageTable.swift": "packs digests into a blob, and unpacks them",

        // System calls that take addresses.
        "Sources/POSIX/NamelessFile.swift": "pwrite(2)",
        "Sources/POSIX/Subprocess.swift": "posix_spawn(3)",
        "Sources/POSIX/UnixAddress.swift": "sockaddr_un",
        "Sources/POSIX/UnixSocket.swift": "send(2) and sendto(2)",
        "Sources/POSIX/Readiness.swift": "an object of libdispatch, which is safe in any thread",
        "Sources/POSIX/UserName.swift": "getpwuid_r(3)",
        "Sources/Gateway/LogStream.swift": "write(2) of part of a text",
        "Sources/tocsin/Views/GroupHint.swift": "getgrgid(3)",

        // Threads.
        "Sources/Gateway/PipelineService.swift":
            "moves a value that is not Sendable to the pipeline's thread, its only owner",

        // The engine's storage, and the code on top of it that runs for each reading.
        "Sources/RuleEngine/Storage/Cache.swift": "prefetches addresses",
        "Sources/RuleEngine/Storage/ExtremeQueue.swift":
            "a container without reference counts and bounds checks, for the hot path",
        "Sources/RuleEngine/Storage/Indices.swift": "holds the address of cursors",
        "Sources/RuleEngine/Storage/LaneBlock.swift":
            "a container without reference counts and bounds checks, for the hot path",
        "Sources/RuleEngine/Storage/SampleRing.swift":
            "a container without reference counts and bounds checks, for the hot path",
        "Sources/RuleEngine/Storage/Slab.swift":
            "a container without reference counts and bounds checks, for the hot path",
        "Sources/RuleEngine/Storage/SortedValues.swift":
            "a container without reference counts and bounds checks, for the hot path",
        "Sources/RuleEngine/Windows/AreaWindow.swift": "uses the address of a shape",
        "Sources/RuleEngine/Windows/CounterWindow.swift": "uses the addresses of states and shapes",
        "Sources/RuleEngine/Windows/ExtraWindows.swift": "uses the addresses of shapes",
        "Sources/RuleEngine/Windows/ExtremeWindow.swift": "uses the addresses of shapes and lengths",
        "Sources/RuleEngine/Windows/MeanWindow.swift": "uses the addresses of shapes",
        "Sources/RuleEngine/Windows/SeriesView.swift": "holds the addresses of a series' state and shape",
        "Sources/RuleEngine/Windows/SeriesWindows+Append.swift": "uses the addresses of states, shapes and samples",
        "Sources/RuleEngine/Windows/SeriesWindows+Insert.swift": "uses the addresses of states and shapes",
        "Sources/RuleEngine/Windows/SeriesWindows+Prefetch.swift": "prefetches addresses",
        "Sources/RuleEngine/Windows/SeriesWindows+Silence.swift": "uses the addresses of states and shapes",
        "Sources/RuleEngine/Windows/SlopeWindow.swift": "uses the addresses of shapes",
        "Sources/RuleEngine/Windows/SmoothedWindow.swift": "uses the addresses of shapes",
        "Sources/RuleEngine/Windows/Thresholds.swift": "uses the addresses of states, shapes and words",
        "Sources/RuleEngine/Windows/WindowValue.swift": "uses the addresses of shapes",
        "Sources/RuleEngine/Engine.swift": "uses the addresses of series' states",
        "Sources/RuleEngine/Engine+Invariants.swift": "uses the addresses of shapes",
        "Sources/RuleEngine/Evaluation/RuleEvaluator.swift": "uses the addresses of series' states",
        "Sources/RuleEngine/Timers/Engine+Timers.swift": "uses the addresses of shapes",
    ]
}
