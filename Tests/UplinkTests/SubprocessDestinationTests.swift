import Alarms
import Escalation
import Foundation
import Telemetry
import TestSupport
import Testing
import Uplink
import Wire

/// A program as a destination: a real one, run as the gateway runs it.
@Suite struct ProgramDestinationTests {
    private func script(_ text: String, in folder: borrowing TemporaryFolder) throws -> String {
        let path = folder.file("program")
        try folder.write("program", "#!/bin/sh\n" + text + "\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    private let escalation = OutboxItem(
        identity: "a#1/siren", alarm: "a", destination: "siren", severity: 1, payload: "{\"n\":1}",
        created: Instant(nanoseconds: 0))

    @Test("it gets the event on standard input, its arguments, and an environment of its own")
    func delivers() async throws {
        let folder = try TemporaryFolder()
        let program = try script(
            "cat > \(folder.file("got")); echo \"$1 $TOCSIN_ID ${HOME:-homeless}\" >> \(folder.file("got"))", in: folder
        )
        try await SubprocessDestination(name: "siren", command: [program, "--loud"], timeout: .seconds(5)).deliver(
            escalation)
        #expect(
            try String(contentsOfFile: folder.file("got"), encoding: .utf8) == "{\"n\":1}\n--loud a#1/siren homeless\n")
    }

    @Test("one that fails is said to have, with what it wrote; one that is not there too")
    func fails() async throws {
        let folder = try TemporaryFolder()
        let program = try script("echo 'relay does not answer' >&2; exit 3", in: folder)
        await #expect {
            try await SubprocessDestination(name: "siren", command: [program], timeout: .seconds(5)).deliver(
                self.escalation)
        } throws: {
            "\($0)".hasSuffix("program ended with 3: relay does not answer")
        }
        await #expect(throws: DeliveryError.self) {
            try await SubprocessDestination(name: "siren", command: ["/nowhere/siren"], timeout: .seconds(5)).deliver(
                self.escalation)
        }
    }

    @Test("one that never stops writing is ended before it takes much memory, and the end of what it wrote is shown")
    func floods() async throws {
        let folder = try TemporaryFolder()
        let program = try script("yes 0123456789", in: folder)
        await #expect {
            try await SubprocessDestination(name: "siren", command: [program], timeout: .seconds(10)).deliver(
                self.escalation)
        } throws: {
            "\($0)".contains("was ended, as it had written more than") && "\($0)".contains("0123456789")
                && "\($0)".utf8.count < 400
        }
        // And one that writes much and ends.
        let long = try script("head -c 3000000 /dev/zero | tr '\\0' x; echo done > /dev/stderr", in: folder)
        try await SubprocessDestination(name: "siren", command: [long], timeout: .seconds(20)).deliver(escalation)
    }

    @Test("one that hangs is ended with what it has started")
    func hangs() async throws {
        let folder = try TemporaryFolder()
        let program = try script("sh -c 'echo $$ > \(folder.file("child")); exec sleep 1000' & wait", in: folder)
        await #expect {
            try await SubprocessDestination(name: "siren", command: [program], timeout: .milliseconds(500)).deliver(
                self.escalation)
        } throws: {
            "\($0)".contains("was ended after 500ms")
        }
        let child = try #require(Int32(try String(contentsOfFile: folder.file("child"), encoding: .utf8).dropLast()))
        try await eventually("what it started is gone") {
            kill(child, 0) != 0 || !FileManager.default.fileExists(atPath: "/proc/\(child)/exe")
        }
    }

    @Test("it has no open file of the gateway's beside its own three")
    func descriptors() async throws {
        let folder = try TemporaryFolder()
        // As a library may leave one: not to be closed when another program begins.
        let descriptor = open(folder.file("secret"), O_RDWR | O_CREAT, 0o600)
        defer { close(descriptor) }
        let program = try script("ls -l /proc/self/fd > \(folder.file("open"))", in: folder)
        try await SubprocessDestination(name: "siren", command: [program], timeout: .seconds(5)).deliver(escalation)
        let open = try String(contentsOfFile: folder.file("open"), encoding: .utf8)
        #expect(!open.contains("secret") && !open.contains("socket:"), "\(open)")
        // Three, and the one that ls has for itself.
        #expect(open.split(separator: "\n").count { $0.contains(" -> ") } == 4, "\(open)")
    }

    @Test("one that fails leaves nothing running")
    func leftovers() async throws {
        let folder = try TemporaryFolder()
        let program = try script(
            "sh -c 'echo $$ > \(folder.file("child")); exec sleep 1000' & while [ ! -s \(folder.file("child")) ]; do sleep 0.05; done; exit 1",
            in: folder)
        await #expect(throws: DeliveryError.self) {
            try await SubprocessDestination(name: "siren", command: [program], timeout: .seconds(5)).deliver(
                self.escalation)
        }
        let child = try #require(Int32(try String(contentsOfFile: folder.file("child"), encoding: .utf8).dropLast()))
        try await eventually("what it started is gone") {
            kill(child, 0) != 0 || !FileManager.default.fileExists(atPath: "/proc/\(child)/exe")
        }
    }
}
