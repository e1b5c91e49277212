internal import Telemetry

extension PayloadDecoder {
    /// SenML JSON (RFC 8428): an array of records, whose base fields hold for all records from there on.
    ///
    /// A record feeds the reading whose `record` its resolved name ends in, behind a separator. A unit in
    /// the record goes before the profile's. Times below 2^28 are relative to the arrival (section 4.5.3).
    func decodeSenML(
        _ root: JSONValue, _ plan: DecodingPlan, _ arrival: Instant, _ readings: inout [Reading]
    ) -> PayloadFault? {
        let first = readings.count
        var base = SenMLBase()
        var fault: PayloadFault?
        var matched = false
        let isArray = root.forEachItem { record in
            if let problem = base.take(record) {
                fault = problem
                return
            }
            guard fault == nil || !fault!.isFatalForSenML else { return }  // the left side proves it is not nil
            guard let field = plan.fields.first(where: { base.nameEnds(with: $0.recordSuffix, record: record) }) else { return }
            matched = true
            let value: Double
            if let number = record.member("v")?.number {
                value = base.value + number
            } else if let boolean = record.member("vb")?.boolean {
                value = boolean ? 1 : 0
            } else if record.member("v") == nil, record.member("vb") == nil, base.hasValue, record.member("vs") == nil,
                record.member("vd") == nil
            {
                value = base.value
            } else {
                fault = .notANumber("the record of \(field.quantity.name)")
                return
            }
            guard let (factor, summand) = base.conversion(of: record, for: field) else {
                fault = .senml("the unit of \(field.quantity.name) does not fit")
                return
            }
            guard let time = base.time(of: record, arrival: arrival, tolerance: plan.clock) else {
                fault = .badTime("the record of \(field.quantity.name)")
                return
            }
            readings.append(field.reading(value, factor: factor, summand: summand, at: time.instant, time.quality))
        }
        guard isArray else { return .senml("a pack is an array of records") }
        if let fault, fault.isFatalForSenML {
            readings.removeSubrange(first...)
            return fault
        }
        if !matched, fault == nil { return .noReading }
        return fault
    }
}

extension PayloadFault {
    /// RFC 8428, section 4.4: a pack with an unknown version or a label that must be understood is refused whole.
    fileprivate var isFatalForSenML: Bool { if case .senml(let text) = self { text.hasPrefix("the pack") } else { false } }
}

/// The base fields in force at a record.
private struct SenMLBase {
    var name: UnsafeBufferPointer<UInt8>?
    var seconds = 0.0
    var value = 0.0
    var hasValue = false
    var unit: UnsafeBufferPointer<UInt8>?

    /// Takes the base fields of a record; says what makes the pack unreadable.
    mutating func take(_ record: JSONValue) -> PayloadFault? {
        guard record.isObject else { return .senml("the pack has a record that is no object") }
        if let version = record.member("bver")?.number, version > 10 {
            return .senml("the pack has version \(Int(version)), and 10 is the newest known")
        }
        if record.hasMustUnderstandKey { return .senml("the pack has a label that must be understood, and is not") }
        if let bytes = record.member("bn")?.string { name = bytes }
        if let bytes = record.member("bu")?.string { unit = bytes }
        if let number = record.member("bt")?.number { seconds = number }
        if let number = record.member("bv")?.number {
            value = number
            hasValue = true
        }
        return nil
    }

    /// Whether base name and name together end in `suffix`, which must be all of it or follow a separator.
    func nameEnds(with suffix: [UInt8], record: JSONValue) -> Bool {
        let own = record.member("n")?.string
        let baseCount = name?.count ?? 0
        let count = baseCount + (own?.count ?? 0)
        func byte(_ index: Int) -> UInt8 {
            index < baseCount ? name![index] : own![index - baseCount]  // below `count`, one of the two has it
        }
        guard count >= suffix.count else { return false }
        for index in suffix.indices where byte(count - suffix.count + index) != suffix[index] { return false }
        return count == suffix.count || isSeparator(byte(count - suffix.count - 1)) || isSeparator(suffix[0])
    }

    private func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    func time(of record: JSONValue, arrival: Instant, tolerance: ClockTolerance) -> EventTime? {
        let own = record.member("t")
        if let own, own.number == nil { return nil }
        let seconds = seconds + (own?.number ?? 0)
        if abs(seconds) < 268_435_456 {
            return Instant(unixSeconds: seconds).map { relative in
                EventTime(
                    Instant(nanoseconds: arrival.nanoseconds &+ relative.nanoseconds), arrival: arrival, tolerance: tolerance)
            }
        }
        return Instant(unixSeconds: seconds).map { EventTime($0, arrival: arrival, tolerance: tolerance) }
    }

    func conversion(of record: JSONValue, for field: DecodingPlan.Field) -> (factor: Double, summand: Double)? {
        guard let text = record.member("u")?.string ?? unit else { return (field.factor, field.summand) }
        let symbol = String(decoding: text, as: UTF8.self)
        // `/` is SenML's unit for a ratio (RFC 8428, section 12.1).
        guard let unit = symbol == "/" ? Unit.one : Unit(symbol: symbol),
            unit.dimension == field.quantity.unit.dimension
        else { return nil }
        return unit.conversion(to: field.quantity.unit)
    }
}
