internal import AlarmModel
internal import Alarms

/// Checks an audit chain record by record, and names every record that was altered, removed or inserted.
package struct AuditVerifier: Sendable {
    /// A fault of a chain, or of the rows that it describes.
    package struct Fault: Sendable, Codable, Equatable {
        /// The number of the faulty record, or of the record that shows the fault.
        package var number: Int64
        /// A description of the fault, as a sentence.
        package var what: String
    }

    /// The number of records taken.
    package private(set) var count = 0
    package private(set) var faults: [Fault] = []
    /// The number and the hash of the newest record.
    package private(set) var head: AuditHead

    /// - Parameter anchor: the record before the first: ``AuditHead/origin`` for a whole chain.
    package init(after anchor: AuditHead) { head = anchor }

    /// Takes the next record, and returns it if it can be read.
    ///
    /// After a fault it continues from the stored hash, so that each later fault is named too.
    package mutating func take(_ text: String, hash: String) -> AuditRecord? {
        count += 1
        let expected = head.number + 1
        guard let record = CanonicalJSON.value(AuditRecord.self, text) else {
            fault(expected, "the record cannot be read")
            head = AuditHead(number: expected, hash: hash)
            return nil
        }
        if record.number > expected {
            let missing =
                expected == record.number - 1
                ? "record \(expected) was" : "records \(expected) to \(record.number - 1) were"
            fault(expected, "\(missing) removed")
            // Its hash cannot be checked without the record before.
        } else if record.number < expected {
            fault(record.number, "a record was inserted, or moved: number \(record.number) stands after \(head.number)")
        } else if AuditChain.hash(after: head.hash, text) != hash {
            fault(record.number, "the record was altered: it says \(describe(record))")
        }
        head = AuditHead(number: max(record.number, head.number), hash: hash)
        return record
    }

    /// Adds a fault.
    package mutating func fault(_ number: Int64, _ what: String) { faults.append(Fault(number: number, what: what)) }

    private func describe(_ record: AuditRecord) -> String {
        [record.time, record.kind, record.alarm ?? record.escalation ?? record.text, record.person.map { "by \($0)" }]
            .compactMap { $0 }.joined(separator: " ")
    }
}
