import Foundation
import MQTT
import POSIX
import Telemetry
import TestSupport
import Testing

/// `tocsin discover`, as a person and as a script call it.
@Suite struct CommandTests {
    private static let profiles = RepositoryRoot.path + "/Devices/profiles/zigbee2mqtt"

    /// A broker that has kept some messages.
    private func broker(_ messages: [(String, String)]) async throws -> RealBroker {
        let broker = try RealBroker()
        let publisher = try await TestPublisher.make(broker)
        for (topic, payload) in messages {
            try await publisher.publish(topic: topic, payload: Array(payload.utf8), retain: true)
        }
        return broker
    }

    private static let kitchen = ("zigbee2mqtt/kitchen", #"{"temperature": 20, "humidity": 50, "linkquality": 57}"#)

    private func discover(
        _ broker: RealBroker, _ arguments: String..., folder: TemporaryFolder
    ) throws -> (output: String, errors: String, code: Int32) {
        try TocsinBinary.run(
            ["discover", "--broker", "mqtt://127.0.0.1:\(broker.port)", "--for", "1s", "--profiles", Self.profiles]
                + arguments, folder: folder.path)
    }

    @Test("a table names topics, families and profiles, and says in words what is not sure")
    func table() async throws {
        let broker = try await broker([Self.kitchen, ("house/temperature", "19.5")])
        let shown = try discover(broker, folder: try TemporaryFolder())
        #expect(shown.code == 0, "\(shown.errors)")
        #expect(shown.output.contains("zigbee2mqtt/kitchen"))
        #expect(shown.output.contains("zigbee2mqtt-temperature-humidity"))
        #expect(shown.output.contains("retained only, perhaps dead"))
        #expect(shown.output.contains("family unsure: the payload is a plain number"))
        #expect(shown.output.contains("2 messages (2 retained) on 2 topics"))
    }

    @Test("with --json each group is an object, and nothing else is on standard output")
    func json() async throws {
        let broker = try await broker([Self.kitchen])
        let shown = try discover(broker, "--json", folder: try TemporaryFolder())
        let lines = shown.output.split(separator: "\n")
        #expect(lines.count == 1)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        #expect(object["pattern"] as? String == "zigbee2mqtt/kitchen")
        #expect((object["family"] as? [String: Any])?["name"] as? String == "zigbee2mqtt")
        #expect((object["profile"] as? [String: Any])?["certainty"] as? String == "unsure")
        #expect(object["isRetainedOnly"] as? Bool == true)
    }

    @Test("a filter leaves the other topics out")
    func filter() async throws {
        let broker = try await broker([Self.kitchen, ("house/temperature", "19.5")])
        let shown = try discover(broker, "house/#", folder: try TemporaryFolder())
        #expect(shown.output.contains("house/temperature") && !shown.output.contains("zigbee2mqtt/kitchen"))
    }

    @Test("nothing heard, and no connection, are told apart, with advice and exit code 1")
    func nothing() async throws {
        let broker = try await broker([])
        let folder = try TemporaryFolder()
        let silent = try discover(broker, folder: folder)
        #expect(silent.code == 1)
        #expect(silent.errors.contains("nothing was published") && silent.errors.contains("access rules"))
        broker.stop()
        let absent = try discover(broker, folder: folder)
        #expect(absent.code == 1)
        #expect(absent.errors.contains("Connection refused") && absent.errors.contains("there is no connection"))
    }

    @Test("a draft never replaces a file, unless --force says so")
    func draft() async throws {
        let broker = try await broker([Self.kitchen])
        let folder = try TemporaryFolder()
        let path = try folder.write("site.yaml", "mine\n")
        let kept = try discover(broker, "--inventory", path, folder: folder)
        #expect(kept.code == 1 && kept.errors.contains("exists, and is kept"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine\n")
        let replaced = try discover(broker, "--inventory", path, "--force", folder: folder)
        #expect(replaced.code == 0, "\(replaced.errors)")
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("profile: zigbee2mqtt-temperature-humidity"))
        let printed = try discover(broker, "--inventory", "-", folder: folder)
        #expect(printed.output.hasPrefix("# A draft of an inventory") && printed.output.contains("site: my-site"))
    }

