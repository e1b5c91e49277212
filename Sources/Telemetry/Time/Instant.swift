/// A point in time: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds (POSIX time).
///
/// Event times, arrival times and timers all use this type, so that a reading needs no conversion on its way. The type
/// holds the years 1930 to 2189: an earlier or later time becomes ``distantPast`` or ``distantFuture``. So the
/// difference of any two is a ``TimeSpan``. Times from outside are checked against ``range``, which ends thirty years
/// before the type does. So neither a zone's offset nor a sensible sum reaches the limit.
@usableFromInline
package struct Instant: Hashable, Comparable, Sendable, BitwiseCopyable {
    @usableFromInline package let nanoseconds: Int64

    /// Makes a time from its nanoseconds since 1970. A time that the type cannot hold becomes the nearest possible one.
    @inlinable package init(nanoseconds: Int64) { self.nanoseconds = min(max(nanoseconds, Self.earliest), Self.latest) }

    @inlinable static var earliest: Int64 { -1_262_304_000_000_000_000 }
    @inlinable static var latest: Int64 { 6_942_585_600_000_000_000 - 1 }

    /// 1930-01-01T00:00:00Z.
    @inlinable package static var distantPast: Instant { Instant(nanoseconds: .min) }
    /// The last nanosecond of the year 2189.
    @inlinable package static var distantFuture: Instant { Instant(nanoseconds: .max) }

    /// The years 1960 to 2159. A time outside of them is considered a mistake.
    @inlinable package static var range: Range<Instant> {
        Instant(nanoseconds: -315_619_200_000_000_000)..<Instant(nanoseconds: 5_995_814_400_000_000_000)
    }

    /// Makes a time from an outside value; `nil` if it is not within ``range``.
    @inlinable package init?(checked nanoseconds: Int64) {
        guard -315_619_200_000_000_000 <= nanoseconds, nanoseconds < 5_995_814_400_000_000_000 else { return nil }
        self.nanoseconds = nanoseconds
    }

    /// Makes a time from outside seconds since the epoch; `nil` if they are not within ``range``, or not a number.
    package init?(unixSeconds seconds: Double) {
        guard seconds.isFinite, abs(seconds) < 9.2e9 else { return nil }
        // Whole seconds and the fraction are converted separately: a Double of a current epoch second resolves some 240
        // ns.
        let whole = seconds.rounded(.down)
        self.init(checked: Int64(whole) * 1_000_000_000 + Int64(((seconds - whole) * 1e9).rounded()))
    }

    /// The nearest time within ``range``.
    @inlinable package var clamped: Instant {
        min(max(self, Self.range.lowerBound), Instant(nanoseconds: Self.range.upperBound.nanoseconds - 1))
    }

    @inlinable package static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
    @inlinable package static func + (a: Instant, b: TimeSpan) -> Instant {
        Instant(nanoseconds: a.nanoseconds.saturatingAdd(b.nanoseconds))
    }
    @inlinable package static func - (a: Instant, b: TimeSpan) -> Instant {
        Instant(nanoseconds: a.nanoseconds.saturatingSubtract(b.nanoseconds))
    }
    @inlinable package static func - (a: Instant, b: Instant) -> TimeSpan {
        TimeSpan(nanoseconds: a.nanoseconds - b.nanoseconds)
    }
}

extension Int64 {
    @inlinable @inline(__always) package func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    @inlinable @inline(__always) package func saturatingSubtract(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }

    @inlinable package func saturatingMultiply(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }
}

