import AlarmModel
import Telemetry
import TestSupport
import Testing
import Wire

@testable import Store

/// The text of a record is what the chain hashes: stores in the field hold it, so it must never change.
@Suite struct AuditRecordTests {
    private let time = Instant(rfc3339: "2018-06-03T20:00:00Z".utf8)!  // a literal that reads

    private func text(_ record: AuditRecord, _ number: Int64) -> String {
        var record = record
        record.number = number
        return CanonicalJSON.text(record)
    }

    @Test("a transition has its alarm, levels, causes and person")
    func transition() {
        let alarm = Alarm(
            id: "river/s1@2018-06-03T20:00:00Z", rule: "river", group: "s1", hazard: "flood", labels: [:], area: nil,
            ladder: LadderState(level: Level(rank: 1), held: 1, isUncertain: false), levelName: "watch", raised: time,
            cleared: nil, sequence: 2, summary: "river at 2.5 m")
        let cause = Cause(
            term: "stage", value: 2.5, sign: ">", threshold: "2 m", thresholdValue: 2, unit: "m", holds: true)
        let transition = Transition(
            alarm: alarm, kind: .acknowledged, time: time, recorded: time + .seconds(1), from: "watch", to: "watch",
            severity: 1, causes: [cause], device: "d1", ruleVersion: "abc", person: "ada", note: "seen")
        #expect(
            text(.transition(transition), 1) == #"""
                {"alarm":"river/s1@2018-06-03T20:00:00Z","causes":"[{\"holds\":true,\"sign\":\">\",\"term\":\"stage\",\"threshold\":\"2 m\",\"thresholdValue\":2,\"unit\":\"m\",\"value\":2.5}]","device":"d1","eventTime":"2018-06-03T20:00:00Z","from":"watch","kind":"acknowledged","note":"seen","number":1,"person":"ada","ruleVersion":"abc","sequence":2,"text":"river at 2.5 m","time":"2018-06-03T20:00:01Z","to":"watch"}
                """#)
    }

    @Test("a note has its text, and its facts if it has any")
    func note() {
        #expect(
            text(.note(AuditNote("started", at: time, text: "3 devices", facts: ["b": "2", "a": "1"])), 2) == #"""
                {"facts":{"a":"1","b":"2"},"kind":"started","number":2,"text":"3 devices","time":"2018-06-03T20:00:00Z"}
                """#)
        #expect(
            text(.note(AuditNote("retried", at: time, person: "ada", text: "x")), 3) == #"""
                {"kind":"retried","number":3,"person":"ada","text":"x","time":"2018-06-03T20:00:00Z"}
                """#)
    }

    @Test("a delivery has its destination, attempts and the digest of what was sent")
    func delivery() {
        let escalation = OutboxItem(
            identity: "a#1/up", alarm: "a", destination: "up", severity: 1, payload: "{}", created: time)
        #expect(
            text(.delivery(escalation, kind: "parked", attempts: 2, error: "refused", at: time), 4) == #"""
                {"alarm":"a","attempts":2,"destination":"up","escalation":"a#1/up","kind":"parked","note":"refused","number":4,"payload":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","time":"2018-06-03T20:00:00Z"}
                """#)
    }

    @Test("a record about rows has their fingerprints, now and before")
    func rows() {
        var record = AuditRecord(AuditRecord.Kind.rows, at: time)
        (record.rows, record.before) = (["alarm a": "ff", "aside r/g": ""], ["alarm a": "00"])
        #expect(
            text(record, 5) == #"""
                {"before":{"alarm a":"00"},"kind":"rows","number":5,"rows":{"alarm a":"ff","aside r/g":""},"time":"2018-06-03T20:00:00Z"}
                """#)
    }
}
