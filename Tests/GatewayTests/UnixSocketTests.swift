import Foundation
import POSIX
import TestSupport
import Testing

@Suite struct UnixSocketTests {
    /// A connected pair: the end that has connected, and the one that was accepted.
    private func pair(_ folder: borrowing TemporaryFolder) async throws -> (UnixSocket, UnixSocket) {
        let address = try #require(UnixAddress(path: folder.file("s")))
        let listener = try UnixSocket(.stream)
        try listener.listen(at: address, hiddenMode: 0o077, queueMax: 1)
        let client = try UnixSocket(.stream)
        try client.connect(to: address, waitingAtMost: 1)
        #expect(await listener.until(.readable, within: .seconds(20)))
        return (client, try listener.accept())
    }

    @Test("a socket is readable when something has arrived, and knows the user at the other end")
    func arrival() async throws {
        let folder = try TemporaryFolder()
        let (client, server) = try await pair(folder)
        async let isReadable = server.until(.readable, within: .seconds(20))
        #expect(try client.send(Data("a".utf8)) == 1)
        #expect(await isReadable)
        #expect(try server.receive(atMost: 8) == Data("a".utf8))
        #expect(throws: UnixSocket.Failure.self) { try server.receive(atMost: 8) }
        #expect(server.peer == getuid())
        withExtendedLifetime(client) {}
    }

    @Test("a wait ends with its time, and with its task")
    func ends() async throws {
        let folder = try TemporaryFolder()
        let (client, server) = try await pair(folder)
        #expect(await server.until(.readable, within: .milliseconds(10)) == false)
        #expect(server.waitUntil(.readable, within: .milliseconds(10)) == false)
        let wait = Task { await server.until(.readable, within: .seconds(600)) }
        wait.cancel()
        #expect(await wait.value == false)
        #expect(await client.until(.writable, within: .seconds(20)))
    }

    @Test("a path without a listener refuses, and a path that is too long is no address")
    func refusal() throws {
        let folder = try TemporaryFolder()
        let address = try #require(UnixAddress(path: folder.file("none")))
        let error = #expect(throws: UnixSocket.Failure.self) {
            try UnixSocket(.stream).connect(to: address, waitingAtMost: 1)
        }
        #expect(error?.code == ENOENT)
        #expect(UnixAddress(path: "") == nil)
        #expect(UnixAddress(path: String(repeating: "x", count: UnixAddress.bytesMax)) != nil)
        #expect(UnixAddress(path: String(repeating: "x", count: UnixAddress.bytesMax + 1)) == nil)
    }
}
