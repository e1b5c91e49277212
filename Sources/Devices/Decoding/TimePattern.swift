internal import Telemetry

/// How a date and a time of day without a zone are written: `dd.MM.yyyy HH:mm:ss`.
///
/// | letters | meaning |
/// | --- | --- |
/// | `yyyy`, `yy` | the year; `26` is 2026 |
/// | `MM`, `dd` | month and day, in two digits; `M` and `d` in one or two |
/// | `HH`, `mm`, `ss` | hour, minute and second in two digits, with decimals of the second if there are any |
///
/// Everything else must stand in the text as it is; a `T` and a space may replace each other.
package struct TimePattern: Sendable, Hashable {
    private enum Part: Hashable {
        case year, shortYear, month(isShort: Bool), day(isShort: Bool), hour, minute, second
        case literal(UInt8)
    }

    let text: String
    private let parts: [Part]

    /// `2026-03-01 10:05:00`
    static let iso = TimePattern("yyyy-MM-dd HH:mm:ss")!  // a pattern with all that it needs

    /// `nil` if there is no year, month, day, hour or minute in it, or one of them twice.
    init?(_ text: String) {
        var parts: [Part] = []
        var rest = text[...]
        while let first = rest.first {
            let run = rest.prefix { $0 == first }
            switch (first, run.count) {
            case ("y", 4): parts.append(.year)
            case ("y", 2): parts.append(.shortYear)
            case ("M", 1...2): parts.append(.month(isShort: run.count == 1))
            case ("d", 1...2): parts.append(.day(isShort: run.count == 1))
            case ("H", 2): parts.append(.hour)
            case ("m", 2): parts.append(.minute)
            case ("s", 2): parts.append(.second)
            case ("T", 1): parts.append(.literal(UInt8(ascii: "T")))
            default:
                if first.isLetter { return nil }
                parts += run.utf8.map { .literal($0) }
            }
            rest = rest[run.endIndex...]
        }
        let fields = parts.filter { if case .literal = $0 { false } else { true } }
        let hasDay = fields.contains { if case .day = $0 { true } else { false } }
        let hasMonth = fields.contains { if case .month = $0 { true } else { false } }
        guard Set(fields).count == fields.count, hasDay, hasMonth, fields.contains(.hour), fields.contains(.minute),
            fields.contains(.year) != fields.contains(.shortYear)
        else { return nil }
        self.text = text
        self.parts = parts
    }

    /// Returns the nanoseconds from 1970 to a time, both by the same clock; `nil` if the text is not of this form.
    func read(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        var at = 0
        func digit() -> Int64? {
            at < bytes.count && (0x30...0x39).contains(bytes[at]) ? Int64(bytes[at]) - 0x30 : nil
        }
        func number(_ most: Int, least: Int? = nil) -> Int64? {
            var (value, count): (Int64, Int) = (0, 0)
            while count < most, let next = digit() {
                value = value * 10 + next
                count += 1
                at += 1
            }
            return count >= least ?? most ? value : nil
        }
        var (year, month, day, seconds, fraction): (Int64, Int64, Int64, Int64, Int64) = (0, 0, 0, 0, 0)
        for part in parts {
            switch part {
            case .year, .shortYear:
                guard let found = number(part == .year ? 4 : 2) else { return nil }
                year = part == .year ? found : 2000 + found
            case .month(let isShort):
                guard let found = number(2, least: isShort ? 1 : 2), (1...12).contains(found) else { return nil }
                month = found
            case .day(let isShort):
                guard let found = number(2, least: isShort ? 1 : 2), found >= 1 else { return nil }
                day = found
            case .hour:
                guard let found = number(2), found < 24 else { return nil }
                seconds += found * 3600
            case .minute:
                guard let found = number(2), found < 60 else { return nil }
                seconds += found * 60
            case .second:
                guard let found = number(2), found <= 60 else { return nil }
                seconds += found
                if at < bytes.count, bytes[at] == 0x2e || bytes[at] == 0x2c {
                    at += 1
                    var scale: Int64 = 100_000_000
                    guard digit() != nil else { return nil }
                    while let next = digit() {
                        fraction += next * scale
                        scale /= 10
                        at += 1
                    }
                }
            case .literal(let byte):
                guard at < bytes.count, bytes[at] == byte || isGap(byte) && isGap(bytes[at]) else { return nil }
                at += 1
            }
        }
        guard at == bytes.count, (1960...2159).contains(year), day <= CivilDate.daysInMonth(year: year, month: month)
        else { return nil }
        let days = CivilDate.daysSinceEpoch(year: year, month: month, day: day)
        return (days * 86_400 + seconds) * 1_000_000_000 + fraction
    }

    private func isGap(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "T") || byte == UInt8(ascii: " ") }
}
