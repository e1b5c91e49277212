internal import Diagnostics
package import Telemetry

/// A time for which the inventory announces that a device, or some of its quantities, are in maintenance.
package struct MaintenanceSchedule: Sendable, Hashable {
    package enum Time: Sendable, Hashable {
        /// Again and again, such as the zero check of an analyser each night.
        case weekly(Calendar)
        /// Once. Both ends belong to it.
        case once(from: PastTime, to: PastTime)
    }

    package var time: Time
    /// Empty for all that the device measures.
    package var quantities: [String]
    package var reason: String

    /// Returns whether it is about a quantity of its device.
    package func isAbout(_ quantity: String) -> Bool { quantities.isEmpty || quantities.contains(quantity) }

    /// Returns its times by the clocks of a zone; `nil` if it ends before it begins, as it may in the hour that clocks
    /// skip.
    package func times(in zone: ZoneTable) -> MaintenanceTimes? {
        switch time {
        case .weekly(let calendar): return .weekly(calendar)
        case .once(let from, let to):
            // Its days are written, so the present does not matter.
            let epoch = Instant(nanoseconds: 0)
            let (begin, end) = (from.instant(in: zone, now: epoch), to.instant(in: zone, now: epoch))
            return begin <= end ? .once(begin...end) : nil
        }
    }
}

/// The times of a maintenance schedule, looked up in a site's time zone once.
package enum MaintenanceTimes: Sendable {
    case weekly(Calendar)
    case once(ClosedRange<Instant>)

    /// Returns whether a moment belongs to them. Allocates nothing.
    package func includes(_ moment: Instant, _ zone: ZoneTable) -> Bool {
        switch self {
        case .weekly(let calendar): calendar.includes(moment, zone)
        case .once(let span): span.contains(moment)
        }
    }
}

extension MaintenanceSchedule {
    /// Reads one entry of `maintenance`. All mistakes are reported.
    static func read(_ node: YAMLNode, _ fields: [Profile.Field], problems: inout [Diagnostic]) -> MaintenanceSchedule?
    {
        var reader = YAMLReader(node, MaintenanceKey.self)
        defer { problems += reader.finish() }
        let reason = reader.required(MaintenanceKey.reason)
        let names = reader.items(MaintenanceKey.quantities).compactMap(\.scalar)
        for name in names where !fields.contains(where: { $0.quantity.name == name.string }) {
            reader.report(
                "unknown-quantity", "the device has no reading of '\(name.string)'", at: name.location,
                hint: NearMiss.hint(for: name.string, among: fields.map(\.quantity.name)))
        }
        guard let time = time(&reader), let reason else { return nil }
        return MaintenanceSchedule(time: time, quantities: names.map(\.string), reason: reason.string)
    }

    private static func time(_ reader: inout YAMLReader) -> Time? {
        let isOnce = [MaintenanceKey.begin, .end].contains { reader.node($0) != nil }
        let isWeekly = [MaintenanceKey.days, .from, .to, .except].contains { reader.node($0) != nil }
        guard isOnce != isWeekly else {
            reader.report(
                "no-time",
                isOnce
                    ? "a maintenance time is weekly (days, from, to), or takes place once (begin, end)"
                    : "a maintenance time has 'from' and 'to', or 'begin' and 'end'")
            return nil
        }
        guard isOnce else {
            // A forgotten 'to' would be maintenance until midnight.
            let missing = [MaintenanceKey.from, .to].filter { reader.node($0) == nil }
            if missing.count == 1 || reader.node(MaintenanceKey.days) == nil {
                for key in missing { reader.reportMissing(key.rawValue) }
            }
            let calendar = Calendar.read(&reader)
            if missing.isEmpty, calendar.from == calendar.to {
                reader.report(
                    "bad-time", "'to' is the same time as 'from'", at: reader.node(MaintenanceKey.to)?.location,
                    hint: "leave both out, and name the 'days', for whole days")
            }
            return .weekly(calendar)
        }
        func moment(_ key: MaintenanceKey) -> PastTime? {
            if reader.node(key) == nil { reader.reportMissing(key.rawValue) }
            // Only a time with its day says when.
            return reader.value(key, expected: "a day and a time by the site's clock, such as 2027-03-01 08:00") {
                $0.prefix(5).last == "-" ? PastTime($0) : nil
            }
        }
        guard let begin = moment(.begin), let end = moment(.end) else { return nil }
        if begin.instant(in: ZoneTable(), now: .distantPast) >= end.instant(in: ZoneTable(), now: .distantPast) {
            reader.report("bad-time", "'end' must be later than 'begin'", at: reader.node(MaintenanceKey.end)?.location)
        }
        return .once(from: begin, to: end)
    }
}

extension Device {
    /// Returns why a quantity is in maintenance at a moment by its schedule; `nil` if it is not.
    package func scheduledMaintenance(of quantity: String, at moment: Instant, _ zone: ZoneTable) -> String? {
        schedules.first { $0.isAbout(quantity) && $0.times(in: zone)?.includes(moment, zone) ?? false }?.reason
    }
}
