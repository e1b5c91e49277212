/// Lengths of time as rules write them.
package enum TimeSpanText {
    /// `90s`, `10m`, `1.5h`: in the largest unit of which it is a whole number, or of which little is lost.
    package static func short(_ span: TimeSpan) -> String {
        let unit = TimeSpan.units.last { span.nanoseconds >= $0.nanoseconds && span.nanoseconds % $0.nanoseconds == 0 }
        if let unit { return "\(span.nanoseconds / unit.nanoseconds)\(unit.symbol)" }
        return span.nanoseconds < 1_000_000_000 ? "\(NumberText.short(span.seconds * 1000))ms" : "\(NumberText.short(span.seconds))s"
    }
}
