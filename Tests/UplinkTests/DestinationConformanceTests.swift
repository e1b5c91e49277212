import Synchronization
import TestSupport
import Testing
import Uplink
import Wire

/// What `Destination` promises, held against every kind that ships, each with a real receiver.
///
/// A new kind is a case of ``DestinationKind``.
@Suite(.serialized, .timeLimit(.minutes(3))) struct DestinationConformanceTests {
    @Test("a delivery returns when the receiver has the message, once", arguments: DestinationKind.allCases)
    func accepts(kind: DestinationKind) async throws {
        let fixture = try await kind.fixture()
        let escalation = try DestinationFixture.escalation()
        try await fixture.deliver(escalation)
        #expect(try await fixture.identities().count == 1)
        await fixture.close()
    }

    @Test(
        "what is not accepted fails, may be tried again, and says why without secrets",
        arguments: DestinationKind.allCases)
    func fails(kind: DestinationKind) async throws {
        let fixture = try await kind.fixture()
        let escalation = try DestinationFixture.escalation()
        try await fixture.receiver.become(.failing)
        await #expect {
            try await fixture.deliver(escalation)
        } throws: { error in
            let text = "\(error)"
            return !fixture.isPermanent(error) && !text.isEmpty && !text.contains(DestinationFixture.secret)
        }
        #expect(try await fixture.identities().isEmpty)
        try await fixture.receiver.become(.accepting)
        try await fixture.deliver(escalation)
        #expect(try await fixture.identities().count == 1)
        await fixture.close()
    }

    @Test(
        "a delivery does not return before the receiver has accepted it",
        arguments: DestinationKind.allCases.filter(\.canHang))
    func waits(kind: DestinationKind) async throws {
        let fixture = try await kind.fixture()
        let escalation = try DestinationFixture.escalation()
        try await fixture.receiver.become(.hanging)
        let isDone = Mutex(false)
        async let delivery: Void = {
            try await fixture.deliver(escalation)
            isDone.withLock { $0 = true }
        }()
        // So that a delivery that does not wait has the time to show it.
        try await Task.sleep(for: .milliseconds(300))
        #expect(!isDone.withLock { $0 })
        try await fixture.receiver.become(.accepting)
        try await delivery
        #expect(try await fixture.identities().count == 1)
        await fixture.close()
    }

    @Test(
        "a delivery that is cancelled ends although the receiver hangs, and the next one works",
        arguments: DestinationKind.allCases.filter(\.canHang))
    func cancelled(kind: DestinationKind) async throws {
        let fixture = try await kind.fixture()
        let escalation = try DestinationFixture.escalation()
        try await fixture.receiver.become(.hanging)
        let delivery = Task { try await fixture.deliver(escalation) }
        // Cancelled on its way, mostly: before it has begun, it has to end as well.
        try await Task.sleep(for: .milliseconds(200))
        delivery.cancel()
        await #expect { try await delivery.value } throws: { !fixture.isPermanent($0) }
        try await fixture.receiver.become(.accepting)
        try await fixture.deliver(escalation)
        // The receiver may have the first one, too: it has been on its way.
        let identities = try await fixture.identities()
        #expect(Set(identities).count == 1)
        await fixture.close()
    }

    @Test("a repeat has the identity of the first, by which a receiver drops it", arguments: DestinationKind.allCases)
    func repeats(kind: DestinationKind) async throws {
        let fixture = try await kind.fixture()
        let escalation = try DestinationFixture.escalation()
        for _ in 0..<3 { try await fixture.deliver(escalation) }
        // A file of the same name takes the place of the one before.
        let count = kind == .capFolder ? 1 : 3
        try await eventually("\(count) have arrived") { try await fixture.identities().count == count }
        #expect(Set(try await fixture.identities()).count == 1)
        await fixture.close()
    }

    @Test("messages arrive in the order of their deliveries", arguments: DestinationKind.allCases)
    func order(kind: DestinationKind) async throws {
        let fixture = try await kind.fixture()
        var identities: [String] = []
        for number in 1...5 {
            try await fixture.deliver(try DestinationFixture.escalation(number))
            // A broker acknowledges a message before its subscribers have it.
            try await eventually("\(number) messages have arrived") { try await fixture.identities().count == number }
            let newest = try await fixture.identities()
            #expect(Array(newest.dropLast()) == identities)
            identities = newest
        }
        #expect(Set(identities).count == 5)
        await fixture.close()
    }

    @Test(
        "a message that cannot be read is refused permanently, and nothing is sent of it",
        arguments: DestinationKind.allCases.filter(\.readsMessage), ["", "{", "{\"specversion\":\"1.0\"}"])
    func unreadable(kind: DestinationKind, payload: String) async throws {
        let fixture = try await kind.fixture()
        var escalation = try DestinationFixture.escalation()
        escalation.payload = payload
        await #expect { try await fixture.deliver(escalation) } throws: { fixture.isPermanent($0) }
        #expect(try await fixture.identities().isEmpty)
        await fixture.close()
    }
}
