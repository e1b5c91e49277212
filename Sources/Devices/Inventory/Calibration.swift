internal import Diagnostics
package import Telemetry

/// When a sensor was calibrated, and when it must be calibrated again.
package struct Calibration: Sendable, Hashable {
    /// The beginning of the day of the calibration, in UTC.
    package var date: Instant?
    /// The beginning of the day after the one by which the next calibration is due, in UTC.
    package var overdueFrom: Instant

    /// Returns for how long the calibration is overdue; zero if it is not.
    package func overdue(at now: Instant) -> TimeSpan { max(now - overdueFrom, .zero) }
}

extension Calibration {
    /// Reads `{ date: 2026-03-01, due: 2027-03-01 }`, or `{ date: 2026-03-01, every: 365d }`.
    static func read(_ node: YAMLNode, problems: inout [Diagnostic]) -> Calibration? {
        var reader = YAMLReader(node, CalibrationKey.self)
        defer { problems += reader.finish() }
        let date = reader.day(.date)
        let due = reader.day(.due)
        let every = reader.span(CalibrationKey.every)
        if let date, let due, due <= date {
            reader.report(
                "bad-value", "the next calibration is due after the last one",
                at: reader.node(CalibrationKey.due)?.location)
            return nil
        }
        if let due { return Calibration(date: date, overdueFrom: due + .days(1)) }
        if let date, let every { return Calibration(date: date, overdueFrom: date + every + .days(1)) }
        if reader.problems.isEmpty {
            reader.report(
                "missing-key", "a calibration needs the day on which the next one is 'due', or its 'date' and 'every'")
        }
        return nil
    }
}

extension YAMLReader {
    /// Reads a day: `2027-03-01`. Returns its beginning in UTC.
    fileprivate mutating func day(_ key: CalibrationKey) -> Instant? {
        value(key, expected: "a day such as 2027-03-01") { text in
            text.count == 10 ? Instant(rfc3339: Array("\(text)T00:00:00Z".utf8)) : nil
        }
    }

    /// Reads `calibration:` of a device: one for all of its quantities, or one for each.
    mutating func applyCalibrations(to fields: inout [Profile.Field]) {
        guard let node = node(DeviceKey.calibration) else { return }
        guard case .mapping(let entries) = node.content,
            !entries.contains(where: { CalibrationKey(rawValue: $0.key.string) != nil })
        else {
            let calibration = Calibration.read(node, problems: &problems)
            for index in fields.indices where fields[index].isMeasured { fields[index].calibration = calibration }
            return
        }
        for (name, node) in entries {
            guard let index = index(of: name, in: fields) else { continue }
            fields[index].calibration = Calibration.read(node, problems: &problems)
        }
    }
}

extension Profile.Field {
    /// True for what a sensor measures, and not for what is known about the device.
    fileprivate var isMeasured: Bool { source.isInPayload && quantity != Profile.online }
}
