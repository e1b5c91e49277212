package import Telemetry

/// A person's flag of the readings of a sensor in a span of time, set after they came.
///
/// It stays for ever, also once it is withdrawn: so it can be shown who has said what, and when.
package struct FlaggedSpan: Hashable, Sendable {
    /// Counted from 1, for people to type.
    package var number: Int64
    package var device: String
    /// `nil` for all that the device measures.
    package var quantity: String?
    /// By event time. Both ends belong to the span.
    package var start: Instant
    package var end: Instant
    /// Pass, suspect or fail.
    package var flag: QualityFlag
    package var note: Note
    /// Who has withdrawn it; `nil` while it counts.
    package var withdrawn: Note?

    /// What a person did, when, and why.
    package struct Note: Hashable, Sendable {
        package var person: String
        /// By the gateway's clock.
        package var time: Instant
        package var reason: String

        package init(person: String, time: Instant, reason: String) {
            (self.person, self.time, self.reason) = (person, time, reason)
        }
    }

    package init(
        number: Int64, device: String, quantity: String?, start: Instant, end: Instant, flag: QualityFlag, note: Note,
        withdrawn: Note? = nil
    ) {
        (self.number, self.device, self.quantity) = (number, device, quantity)
        (self.start, self.end, self.flag) = (start, end, flag)
        (self.note, self.withdrawn) = (note, withdrawn)
    }

    /// Returns whether it flags the readings of a quantity of its device. What the gateway or the device reports about
    /// the device itself is flagged only by its own name.
    package func contains(_ name: String) -> Bool {
        quantity.map { $0 == name } ?? !Profile.reports.contains { $0.name == name }
    }

    /// `gauge-7/water_level, 2018-06-03T10:00:00Z to 2018-06-03T12:00:00Z`
    package var description: String {
        "\(quantity.map { "\(device)/\($0)" } ?? device), \(start) to \(end)"
    }

    /// The flags that a person may set.
    package static let flags: [QualityFlag] = [.pass, .suspect, .fail]
}
