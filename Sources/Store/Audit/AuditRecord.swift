internal import AlarmModel
internal import Alarms
internal import Crypto
internal import Foundation
package import Telemetry
internal import Wire

/// An event for the audit chain, beside transitions and deliveries.
package struct AuditNote: Equatable, Sendable {
    /// `started`, `stopped`, `reloaded`, `reload-failed`, `shelved`, `out-of-service`, …
    package var kind: String
    /// The gateway's clock.
    package var time: Instant
    /// The person who caused the event, if any.
    package var person: String?
    /// A description of the event for people.
    package var text: String
    /// Further facts, such as the versions of the rule files.
    package var facts: [String: String]

    package init(_ kind: String, at time: Instant, person: String? = nil, text: String, facts: [String: String] = [:]) {
        self.kind = kind
        self.time = time
        self.person = person
        self.text = text
        self.facts = facts
    }
}

/// A record of the audit chain: one JSON object with sorted keys, so that its text is canonical.
///
/// The text is hashed, and stores in the field hold it: no key and no format may change. Each kind of record sets some
/// of the properties, see the functions below that make them.
package struct AuditRecord: Codable, Sendable, Equatable {
    /// Counted from 1 without gaps.
    package var number: Int64
    /// RFC 3339 in UTC, the gateway's clock.
    package var time: String
    package var kind: String
    package var person: String?
    package var note: String?
    package var text: String?
    package var facts: [String: String]?
    package var alarm: String?
    package var sequence: Int?
    package var from: String?
    package var to: String?
    package var eventTime: String?
    package var causes: String?
    package var device: String?
    package var ruleVersion: String?
    /// The escalation of a delivery, its destination, and the number of attempts.
    package var escalation: String?
    package var destination: String?
    package var attempts: Int?
    /// The SHA-256 of the delivered payload, in hexadecimal.
    package var payload: String?
    /// The fingerprints of rows from this record on, by the rows' names: `transition river-rising/s1@…#3`. The
    /// fingerprint of a row that the gateway has removed is empty.
    package var rows: [String: String]?
    /// The fingerprints of those rows that existed before, as the gateway found them.
    package var before: [String: String]?

    /// The kinds of records about rows of the store, for ``AuditedRows``.
    enum Kind {
        /// The fingerprints of some rows.
        static let rows = "rows"
        /// The fingerprints of all rows: earlier records about rows no longer count.
        static let baseline = "baseline"
        /// The gateway has removed records that were too old.
        static let retention = "retention"
    }

    /// The fact that names the record before the first that is kept, as `number:hash`.
    static let anchorFact = "anchor"
    /// The fact that names the anchor until then, or ``noAnchor``.
    static let anchorBeforeFact = "anchor-before"
    static let noAnchor = "none"
    /// The fact that numbers a record which continues the rows of the one before, from 2.
    static let partFact = "part"
    /// The fact that the chain could not be read to its end when the baseline was made.
    static let incompleteFact = "incomplete"

    init(_ kind: String, at time: Instant) {
        number = 0
        self.time = time.description
        self.kind = kind
    }

    static func transition(_ transition: Transition) -> AuditRecord {
        var record = AuditRecord(transition.kind.rawValue, at: transition.recorded)
        let alarm = transition.alarm
        record.alarm = alarm.id
        record.sequence = alarm.sequence
        record.from = transition.from
        record.to = transition.to
        record.eventTime = transition.time.description
        record.text = alarm.summary
        record.causes = CanonicalJSON.text(transition.causes)
        record.device = transition.device
        record.ruleVersion = transition.ruleVersion
        record.person = transition.person
        record.note = transition.note
        return record
    }

    static func note(_ note: AuditNote) -> AuditRecord {
        var record = AuditRecord(note.kind, at: note.time)
        record.person = note.person
        record.text = note.text
        record.facts = note.facts.isEmpty ? nil : note.facts
        return record
    }

    static func delivery(_ escalation: OutboxItem, kind: String, attempts: Int, error: String? = nil, at time: Instant)
        -> AuditRecord
    {
        var record = AuditRecord(kind, at: time)
        record.alarm = escalation.alarm
        record.escalation = escalation.identity
        record.destination = escalation.destination
        record.attempts = attempts
        record.payload = AuditChain.hex(SHA256.hash(data: Data(escalation.payload.utf8)))
        record.note = error
        return record
    }
}

/// The arithmetic of the chain: `hash(n) = SHA-256(hash(n − 1) + "\n" + record(n))`, in hexadecimal, all UTF-8.
package enum AuditChain {
    /// The hash before the first record.
    package static let origin = String(repeating: "0", count: 64)

    /// Returns the hash of a record.
    package static func hash(after previous: String, _ record: String) -> String {
        hex(SHA256.hash(data: Data("\(previous)\n\(record)".utf8)))
    }

    static func hex(_ digest: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in digest { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
