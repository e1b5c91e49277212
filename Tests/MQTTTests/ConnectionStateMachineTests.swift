import TestSupport
import Testing

@testable import MQTT

@Suite struct ConnectionStateMachineTests {
    typealias Machine = ConnectionStateMachine

    private func machine(_ version: ConnectionSettings.ProtocolVersion = .auto) -> Machine {
        Machine(version, answerSeconds: 30, clientID: "gw")
    }

    /// Lets time pass until the machine connects; returns the version that it wants.
    private func open(_ machine: inout Machine, _ now: inout Double, _ random: inout SeededRandom) -> Machine.Version? {
        if case .down(let retryAt) = machine.state { now = max(now, retryAt) }
        guard case .open(let version) = machine.handle(.turn, at: now, using: &random) else { return nil }
        return version
    }

    @Test("after any events at all, the connection is tried again within a minute")
    func neverFinal() {
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            var machine = machine([.auto, .v5, .v311].randomElement(using: &random)!)  // of three
            var now = 0.0
            for _ in 0..<200 {
                now += Double.random(in: 0...20, using: &random)
                let event: Machine.Event =
                    switch Int.random(in: 0..<6, using: &random) {
                    case 0, 1: .turn
                    case 2: .answered(Int32.random(in: 0...0x9f, using: &random))
                    case 3: .answered(0)
                    case 4: .goodbye(Int32.random(in: 0...0x9f, using: &random))
                    default: .failed("trouble", isAnswer: Bool.random(using: &random))
                    }
                _ = machine.handle(event, at: now, using: &random)
                _ = machine.handle(.turn, at: now, using: &random)
                switch machine.state {
                case .down(let retryAt): #expect(retryAt - now <= ReconnectBackoff.longestSeconds)
                case .connecting(let since): #expect(now - since <= 30)
                case .up: break
                case .closed: Issue.record("it is closed, and nobody has asked for that")
                }
            }
        }
    }

    @Test(
        "a broker that refuses MQTT 5 gets 3.1.1 at once, and MQTT 5 again when it refuses that",
        arguments: [1, 0x84] as [Int32])
    func fallBack(code: Int32) {
        var (machine, now, random) = (machine(), 0.0, SeededRandom(seed: 1))
        #expect(open(&machine, &now, &random) == .v5)
        let report = Machine.Report(isWarning: false, text: "the broker does not speak MQTT 5, going on with 3.1.1")
        #expect(machine.handle(.answered(code), at: now, using: &random) == .close(report))
        #expect(machine.handle(.turn, at: now, using: &random) == .open(.v311))
        #expect(machine.handle(.answered(0), at: now, using: &random) == .announce)
        _ = machine.handle(.failed("gone", isAnswer: true), at: now + 100, using: &random)
        now += 100
        #expect(open(&machine, &now, &random) == .v311)
        _ = machine.handle(.answered(1), at: now, using: &random)
        #expect(open(&machine, &now, &random) == .v5)
    }

    @Test("a broker that refuses both versions is not tried without a pause")
    func neither() {
        var (machine, now, random) = (machine(), 0.0, SeededRandom(seed: 2))
        var versions: [Machine.Version] = []
        for _ in 0..<8 {
            if let version = open(&machine, &now, &random) { versions.append(version) }
            _ = machine.handle(.answered(1), at: now, using: &random)
        }
        #expect(versions == [.v5, .v311, .v5, .v311, .v5, .v311, .v5, .v311])
        #expect(now > 3)
    }

    @Test("a version that is set stays", arguments: [ConnectionSettings.ProtocolVersion.v5, .v311])
    func fixed(version: ConnectionSettings.ProtocolVersion) {
        var (machine, now, random) = (machine(version), 0.0, SeededRandom(seed: 3))
        for event in [.answered(1), .answered(0x84), .failed("gone", isAnswer: true)] as [Machine.Event]
            + Array(
                repeating: .failed("gone", isAnswer: true), count: 10)
        {
            #expect(open(&machine, &now, &random) == (version == .v5 ? .v5 : .v311))
            _ = machine.handle(event, at: now, using: &random)
        }
    }

    @Test("a broker that hangs up at CONNECT gets 3.1.1 now and then, and MQTT 5 first after a link that was made so")
    func guess() {
        var (machine, now, random) = (machine(), 0.0, SeededRandom(seed: 4))
        var versions: [Machine.Version] = []
        for _ in 0..<6 {
            if let version = open(&machine, &now, &random) { versions.append(version) }
            _ = machine.handle(.failed("hung up", isAnswer: true), at: now, using: &random)
        }
        #expect(versions == [.v5, .v5, .v311, .v5, .v5, .v311])
        for _ in 0..<3 {
            if open(&machine, &now, &random) == .v311 { break }
            _ = machine.handle(.failed("hung up", isAnswer: true), at: now, using: &random)
        }
        #expect(machine.handle(.answered(0), at: now, using: &random) == .announce)
        _ = machine.handle(.failed("hung up", isAnswer: true), at: now, using: &random)
        #expect(open(&machine, &now, &random) == .v5)
    }

    @Test("a host that cannot be reached is no reason for another version")
    func unreachable() {
        var (machine, now, random) = (machine(), 0.0, SeededRandom(seed: 5))
        for _ in 0..<12 {
            #expect(open(&machine, &now, &random) == .v5)
            _ = machine.handle(.failed("refused", isAnswer: false), at: now, using: &random)
        }
    }

    @Test(
        "a refusal is told in the words of the protocol version",
        arguments: [
            (.v5, 0x87, "Not authorized (0x87)"), (.v5, 0x86, "Bad User Name or Password (0x86)"),
            (.v311, 5, "not authorised (5)"),
            (.v311, 4, "bad user name or password (4)"), (.v311, 3, "broker unavailable (3)"),
            (.v311, 2, "identifier rejected (2)"),
            (.v311, 1, "unacceptable protocol version (1)"), (.v5, 0x97, "Quota exceeded (0x97)"),
        ] as [(ConnectionSettings.ProtocolVersion, Int32, String)])
    func texts(version: ConnectionSettings.ProtocolVersion, code: Int32, text: String) {
        var (machine, now, random) = (machine(version), 0.0, SeededRandom(seed: 6))
        _ = open(&machine, &now, &random)
        let report = Machine.Report(isWarning: true, text: "the broker refuses the connection: \(text)")
        #expect(machine.handle(.answered(code), at: now, using: &random) == .close(report))
        // Said once until it changes.
        _ = open(&machine, &now, &random)
        #expect(machine.handle(.answered(code), at: now, using: &random) == .close(nil))
    }

    @Test(
        "a packet that cannot be read, again and again, leads to the other version, and back; one now and then does not"
    )
    func unreadable() {
        var (machine, now, random) = (machine(), 0.0, SeededRandom(seed: 8))
        var versions: [Machine.Version] = []
        func end(after seconds: Double) -> Machine.Action {
            if let version = open(&machine, &now, &random) { versions.append(version) }
            _ = machine.handle(.answered(0), at: now, using: &random)
            now += seconds
            return machine.handle(
                .failed("Malformed UTF-8", isAnswer: true, isUnreadable: true), at: now, using: &random)
        }
        for _ in 0..<5 { _ = end(after: 1000) }
        #expect(Set(versions) == [.v5])
        versions = []
        var said: [String] = []
        for _ in 0..<8 { if case .close(let report?) = end(after: 0.1) { said.append(report.text) } }
        #expect(versions == [.v5, .v5, .v311, .v311, .v311, .v5, .v5, .v5])
        #expect(said.contains("Malformed UTF-8, with MQTT 5 again and again: trying MQTT 3.1.1"))
        #expect(!said.contains { $0.contains("identifier") })
    }

    @Test("the broker's reason for DISCONNECT is told, and a session that was taken is called so")
    func goodbye() {
        var (machine, now, random) = (machine(), 0.0, SeededRandom(seed: 7))
        for (code, text) in [
            (0x8b, "gone: Server shutting down (0x8b)"),
            (0x8e, "another client has the same identifier, and has taken the session"),
        ] as [(Int32, String)] {
            _ = open(&machine, &now, &random)
            #expect(machine.handle(.answered(0), at: now, using: &random) == .announce)
            now += 100
            #expect(machine.handle(.goodbye(code), at: now, using: &random) == .none)
            let report = Machine.Report(isWarning: true, text: text)
            #expect(machine.handle(.failed("gone", isAnswer: true), at: now, using: &random) == .close(report))
        }
    }
}
