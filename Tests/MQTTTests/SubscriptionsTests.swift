import Testing

@testable import MQTT

@Suite struct SubscriptionsTests {
    private func connected(_ filters: [String], left: Set<String> = []) -> Subscriptions {
        var subscriptions = Subscriptions(filters, left: left)
        for (index, filter) in subscriptions.connected(at: 0).enumerated() {
            subscriptions.note(asking: filter, as: Int32(index + 1), at: 0)
        }
        return subscriptions
    }

    @Test("a refused filter is told once, and asked for again until it is granted")
    func refused() {
        var subscriptions = connected(["a/+", "b"])
        #expect(subscriptions.answered(1, code: 0x87, reason: "no") == .refused("a/+", reason: "no"))
        #expect(subscriptions.answered(2, code: 1, reason: "") == nil)
        #expect(subscriptions.refused == ["a/+": "no"])
        #expect(subscriptions.due(at: 1).ask == [])
        var asked = 0
        var now = 1.0
        while now < 600 {
            now += 1
            for filter in subscriptions.due(at: now).ask {
                asked += 1
                subscriptions.note(asking: filter, as: Int32(10 + asked), at: now)
                #expect(subscriptions.answered(Int32(10 + asked), code: 0x87, reason: "no") == nil)
            }
        }
        #expect((10...14).contains(asked))
        while subscriptions.due(at: now).ask.isEmpty { now += 1 }
        subscriptions.note(asking: "a/+", as: 99, at: now)
        #expect(subscriptions.answered(99, code: 1, reason: "") == .granted("a/+"))
        #expect(subscriptions.refused.isEmpty)
    }

    @Test("a filter that is granted with QoS 0 only is told")
    func downgraded() {
        var subscriptions = connected(["a"])
        #expect(subscriptions.answered(1, code: 0, reason: "") == .downgraded("a"))
        #expect(subscriptions.refused.isEmpty)
    }

    @Test("a broker that does not answer SUBSCRIBE has refused, until it grants")
    func unanswered() {
        var subscriptions = connected(["a"])
        #expect(subscriptions.due(at: 29).unanswered == [])
        let due = subscriptions.due(at: 31)
        #expect(due.unanswered == ["a"] && due.ask == ["a"])
        subscriptions.note(asking: "a", as: 2, at: 31)
        #expect(subscriptions.answered(2, code: 1, reason: "") == .granted("a"))
    }

    @Test(
        "what an earlier run has left is left only when all that is wanted is granted, and until the broker has said so"
    )
    func left() {
        var subscriptions = connected(["a/+", "b"], left: ["a/1", "b"])
        #expect(subscriptions.left == ["a/1"])
        #expect(subscriptions.due(at: 1).leave == [])
        _ = subscriptions.answered(1, code: 1, reason: "")
        _ = subscriptions.answered(2, code: 1, reason: "")
        #expect(subscriptions.due(at: 1).leave == ["a/1"])
        subscriptions.note(leaving: "a/1", as: 3)
        #expect(subscriptions.due(at: 2).leave == [])
        // The link goes before UNSUBACK: once more on the next.
        _ = subscriptions.connected(at: 3)
        #expect(subscriptions.due(at: 3).leave == ["a/1"])
        subscriptions.note(leaving: "a/1", as: 4)
        subscriptions.unsubscribed(4)
        #expect(subscriptions.left.isEmpty)
    }

    @Test("a refusal of the broker's own topics keeps nothing from being left")
    func leftBesideRefused() {
        var subscriptions = connected(["a/+", "$SYS/x"], left: ["a/1"])
        _ = subscriptions.answered(1, code: 1, reason: "")
        _ = subscriptions.answered(2, code: 0x87, reason: "no")
        #expect(subscriptions.due(at: 1).leave == ["a/1"])
    }

    @Test("a filter that cannot even be asked for is refused, and asked for again")
    func impossible() {
        var subscriptions = Subscriptions(["a/b+"])
        _ = subscriptions.connected(at: 0)
        let isNews = (1...2).map { _ in subscriptions.refuse("a/b+", reason: "no filter") }
        #expect(isNews == [true, false])
        #expect(subscriptions.due(at: 100).ask == ["a/b+"])
    }

    @Test("a change asks for what is new and leaves what is gone")
    func change() {
        var subscriptions = connected(["a", "b"])
        #expect(subscriptions.want(["b", "c"]) == ["c"])
        #expect(subscriptions.left == ["a"])
        #expect(subscriptions.want(["a", "b"]) == ["a"])
        #expect(subscriptions.left == ["c"])
    }
}
