/// Writes lengths of time as rules write them, and as people say them.
package enum TimeSpanText {
    /// Writes `90s`, `10m`, `1.5h`, in the largest unit that gives a whole number, or that loses little.
    package static func short(_ span: TimeSpan) -> String {
        if let text = span.wholeUnits { return text }
        return span.nanoseconds < 1_000_000_000
            ? "\(NumberText.short(span.seconds * 1000))ms" : "\(NumberText.short(span.seconds))s"
    }

    /// Writes the same as people say it: `90 s`, `10 min`, `2 h`, `3 days`.
    package static func spoken(_ span: TimeSpan) -> String {
        let text = short(span)
        let digits = text.prefix { $0.isNumber || $0 == "." }
        let unit = ["m": "min", "d": digits == "1" ? "day" : "days", "w": digits == "1" ? "week" : "weeks"]
        let symbol = String(text.dropFirst(digits.count))
        return "\(digits) \(unit[symbol] ?? symbol)"
    }
}
