internal import Alarms
internal import GRDB
internal import Telemetry

extension Store {
    /// Commits a batch in one transaction: all of it is on disk when this returns, or none of it.
    ///
    /// - Parameter refusedMax: how many refused payloads are kept.
    /// - Throws: SQLite's error; the batch is as it was, and may be committed again on a reopened store.
    package func commit(_ batch: StoreBatch, refusedMax: Int = 1000) throws {
        guard !batch.isEmpty else { return }
        try write { db in
            let audited = batch.auditedRows
            let before = try Self.fingerprints(of: audited, db)
            try Self.append(batch.readings, arrived: batch.arrived, db)
            try Self.keep(batch.deviceStates, db)
            try Self.keep(batch.received, db)
            for alarm in batch.renamed { try AlarmRow(alarm).rename(db) }
            for transition in batch.transitions { try Self.record(transition, db) }
            for place in batch.suppressions { try Self.keep(place, db) }
            for change in batch.sensorChanges { try Self.keep(change, db) }
            for (alarm, state) in batch.escalationStates {
                try AlarmRow.keepEscalation(state, of: alarm, db)
            }
            for escalation in batch.escalations { try Self.post(escalation, db) }
            for note in batch.notes { try Self.append(.note(note), db) }
            try Self.attest(audited, before: before, at: batch.newestTime, db)
            for refusal in batch.refusals { try Self.keep(refusal, atMost: refusedMax, db) }
        }
    }
}