    @Test("topics and payloads that mean to steer a terminal do not, in any form of the output")
    func hostile() async throws {
        let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J\nall is well\u{9b}31m\u{202e}"
        // The broker refuses control characters in topics, but not those that change the direction of a text.
        let broker = try await broker([
            ("zigbee2mqtt/a\u{202e}b", hostile), ("x/y\u{2066}z", "{\"a\": \"\(hostile)\"}"),
        ])
        for arguments in [[], ["--json"], ["--inventory", "-"]] {
            let shown = try TocsinBinary.run(
                [
                    "discover", "--host", "127.0.0.1", "--port", "\(broker.port)", "--for", "1s", "--profiles",
                    Self.profiles,
                ]
                    + arguments)
            let text = shown.output + shown.errors
            #expect(shown.code == 0)
            let found = text.unicodeScalars.filter { ControlCharacters.contains($0) && $0 != "\n" }
            #expect(found.isEmpty, "\(text.debugDescription)")
        }
    }

    @Test("a pipe that is closed ends it without a word, as it ends other commands")
    func closedPipe() async throws {
        let messages = (0..<400).map { ("house/\($0)/\(String(repeating: "x", count: 1000))", "{\"a\($0)\": 1}") }
        let broker = try await broker(messages)
        let folder = try TemporaryFolder()
        let command = "'\(TocsinBinary.path)' discover --host 127.0.0.1 --port \(broker.port) --for 1s --json"
        let process = try Subprocess(
            "/bin/sh", ["-c", "\(command) --profiles '\(Self.profiles)' | head -c 10"], output: folder.file("out"),
            errors: folder.file("err"))
        process.wait()
        let errors = try String(contentsOfFile: folder.file("err"), encoding: .utf8)
        #expect(!errors.contains("Fatal error"), "\(errors)")
    }

    @Test("an interrupt ends it early, and what was found is shown")
    func interrupt() async throws {
        let broker = try await broker([Self.kitchen])
        let folder = try TemporaryFolder()
        let process = try Subprocess(
            TocsinBinary.path,
            [
                "discover", "--host", "127.0.0.1", "--port", "\(broker.port)", "--for", "1h", "--profiles",
                Self.profiles,
            ],
            output: folder.file("out"), errors: folder.file("err"))
        try await Task.sleep(for: .seconds(2))
        process.signal(SIGINT)
        #expect(process.wait() == 0)
        #expect(try String(contentsOfFile: folder.file("out"), encoding: .utf8).contains("zigbee2mqtt/kitchen"))
    }

    @Test("beside a gateway, its broker and its devices come from the configuration, and its link stays")
    func configuration() async throws {
        let broker = try await broker([])
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try await gateway.startConnected()
        let publisher = try await TestPublisher.make(broker)
        try await publisher.publish(topic: "test/d1", payload: Array("{\"level\": 1}".utf8), retain: true)
        let shown = try TocsinBinary.run([
            "discover", "test/#", "--for", "1s", "--config", gateway.folder.file("tocsin.yaml"),
        ])
        #expect(shown.code == 0, "\(shown.errors)")
        #expect(shown.output.contains("in the inventory as d1"), "\(shown.output)")
        #expect(gateway.connections == 1)
        gateway.kill()
    }

    @Test(
        "mistakes on the command line are explained",
        arguments: [
            (["$share/g/#"], "takes messages away"), (["a/#/b"], "'#' stands alone"),
            (["--for", "0s"], "--for must be"),
            (["--broker", "http://x"], "begins with mqtt://"),
            (["--broker", "mqtt://x", "--ca", "f"], "write mqtts://"),
            (["--broker", "mqtt://u:p@x"], "--password-file"),
            (["--port", "1"], "--port belongs to --host"), (["--force"], "--force belongs to --inventory"),
            (["--json", "--inventory", "-"], "Name a file"),
        ])
    func usage(arguments: [String], reason: String) throws {
        let shown = try TocsinBinary.run(["discover"] + arguments)
        #expect(shown.code == 64)
        #expect(shown.errors.contains(reason), "\(shown.errors)")
    }
}
