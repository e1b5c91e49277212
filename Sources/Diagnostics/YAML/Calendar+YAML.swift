package import Telemetry

extension Calendar {
    /// Reads `{ days: [mon-fri], from: "08:00", to: "17:00", except: ["2026-12-25"] }`.
    package static func read(_ node: YAMLNode, _ problems: inout [Diagnostic]) -> Calendar {
        var reader = YAMLReader(node, "a calendar")
        defer { problems += reader.finish() }
        return read(&reader)
    }

    /// Reads the keys of a calendar, each of which may be missing: `days`, `from`, `to` and `except`.
    package static func read(_ reader: inout YAMLReader) -> Calendar {
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        var weekdays: Set<Int> = []
        for day in reader.items("days").compactMap(\.scalar) {
            let ends = day.string.split(separator: "-", omittingEmptySubsequences: false).map {
                names.firstIndex(of: String($0))
            }
            if ends.count == 1, let day = ends[0] {
                weekdays.insert(day + 1)
            } else if ends.count == 2, let first = ends[0], let last = ends[1] {
                for step in 0...(last - first + 7) % 7 { weekdays.insert((first + step) % 7 + 1) }
            } else {
                reader.report(
                    "bad-day", "a day is one of \(names.joined(separator: ", ")), or a range: mon-fri", at: day.location
                )
            }
        }
        if weekdays.isEmpty { weekdays = Set(1...7) }
        func minute(_ key: String) -> Int? {
            reader.value(key, expected: "a time of the day such as \"08:30\"") { text in
                let parts = text.split(separator: ":").compactMap { Int($0) }
                guard parts.count == 2, (0...24).contains(parts[0]), (0...59).contains(parts[1]),
                    parts[0] * 60 + parts[1] <= 1440
                else { return nil }
                return parts[0] * 60 + parts[1]
            }
        }
        let (from, to) = (minute("from") ?? 0, minute("to") ?? 1440)
        var holidays: Set<Int> = []
        for day in reader.items("except").compactMap(\.scalar) {
            if let start = Instant(rfc3339: "\(day.string)T00:00:00Z".utf8) {
                holidays.insert(Int(start.nanoseconds / TimeSpan.days(1).nanoseconds))
            } else {
                reader.report("bad-date", "a date is written \"2026-12-25\"", at: day.location)
            }
        }
        return Calendar(weekdays: weekdays, from: from, to: to, holidays: holidays)
    }
}
