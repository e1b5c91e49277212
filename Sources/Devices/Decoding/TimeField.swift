package import Telemetry

/// Where a payload has its time, and how it is written.
package struct TimeField: Sendable {
    package enum Format: Sendable, Hashable {
        case rfc3339
        /// Seconds, milliseconds, microseconds or nanoseconds since 1970, in UTC.
        case unix, unix_ms, unix_us, unix_ns
        /// Seconds since the measurement, when the message was sent.
        case age
        /// The time since the device's start, in seconds or milliseconds, and the one at which the counter begins at 0
        /// again.
        case uptime(unit: TimeSpan, wrap: TimeSpan?)
        /// A date and a time of day without a zone.
        case local(TimePattern, Zone)
    }

    /// The zone of times that do not name one.
    package enum Zone: Sendable, Hashable {
        case site
        case offset(TimeSpan)
    }

    package var pointer: JSONPointer
    package var format: Format
    /// The calculation of the number from others of the payload; `nil`: the value itself is the time.
    var calculation: ValueRule.Condition?

    /// A time that was read.
    struct Read {
        var time: Instant
        /// Set if clocks were set back, and have shown this time twice.
        var isAmbiguous = false
    }

    /// Returns the time that a value is; `nil` if it is none. An uptime is read by ``uptime(_:)``.
    /// - Parameters:
    ///   - arrival: when the message arrived. Of the two times that a clock showed when it was set back, the one is
    ///     meant that is not after it.
    ///   - zone: the zone of the site.
    func read(_ value: JSONValue, in root: JSONValue, arrival: Instant, zone: ZoneTable) -> Read? {
        if let calculation {
            let number = calculation.evaluate(value.number ?? .nan, in: root)
            return format == .unix ? Instant(unixSeconds: number).map { Read(time: $0) } : age(number, arrival)
        }
        if format == .age { return number(value).flatMap { age($0, arrival) } }
        guard case .local(let pattern, .site) = format, let text = value.string, Instant(rfc3339: text) == nil else {
            return instant(value).map { Read(time: $0) }
        }
        guard let local = pattern.read(text),
            let found = zone.instant(ofLocal: local, before: arrival + .minutes(1))
        else { return nil }
        return Read(time: found.instant, isAmbiguous: found.isAmbiguous)
    }

    private func age(_ seconds: Double, _ arrival: Instant) -> Read? {
        guard seconds >= 0, let span = TimeSpan(seconds: seconds) else { return nil }
        return Instant(checked: arrival.nanoseconds.saturatingSubtract(span.nanoseconds)).map { Read(time: $0) }
    }

    /// Returns the time since the device's start; `nil` if the value is none.
    func uptime(_ value: JSONValue, unit: TimeSpan) -> TimeSpan? {
        guard let number = number(value), number >= 0 else { return nil }
        return TimeSpan(seconds: number * unit.seconds)
    }

    private func instant(_ value: JSONValue) -> Instant? {
        switch format {
        case .uptime, .age: return nil
        case .rfc3339: return value.string.flatMap { Instant(rfc3339: $0) }
        case .unix: return number(value).flatMap { Instant(unixSeconds: $0) }
        case .unix_ms: return scaled(value, 1_000_000)
        case .unix_us: return scaled(value, 1000)
        case .unix_ns: return scaled(value, 1)
        case .local(let pattern, let ownZone):
            guard let text = value.string else { return nil }
            // A device that does name the zone is believed.
            if let instant = Instant(rfc3339: text) { return instant }
            guard let local = pattern.read(text) else { return nil }
            switch ownZone {
            case .offset(let offset): return Instant(checked: local.saturatingSubtract(offset.nanoseconds))
            case .site: return nil
            }
        }
    }

    /// A number, or one that is written as a text.
    private func number(_ value: JSONValue) -> Double? {
        value.number ?? value.string.flatMap { DecimalText.read($0, .point) }.flatMap { $0.unit == nil ? $0.0 : nil }
    }

    private func scaled(_ value: JSONValue, _ nanoseconds: Int64) -> Instant? {
        if let integer = value.integer ?? value.messageNumber {
            return Instant(checked: integer.saturatingMultiply(by: nanoseconds))
        }
        return number(value).flatMap { Instant(unixSeconds: $0 * Double(nanoseconds) / 1e9) }
    }
}

extension TimeField {
    /// Says why a value is not a time, and what to do about it.
    func problem(with value: JSONValue) -> String {
        let wanted =
            switch format {
            case .rfc3339: "a time such as 2018-06-03T22:05:00Z"
            case .age: "a number of seconds since the measurement"
            case .uptime: "a number of seconds or milliseconds since the device's start"
            case .local(let pattern, _): "a time as \(pattern.text)"
            case .unix, .unix_ms, .unix_us, .unix_ns: "a number of \(format.unitName) since 1970"
            }
        if let number = number(value), let format = Format.epochs.first(where: { $0.isLikely(number) }),
            format != self.format
        {
            return
                "not \(wanted): these may be \(format.unitName) since 1970 ('format: \(format.name)' in the profile)"
        }
        if let string = value.string {
            if Instant(rfc3339: string) != nil {
                return "not \(wanted): this is RFC 3339 ('format: rfc3339' in the profile)"
            }
            if Instant(rfc3339: Array(string) + Array("Z".utf8)) != nil {
                return """
                    a time without a zone: the device has to send Z or an offset such as +01:00 with it, or the \
                    profile says 'format: local' and the zone
                    """
            }
        }
        return "not \(wanted)"
    }
}

extension TimeField.Format {
    static let epochs: [TimeField.Format] = [.unix, .unix_ms, .unix_us, .unix_ns]

    fileprivate var name: String { Self.words.first { $0.value == self }?.key ?? "local" }

    fileprivate var unitName: String {
        switch self {
        case .rfc3339, .local, .uptime, .age: "RFC 3339"
        case .unix: "seconds"
        case .unix_ms: "milliseconds"
        case .unix_us: "microseconds"
        case .unix_ns: "nanoseconds"
        }
    }

    /// Returns whether a number is a time between 2001 and 2286 in this format.
    fileprivate func isLikely(_ number: Double) -> Bool {
        switch self {
        case .rfc3339, .local, .uptime, .age: false
        case .unix: (1e9..<1e10).contains(number)
        case .unix_ms: (1e12..<1e13).contains(number)
        case .unix_us: (1e15..<1e16).contains(number)
        case .unix_ns: (1e18..<1e19).contains(number)
        }
    }
}
