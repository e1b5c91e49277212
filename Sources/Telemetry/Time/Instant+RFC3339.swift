// Reads and writes RFC 3339 timestamps without Foundation: exact to the nanosecond, and without an allocation when
// reading.
// The civil calendar arithmetic is from Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".

extension Instant {
    /// Reads an RFC 3339 timestamp (`2018-06-03T22:05:00Z`, `…T18:05:00.25-04:00`) from UTF-8 bytes.
    ///
    /// A space or a lower-case letter may replace the `T`, as the RFC allows. Digits past the ninth decimal are
    /// dropped. Returns `nil` for anything that is not a full date and time with an offset.
    ///
    /// Devices also send forms that ISO 8601 allows and RFC 3339 does not. Two of these forms have one meaning only,
    /// and are read too: offsets without a colon or without minutes (`+0100`, `+01`), and a decimal comma. A time
    /// without an offset is refused, because nobody can know its zone.
    package init?(rfc3339 bytes: some Collection<UInt8>) {
        var at = bytes.startIndex
        func peek() -> UInt8? { at < bytes.endIndex ? bytes[at] : nil }
        func number(_ digits: Int) -> Int64? {
            var value: Int64 = 0
            for _ in 0..<digits {
                guard let byte = peek(), byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int64(byte - 0x30)
                at = bytes.index(after: at)
            }
            return value
        }
        func skip(_ allowed: UInt8...) -> Bool {
            guard let byte = peek(), allowed.contains(byte) else { return false }
            at = bytes.index(after: at)
            return true
        }
        guard let year = number(4), skip(0x2d), let month = number(2), skip(0x2d), let day = number(2),
            skip(0x54, 0x74, 0x20), let hour = number(2), skip(0x3a), let minute = number(2), skip(0x3a),
            let second = number(2), (1...12).contains(month), day >= 1,
            day <= CivilDate.daysInMonth(year: year, month: month), hour < 24, minute < 60, second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if skip(0x2e, 0x2c) {
            var scale: Int64 = 100_000_000
            guard let first = peek(), first >= 0x30, first <= 0x39 else { return nil }
            while let byte = peek(), byte >= 0x30, byte <= 0x39 {
                fraction += Int64(byte - 0x30) * scale
                scale /= 10
                at = bytes.index(after: at)
            }
        }
        var offset: Int64 = 0
        if !skip(0x5a, 0x7a) {
            let negative = peek() == 0x2d
            guard skip(0x2b, 0x2d), let hours = number(2) else { return nil }
            var minutes: Int64 = 0
            if skip(0x3a) || at != bytes.endIndex {
                guard let written = number(2) else { return nil }
                minutes = written
            }
            guard hours < 24, minutes < 60 else { return nil }
            offset = (hours * 3600 + minutes * 60) * (negative ? -1 : 1)
        }
        guard at == bytes.endIndex, (1960...2159).contains(year) else { return nil }
        let days = CivilDate.daysSinceEpoch(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        // The offset may still move the time out of the range.
        self.init(checked: seconds * 1_000_000_000 + fraction)
    }
}

extension Instant: CustomStringConvertible {
    /// The time as RFC 3339 in UTC, with 0, 3, 6 or 9 decimals, as needed: `2018-06-03T22:05:00Z`.
    @usableFromInline package var description: String {
        let seconds = nanoseconds.dividedFloor(by: 1_000_000_000)
        let rest = nanoseconds % 1_000_000_000
        let fraction = rest < 0 ? rest + 1_000_000_000 : rest
        let days = seconds.dividedFloor(by: 86_400)
        let time = seconds - days * 86_400
        let date = CivilDate(daysSinceEpoch: days)
        var text = date.description
        text += "T\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2))"
        if fraction != 0 {
            if fraction % 1_000_000 == 0 {
                text += "." + padded(fraction / 1_000_000, 3)
            } else if fraction % 1000 == 0 {
                text += "." + padded(fraction / 1000, 6)
            } else {
                text += "." + padded(fraction, 9)
            }
        }
        return text + "Z"
    }
}

/// A day of the proleptic Gregorian calendar.
package struct CivilDate: Equatable, Sendable, CustomStringConvertible {
    package let year: Int64
    package let month: Int64
    package let day: Int64

    package init(daysSinceEpoch days: Int64) {
        let z = days + 719_468
        let era = z.dividedFloor(by: 146_097)
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    package static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = y.dividedFloor(by: 400)
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Returns the day of the week, 1 for Monday to 7 for Sunday (ISO 8601).
    package static func weekday(daysSinceEpoch days: Int64) -> Int {
        Int((days + 3).remainderFloor(by: 7)) + 1  // 1970-01-01 was a Thursday
    }

    /// The day of the year, from 1.
    package var dayOfYear: Int {
        Int(
            Self.daysSinceEpoch(year: year, month: month, day: day)
                - Self.daysSinceEpoch(year: year, month: 1, day: 1)) + 1
    }

    /// The week of the year, 1 to 53 (ISO 8601): weeks begin on Mondays, and belong to the year of their Thursday.
    package var week: Int {
        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        let thursday = days + 4 - Int64(Self.weekday(daysSinceEpoch: days))
        return (CivilDate(daysSinceEpoch: thursday).dayOfYear - 1) / 7 + 1
    }

    package static func daysInMonth(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    package var description: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }
}

private func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
