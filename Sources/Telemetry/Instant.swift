/// A point in time: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds (POSIX time).
///
/// The range is 1677-09-21 to 2262-04-11. Event times, arrival times and timers all use this type,
/// so that no conversion stands on the path of a reading.
@usableFromInline
package struct Instant: Hashable, Comparable, Sendable, BitwiseCopyable {
    @usableFromInline package var nanoseconds: Int64

    @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Seconds since the epoch; a value outside the range of `Instant`, or not a number, gives `nil`.
    package init?(unixSeconds seconds: Double) {
        guard seconds.isFinite, abs(seconds) < 9.2e9 else { return nil }
        // Whole seconds and fraction apart: a Double of today's epoch second resolves some 240 ns.
        let whole = seconds.rounded(.down)
        nanoseconds = Int64(whole) * 1_000_000_000 + Int64(((seconds - whole) * 1e9).rounded())
    }

    @inlinable package static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
    @inlinable package static func + (a: Instant, b: TimeSpan) -> Instant {
        Instant(nanoseconds: a.nanoseconds &+ b.nanoseconds)
    }
    @inlinable package static func - (a: Instant, b: TimeSpan) -> Instant {
        Instant(nanoseconds: a.nanoseconds &- b.nanoseconds)
    }
    @inlinable package static func - (a: Instant, b: Instant) -> TimeSpan {
        TimeSpan(nanoseconds: a.nanoseconds &- b.nanoseconds)
    }

    package static let distantPast = Instant(nanoseconds: .min)
    package static let distantFuture = Instant(nanoseconds: .max)
}

/// A length of time in nanoseconds.
@usableFromInline
package struct TimeSpan: Hashable, Comparable, Sendable, BitwiseCopyable {
    @usableFromInline package var nanoseconds: Int64

    @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    @inlinable package static func < (a: TimeSpan, b: TimeSpan) -> Bool { a.nanoseconds < b.nanoseconds }

    /// Saturates.
    package static func + (a: TimeSpan, b: TimeSpan) -> TimeSpan {
        let (sum, overflow) = a.nanoseconds.addingReportingOverflow(b.nanoseconds)
        return TimeSpan(nanoseconds: overflow ? (a.nanoseconds < 0 ? .min : .max) : sum)
    }
    package static func - (a: TimeSpan, b: TimeSpan) -> TimeSpan { TimeSpan(nanoseconds: a.nanoseconds - b.nanoseconds) }

    package static func milliseconds(_ n: Int64) -> TimeSpan { TimeSpan(nanoseconds: n * 1_000_000) }
    package static func seconds(_ n: Int64) -> TimeSpan { TimeSpan(nanoseconds: n * 1_000_000_000) }
    package static func minutes(_ n: Int64) -> TimeSpan { seconds(n * 60) }
    package static func hours(_ n: Int64) -> TimeSpan { minutes(n * 60) }
    package static func days(_ n: Int64) -> TimeSpan { hours(n * 24) }
    package static let zero = TimeSpan(nanoseconds: 0)

    package var seconds: Double { Double(nanoseconds) / 1e9 }

    /// The longest duration that a file may say: 50 years. Several of them can be added up, or one taken several times.
    package static let longestWritten = TimeSpan.days(18_262)

    /// The units that a duration may be written in, longest first where one is a prefix of another.
    package static let units: [(symbol: String, nanoseconds: Int64)] = [
        ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000), ("w", 604_800_000_000_000),
    ]

    /// Reads `90s`, `1.5h`, `10 m`; `nil` for anything else, for negative values and for overflow.
    package init?(text: some StringProtocol) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        var rest = text[digits.endIndex...]
        while rest.first == " " { rest = rest.dropFirst() }
        guard let number = Double(digits), let unit = Self.units.first(where: { rest == $0.symbol }),
            case let span = number * Double(unit.nanoseconds), span < 9e18
        else { return nil }
        nanoseconds = Int64(span.rounded())
    }
}

extension TimeSpan: CustomStringConvertible {
    /// The shortest exact form in one unit: `10m`, `90s`, `1500ms`.
    @usableFromInline package var description: String {
        if nanoseconds == 0 { return "0s" }
        for unit in Self.units.reversed() where nanoseconds % unit.nanoseconds == 0 {
            return "\(nanoseconds / unit.nanoseconds)\(unit.symbol)"
        }
        return "\(nanoseconds)ns"
    }
}

/// As its nanoseconds.
extension Instant: Codable {
    @usableFromInline package init(from decoder: any Decoder) throws {
        nanoseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    @usableFromInline package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(nanoseconds)
    }
}
