/// Lengths of time as rules write them, and as people say them.
package enum TimeSpanText {
    /// `90s`, `10m`, `1.5h`: in the largest unit of which it is a whole number, or of which little is lost.
    package static func short(_ span: TimeSpan) -> String {
        let unit = TimeSpan.units.last { span.nanoseconds >= $0.nanoseconds && span.nanoseconds % $0.nanoseconds == 0 }
        if let unit { return "\(span.nanoseconds / unit.nanoseconds)\(unit.symbol)" }
        return span.nanoseconds < 1_000_000_000
            ? "\(NumberText.short(span.seconds * 1000))ms" : "\(NumberText.short(span.seconds))s"
    }

    /// The same as people say it: `90 s`, `10 min`, `2 h`, `3 days`.
    package static func spoken(_ span: TimeSpan) -> String {
        let text = short(span)
        let digits = text.prefix { $0.isNumber || $0 == "." }
        let unit = ["m": "min", "d": digits == "1" ? "day" : "days", "w": digits == "1" ? "week" : "weeks"]
        let symbol = String(text.dropFirst(digits.count))
        return "\(digits) \(unit[symbol] ?? symbol)"
    }
}
