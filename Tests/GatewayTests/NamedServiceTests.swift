import Diagnostics
import Foundation
import GRDB
import Logging
import ServiceLifecycle
import Store
import TestSupport
import Testing

@testable import Gateway
@testable import Pipeline
@testable import SiteConfiguration

@Suite struct NamedServiceTests {
    private struct Broken: Error, CustomStringConvertible {
        let description = "it is broken"
    }

    @Test(
        "a service that throws, or just ends, fails with its name",
        arguments: [
            (Broken() as (any Error)?, "the service has ended: it is broken"), (nil, "the service has ended by itself"),
            (CancellationError(), "the service has ended: CancellationError()"),
        ])
    func named(error: (any Error)?, text: String) async {
        await #expect {
            try await NamedService("the service") { if let error { throw error } }.run()
        } throws: {
            "\($0)" == text
        }
    }

    @Test(
        "a service that ends because it is asked to is in order; one that fails in doing so is not",
        arguments: [false, true])
    func asked(fails: Bool) async {
        let task = Task {
            try await NamedService("the service") {
                do {
                    try await Task.sleep(for: .seconds(60))
                } catch {
                    if fails { throw Broken() }
                    throw error
                }
            }.run()
        }
        task.cancel()
        let result = await task.result
        switch result {
        case .success: #expect(!fails)
        case .failure(let error): #expect(fails && "\(error)" == "the service has ended: it is broken")
        }
    }

    /// A gateway of one device, with a part that fails.
    /// - Parameters:
    ///   - more: further lines of its configuration.
    ///   - delay: how long that part runs before it fails.
    private func gateway(_ folder: borrowing TemporaryFolder, _ more: String, failsAfter delay: Duration) throws -> (
        Gateway, store: String
    ) {
        try folder.write("profiles/test.yaml", SmallSite.profile)
        try folder.write("site.yaml", SmallSite.inventory())
        try folder.write("rules/rules.yaml", GatewayProcess.rules)
        let text = """
            site: site.yaml
            profiles: profiles
            rules: rules
            broker: { host: 127.0.0.1, port: 1, client_id: gateway }
            store: { path: data/t.db }

            """
        let configuration = try Configuration.read(
            SourceFile(name: folder.file("tocsin.yaml"), text: text + more), environment: [:])
        let gateway = try Gateway(
            configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            others: [
                NamedService("the part of the test") {
                    try await Task.sleep(for: delay)
                    throw Broken()
                }
            ])
        return (gateway, configuration.store.path)
    }

    @Test(
        "a gateway of which a part fails commits what it has, stops, and says so: nobody waits for a part that is not there"
    )
    func gatewayStops() async throws {
        let folder = try TemporaryFolder()
        let (gateway, path) = try gateway(
            folder, "destinations: [{ name: file, kind: log, file: escalations.jsonl }]", failsAfter: .zero)
        await #expect {
            try await gateway.run()
        } throws: {
            "\($0)" == "the part of the test has ended: it is broken"
        }
        // All is committed and closed, as after any stop: the start after it finds nothing wrong.
        let (store, rescue) = try Store.openOrRescue(path: path, at: AlarmBench.start)
        #expect(rescue == nil)
        #expect(try store.uncleanStarts(since: .distantPast) == 0)
        try store.close()
    }

    @Test("a part that the configuration leaves out has not failed", arguments: ["", "destinations: []"])
    func leftOut(more: String) async throws {
        let folder = try TemporaryFolder()
        let (gateway, _) = try gateway(folder, more, failsAfter: .seconds(1))
        // It runs until the test's own part fails.
        await #expect {
            try await gateway.run()
        } throws: {
            "\($0)" == "the part of the test has ended: it is broken"
        }
    }

    @Test(
        "a start that fails in the pipeline is not noted as a clean stop, so that the next one checks the whole store")
    func failedStart() async throws {
        let folder = try TemporaryFolder()
        let (gateway, path) = try gateway(folder, "", failsAfter: .seconds(60))
        let other = try DatabaseQueue(path: path)
        try await other.write { try $0.execute(sql: "DROP TABLE device_state") }
        await #expect {
            try await gateway.run()
        } throws: {
            "\($0)".hasPrefix("the start of the pipeline has ended: ")
        }
        let newest = try await other.read {
            try String.fetchOne($0, sql: "SELECT json_extract(record, '$.kind') FROM audit ORDER BY id DESC LIMIT 1")
        }
        #expect(newest == "started")
    }
}
