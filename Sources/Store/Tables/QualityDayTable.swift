internal import GRDB
package import Telemetry

/// What came of one sensor on one day of the site, for the quality of its data.
package struct QualityDay: Sendable, Equatable {
    /// The day by the site's clock: `2018-06-03`.
    package var day: String
    package var device: String
    package var quantity: String
    /// The readings that the device's interval promises; `nil` for what is only sent when it happens.
    package var expected: Int?
    package var received: Int
    package var failed: Int
    package var suspect: Int
    package var notEvaluated: Int
    package var late: Int
    package var clockReplaced: Int
    /// The readings that neighbours contradicted; `nil` for a sensor without neighbours.
    package var contradicted: Int?
    /// The device's messages that are missing by their numbers; `nil` if it does not number them.
    package var missingMessages: Int?
    /// The part of the readings that came within the device's interval, or the limit of its timeliness test.
    package var inTime: Double?
    /// In seconds.
    package var delayMedian: Double?
    package var delayP95: Double?

    /// - Parameters:
    ///   - expected: the readings that the device's interval promises.
    ///   - limit: the longest time from the measurement to the arrival that is in time.
    package init(
        day: String, device: String, quantity: String, expected: Int?, tally: QualityTally, limit: TimeSpan,
        hasNeighbours: Bool, missingMessages: Int?
    ) {
        (self.day, self.device, self.quantity, self.expected) = (day, device, quantity, expected)
        (received, failed, suspect, notEvaluated) = (tally.received, tally.failed, tally.suspect, tally.notEvaluated)
        (late, clockReplaced) = (tally.late, tally.clockReplaced)
        contradicted = hasNeighbours ? tally.contradicted : nil
        self.missingMessages = missingMessages
        inTime = tally.delays.part(within: limit)
        (delayMedian, delayP95) = (tally.delays.delay(0.5), tally.delays.delay(0.95))
    }

    fileprivate init?(_ row: Row) {
        guard let day: String = row["day"], let device: String = row["device"], let quantity: String = row["quantity"]
        else { return nil }
        (self.day, self.device, self.quantity) = (day, device, quantity)
        expected = row["expected"]
        received = row["received"] ?? 0
        failed = row["failed"] ?? 0
        suspect = row["suspect"] ?? 0
        notEvaluated = row["not_evaluated"] ?? 0
        late = row["late"] ?? 0
        clockReplaced = row["clock_replaced"] ?? 0
        contradicted = row["contradicted"]
        missingMessages = row["missing_messages"]
        inTime = row["in_time"]
        delayMedian = row["delay_median"]
        delayP95 = row["delay_p95"]
    }

    static func all(since day: String, upTo last: String, _ db: Database) throws -> [QualityDay] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM quality_day WHERE day >= ? AND day <= ? ORDER BY day, device, quantity",
            arguments: [day, last]
        ).compactMap(QualityDay.init)
    }

    func write(_ db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO quality_day VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                day, device, quantity, expected, received, failed, suspect, notEvaluated, late, clockReplaced,
                contradicted, missingMessages, inTime, delayMedian, delayP95,
            ])
    }
}

// MARK: what it comes to

extension QualityDay {
    /// One measure of the quality of a sensor's data, as a part from 0 to 1.
    package enum Measure: String, CaseIterable, Sendable {
        /// The readings that came, of those that were expected.
        case completeness
        /// The readings that came in time.
        case timeliness
        /// The readings that have not failed a test of their value.
        case validity
        /// The readings that no neighbour contradicted.
        case accuracy
        /// The readings whose own time was believed, and the messages that are not missing.
        case stability
    }

    /// Returns a measure; `nil` if nothing is known of it.
    package func part(_ measure: Measure) -> Double? {
        guard received > 0 else { return measure == .completeness && expected != nil ? 0 : nil }
        let received = Double(received)
        switch measure {
        case .completeness: return expected.map { $0 > 0 ? min(received / Double($0), 1) : 1 }
        case .timeliness: return inTime
        case .validity: return 1 - Double(failed) / received
        case .accuracy: return contradicted.map { 1 - Double($0) / received }
        case .stability:
            let missing = Double(missingMessages ?? 0)
            return (1 - Double(clockReplaced) / received) * (received / (received + missing))
        }
    }

    /// The worst measure; `nil` if nothing is known.
    package var worst: (measure: Measure, part: Double)? {
        Measure.allCases.compactMap { measure in part(measure).map { (measure, $0) } }.min { $0.1 < $1.1 }
    }

    /// The grade, by the worst measure: A from 98 %, B from 90 %, C from 75 %, D from 50 %, and E.
    package var grade: String {
        guard let part = worst?.part else { return "-" }
        return [("A", 0.98), ("B", 0.9), ("C", 0.75), ("D", 0.5)].first { part >= $0.1 }?.0 ?? "E"
    }
}

extension QualityDay {
    /// Returns what came of several sensors together, such as those of a site. Those without an expected number of
    /// readings are left out.
    package static func total(of records: [QualityDay], day: String, device: String, quantity: String) -> QualityDay {
        var total = QualityDay(
            day: day, device: device, quantity: quantity, expected: 0, tally: QualityTally(), limit: .zero,
            hasNeighbours: false, missingMessages: nil)
        var inTime = 0.0
        var seen: Set<String> = []
        for record in records {
            guard let expected = record.expected else { continue }
            total.expected = (total.expected ?? 0) + expected
            // One sensor that sends too much does not make up for another that is silent.
            let counted = min(record.received, expected)
            func part(_ number: Int) -> Int {
                record.received > 0 ? Int(Double(number) * Double(counted) / Double(record.received)) : 0
            }
            total.received += counted
            total.failed += part(record.failed)
            total.suspect += part(record.suspect)
            total.notEvaluated += part(record.notEvaluated)
            total.late += part(record.late)
            total.clockReplaced += part(record.clockReplaced)
            if let contradicted = record.contradicted {
                total.contradicted = (total.contradicted ?? 0) + part(contradicted)
            }
            // The numbers of messages are those of a device, and stand with each of its sensors.
            if let missing = record.missingMessages, seen.insert(record.device).inserted {
                total.missingMessages = (total.missingMessages ?? 0) + missing
            }
            inTime += (record.inTime ?? 0) * Double(counted)
        }
        if total.received > 0 { total.inTime = inTime / Double(total.received) }
        return total
    }
}
