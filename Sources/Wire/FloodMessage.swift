package import AlarmModel
internal import Escalation
package import Telemetry

/// One message for many alarms that come at once: their number, their levels, and their names, the highest level
/// first. Each escalation that it replaces still has its own row in the outbox and in the record.
package struct FloodMessage: Codable, Sendable, Equatable {
    package struct AlarmPart: Codable, Sendable, Equatable {
        package var id: String
        package var rule: String
        package var group: String
        package var level: String
        package var kind: Transition.Kind
        package var summary: String
    }

    package struct Content: Codable, Sendable, Equatable {
        package var schema: String
        package var site: String
        package var summary: String
        /// The number of alarms at each level.
        package var counts: [String: Int]
        /// The alarms, the highest level first; at most ``namedMax``.
        package var alarms: [AlarmPart]
        /// The identities of the escalations that it replaces: a receiver drops those that it has seen.
        package var escalations: [String]
    }

    package var specversion: String
    package var id: String
    package var source: String
    package var type: String
    package var time: WireTime
    package var datacontenttype: String
    package var data: Content

    /// The largest number of named alarms; further alarms are only counted.
    package static let namedMax = 100

    /// Reads a message of a flood.
    /// - Returns: `nil` if it is something else.
    package static func read(_ payload: String) -> FloodMessage? {
        CanonicalJSON.value(FloodMessage.self, payload).flatMap { $0.type == "tocsin.flood" ? $0 : nil }
    }

    /// Returns one item that replaces several; `nil` if there is none, or if one cannot be read.
    package static func grouping(_ escalations: [OutboxItem], for destination: String, at now: Instant) -> OutboxItem? {
        guard let first = escalations.first, let last = escalations.last else { return nil }
        var newest: [String: (part: AlarmPart, severity: UInt8)] = [:]
        var site = ""
        var source = ""
        for escalation in escalations {
            guard let event = CloudEvent.read(escalation.payload) else { return nil }
            (site, source) = (event.data.site, event.source)
            newest[escalation.alarm] = (
                AlarmPart(
                    id: escalation.alarm, rule: event.data.alarm.rule, group: event.data.alarm.group,
                    level: event.data.transition.to, kind: event.data.transition.kind,
                    summary: event.data.summary), escalation.severity
            )
        }
        let sorted = newest.values.sorted { ($1.severity, $0.part.id) < ($0.severity, $1.part.id) }
        let counts = Dictionary(sorted.map { ($0.part.level, 1) }, uniquingKeysWith: +)
        var levels: [String] = []
        for item in sorted where !levels.contains(item.part.level) { levels.append(item.part.level) }
        let names = sorted.prefix(5).map { "\($0.part.level.uppercased()) \($0.part.rule)/\($0.part.group)" }
        let rest = sorted.count > 5 ? ", and \(sorted.count - 5) more" : ""
        let numbers = levels.map { "\(counts[$0] ?? 0) \($0)" }.joined(separator: ", ")
        let summary =
            "alarm flood at \(site): \(sorted.count) alarms (\(numbers)): \(names.joined(separator: ", "))\(rest)"
        let identity = "flood/\(first.identity)+\(escalations.count)/\(last.identity)"
        let message = FloodMessage(
            specversion: "1.0", id: identity, source: source, type: "tocsin.flood", time: WireTime(now),
            datacontenttype: "application/json",
            data: Content(
                schema: "tocsin.flood/1", site: site, summary: summary, counts: counts,
                alarms: sorted.prefix(namedMax).map(\.part), escalations: escalations.map(\.identity)))
        return OutboxItem(
            identity: identity, alarm: first.alarm, destination: destination, severity: sorted.first?.severity ?? 0,
            payload: CanonicalJSON.text(message), created: now)
    }
}
