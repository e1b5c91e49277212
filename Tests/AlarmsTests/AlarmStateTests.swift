import AlarmModel
import Telemetry
import Testing

@Suite struct AlarmStateTests {
    private let acknowledgement = Acknowledgement(person: "ada", time: Instant(nanoseconds: 1), note: "seen")
    private let shelved = Suppression(
        .shelved, person: "ada", since: Instant(nanoseconds: 1), until: Instant(nanoseconds: 9), reason: "why")
    private let out = Suppression(
        .outOfService, person: "bob", since: Instant(nanoseconds: 1), until: nil, reason: "why")

    @Test("a state is made of its word and its data, and of nothing less")
    func words() {
        func state(_ word: String, _ acknowledgement: Acknowledgement?, _ suppression: Suppression?) -> AlarmState? {
            AlarmState.Kind(rawValue: word).flatMap {
                AlarmState($0, acknowledgement: acknowledgement, suppression: suppression)
            }
        }
        #expect(state("normal", nil, nil) == .normal(nil))
        #expect(state("normal", acknowledgement, nil) == .normal(acknowledgement))
        #expect(state("unacknowledged", nil, nil) == .unacknowledged)
        #expect(state("acknowledged", acknowledgement, nil) == .acknowledged(acknowledgement))
        #expect(state("returned", nil, nil) == .returnedUnacknowledged)
        #expect(state("shelved", nil, shelved) == .shelved(shelved))
        #expect(state("suppressed", nil, nil) == .suppressed)
        #expect(state("out-of-service", nil, out) == .outOfService(out))
        #expect(state("acknowledged", nil, nil) == nil)
        #expect(state("shelved", nil, nil) == nil && state("shelved", nil, out) == nil)
        #expect(state("out-of-service", nil, nil) == nil && state("out-of-service", nil, shelved) == nil)
        #expect(state("put aside", nil, nil) == nil)
    }

    @Test("the key of an identity ends before its time; a name without a time is its own key")
    func keys() {
        #expect(AlarmKey.text(ofIdentity: "high/s1@2018-06-03T20:00:00Z") == "high/s1")
        #expect(AlarmKey.text(ofIdentity: "high/a@b@2018-06-03T20:00:00Z") == "high/a@b")
        #expect(AlarmKey.text(ofIdentity: "high/s1") == "high/s1")
        #expect(AlarmKey(rule: "high", group: "s1").description == "high/s1")
    }
}
