import Foundation
import POSIX
import TestSupport
import Testing

/// The gateway as a service: what is put where, what it may do, and what it tells systemd.
@Suite struct InstallTests {
    private func run(_ program: String, _ arguments: [String], _ folder: borrowing TemporaryFolder) throws -> (
        code: Int32, output: String
    ) {
        let output = folder.file("output-\(UUID().uuidString)")
        let code = try Subprocess(program, arguments, output: output, errors: output).wait()
        return (code, (try? String(contentsOfFile: output, encoding: .utf8)) ?? "")
    }

    @Test("install puts everything in its place, overwrites nothing that people wrote, and what it puts there checks")
    func install() throws {
        let folder = try TemporaryFolder()
        let root = folder.file("root")
        let script = RepositoryRoot.path + "/scripts/install"
        let first = try run(script, [TocsinBinary.path, root, "/usr"], folder)
        #expect(first.code == 0, "\(first.output)")
        for path in [
            "usr/bin/tocsin", "usr/lib/systemd/system/tocsin.service", "usr/lib/sysusers.d/tocsin.conf",
            "usr/lib/tmpfiles.d/tocsin.conf",
            "usr/share/tocsin/profiles/generic-json.yaml", "usr/share/tocsin/profiles/decentlab/dl-ctd10.yaml",
            "usr/share/doc/tocsin/docs/rules.md",
            "etc/tocsin/tocsin.yaml",
            "etc/tocsin/rules/rules.yaml",
        ] { #expect(FileManager.default.fileExists(atPath: root + "/" + path), "\(path)") }
        try folder.write("root/etc/tocsin/site.yaml", "# mine\n")
        #expect(try run(script, [TocsinBinary.path, root, "/usr"], folder).code == 0)
        #expect(try String(contentsOfFile: root + "/etc/tocsin/site.yaml", encoding: .utf8) == "# mine\n")
        // The shipped configuration, with its paths below this root.
        try folder.write("root/etc/tocsin/site.yaml", RepositoryRoot.file("systemd/site.yaml").text)
        let text = try RepositoryRoot.file("systemd/tocsin.yaml").text.replacing(
            "/usr/share", with: root + "/usr/share")
        try folder.write("root/etc/tocsin/tocsin.yaml", text)
        let check = try TocsinBinary.run(["check", "--strict", "--config", root + "/etc/tocsin/tocsin.yaml"])
        #expect(check.code == 0, "\(check.errors)")
    }

    @Test(
        "the unit leaves the service an exposure of at most 1.2",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/systemd-analyze")))
    func exposure() throws {
        let folder = try TemporaryFolder()
        let unit = RepositoryRoot.path + "/systemd/tocsin.service"
        let result = try run(
            "/usr/bin/systemd-analyze", ["security", "--offline=true", "--threshold=12", "--no-pager", unit], folder)
        #expect(result.code == 0, "\(result.output.suffix(300))")
    }

    @Test("systemd hears that it is ready, that it makes progress, and that it stops")
    func notifications() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        let path = gateway.folder.file("notify")
        let listener = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        var environment = ProcessInfo.processInfo.environment
        environment["NOTIFY_SOCKET"] = path
        environment["WATCHDOG_USEC"] = "400000"
        let process = try Subprocess(
            TocsinBinary.path, ["run", "--config", gateway.folder.file("tocsin.yaml")],
            output: gateway.folder.file("log"),
            errors: gateway.folder.file("log"), environment: environment)
        var heard: [String] = []
        func listen() {
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = recv(listener, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            if count > 0 { heard.append(String(decoding: bytes.prefix(count), as: UTF8.self)) }
        }
        try await eventually("it is ready, and makes progress") {
            listen()
            return heard.contains("READY=1") && heard.count(where: { $0 == "WATCHDOG=1" }) >= 5
        }
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
        for _ in 0..<50 { listen() }
        #expect(heard.contains("STOPPING=1"))
    }
}