/// A length of time in nanoseconds, at most ``longest`` in either direction. A longer one is cut to that.
@usableFromInline
package struct TimeSpan: Hashable, Comparable, Sendable, BitwiseCopyable {
    @usableFromInline package let nanoseconds: Int64

    /// Makes the nearest length of time that the type can hold.
    @inlinable package init(nanoseconds: Int64) { self.nanoseconds = min(max(nanoseconds, -Self.most), Self.most) }

    @inlinable static var most: Int64 { 8_204_889_600_000_000_000 }

    /// 260 years: from the first ``Instant`` to the last. It also means "no limit".
    @inlinable package static var longest: TimeSpan { TimeSpan(nanoseconds: .max) }

    @inlinable package static func < (a: TimeSpan, b: TimeSpan) -> Bool { a.nanoseconds < b.nanoseconds }

    @inlinable package static func + (a: TimeSpan, b: TimeSpan) -> TimeSpan {
        TimeSpan(nanoseconds: a.nanoseconds.saturatingAdd(b.nanoseconds))
    }
    @inlinable package static func - (a: TimeSpan, b: TimeSpan) -> TimeSpan {
        TimeSpan(nanoseconds: a.nanoseconds.saturatingSubtract(b.nanoseconds))
    }
    @inlinable package static func * (a: TimeSpan, factor: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: a.nanoseconds.saturatingMultiply(by: factor))
    }

    package static func milliseconds(_ n: Int64) -> TimeSpan { TimeSpan(nanoseconds: 1_000_000) * n }
    package static func seconds(_ n: Int64) -> TimeSpan { TimeSpan(nanoseconds: 1_000_000_000) * n }
    package static func minutes(_ n: Int64) -> TimeSpan { seconds(60) * n }
    package static func hours(_ n: Int64) -> TimeSpan { seconds(3600) * n }
    package static func days(_ n: Int64) -> TimeSpan { seconds(86_400) * n }

    /// Makes a length from an outside number of seconds; `nil` if it is not a number, or longer than
    /// ``longestWritten``.
    package init?(seconds: Double) {
        guard abs(seconds) <= Self.longestWritten.seconds else { return nil }
        self.init(nanoseconds: Int64((seconds * 1e9).rounded()))
    }
    @inlinable package static var zero: TimeSpan { TimeSpan(nanoseconds: 0) }

    package var seconds: Double { Double(nanoseconds) / 1e9 }

    /// The longest duration that a file may give: 50 years, so that small sums and multiples of durations still fit.
    package static let longestWritten = TimeSpan.days(18_262)

    /// The units in which a duration may be written, longest first if one is a prefix of another.
    package static let units: [(symbol: String, nanoseconds: Int64)] = [
        ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000), ("w", 604_800_000_000_000),
    ]

    /// Words for the units, as people write them: `10 min`, `2 hours`.
    private static let words: [String: Int64] = {
        var words = Dictionary(uniqueKeysWithValues: units.map { ($0.symbol, $0.nanoseconds) })
        for (names, symbol) in [
            (["msec", "millisecond", "milliseconds"], "ms"), (["sec", "secs", "second", "seconds"], "s"),
            (["min", "mins", "minute", "minutes"], "m"), (["hr", "hrs", "hour", "hours"], "h"), (["day", "days"], "d"),
            (["week", "weeks"], "w"),
        ] { for name in names { words[name] = words[symbol] } }
        return words
    }()

    /// Reads `90s`, `1.5h`, `10 m`, `10 min`, `2 hours`; `nil` for anything else, for negative values and for overflow.
    package init?(text: some StringProtocol) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        var rest = text[digits.endIndex...]
        while rest.first == " " { rest = rest.dropFirst() }
        guard let number = Double(digits), let unit = Self.words[String(rest)], case let span = number * Double(unit),
            span < 9e18
        else { return nil }
        self.init(nanoseconds: Int64(span.rounded()))
    }
}

extension TimeSpan: CustomStringConvertible {
    /// The exact length in one unit: `10m`, `90s`, `1500ms`. ``TimeSpanText`` rounds for people.
    @usableFromInline package var description: String {
        nanoseconds == 0 ? "0s" : wholeUnits ?? "\(nanoseconds)ns"
    }

    /// The length in the largest unit that gives a whole number: `90s`; `nil` if there is none, or for ``zero``.
    var wholeUnits: String? {
        let unit = Self.units.last { nanoseconds != 0 && nanoseconds % $0.nanoseconds == 0 }
        return unit.map { "\(nanoseconds / $0.nanoseconds)\($0.symbol)" }
    }
}

/// Encodes a time as its nanoseconds. A decoded time outside the type's years becomes the nearest possible one.
extension Instant: Codable {
    @usableFromInline package init(from decoder: any Decoder) throws {
        self.init(nanoseconds: try decoder.singleValueContainer().decode(Int64.self))
    }

    @usableFromInline package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(nanoseconds)
    }
}
