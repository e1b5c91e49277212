internal import Telemetry

extension PayloadDecoder {
    /// Reads SenML JSON (RFC 8428): an array of records, whose base fields apply to all records from there on.
    ///
    /// A record feeds the reading whose `record` is its name (``SenMLName``). A unit in the record overrides the
    /// profile's. Times below 2^28 are relative to the arrival (section 4.5.3).
    /// - Returns: the number of values that were read.
    func decodeSenML(
        _ root: JSONValue, _ plan: DecodingPlan, _ arrival: Instant, _ readings: inout [Reading],
        _ findings: inout PayloadFindings
    ) -> Int {
        let first = readings.count
        var base = SenMLBase()
        var refusal: String?
        var index = 0
        let isArray = root.forEachItem { record in
            defer { index += 1 }
            guard refusal == nil else { return }
            guard record.isObject else {
                if !record.isNull { findings.add(.notAnObject(place: "record \(index)", found: record.inWords)) }
                return
            }
            refusal = base.take(record)
            guard refusal == nil else { return }
            let name = SenMLName(base: base.name, own: record.member("n")?.string)
            guard let field = plan.fields.first(where: { name.ends(in: $0.recordName) }),
                name.means(field.recordName, device: plan.deviceID)
            else { return }
            append(record, of: field, base, plan, arrival, &readings, &findings)
        }
        if let refusal {
            readings.removeSubrange(first...)
            message.removeTimes()
            findings.refuse(.senml(refusal))
            return 0
        }
        if !isArray, !root.isNull {
            findings.refuse(.senml("a pack is an array of records, and this is \(root.inWords)"))
        }
        return readings.count - first
    }

    private func append(
        _ record: JSONValue, of field: DecodingPlan.Field, _ base: SenMLBase, _ plan: DecodingPlan, _ arrival: Instant,
        _ readings: inout [Reading], _ findings: inout PayloadFindings
    ) {
        let value: Double
        switch base.value(of: record) {
        case .success(let number?): value = number
        case .success(nil): return
        case .failure(let found):
            return findings.add(.notANumber(place: "the record '\(field.recordText)'", found: found.text))
        }
        guard let (factor, summand) = conversion(from: base.unit(of: record), for: field) else {
            let unit = base.unitText(of: record)
            return findings.add(
                .senml(
                    "the record '\(field.recordText)' has the unit '\(unit)', and \(field.quantity.unit.dimension.name) is wanted"
                ))
        }
        let own = base.time(of: record, arrival: arrival)
        if own == nil {
            let found = [record.member("t"), base.timeValue].compactMap { $0 }.first { $0.number == nil }?.inWords
            findings.add(
                .badTime(
                    place: "the time of the record '\(field.recordText)'",
                    found: found ?? "outside the years 1960 to 2159",
                    reason: "not a number of seconds since 1970"))
        }
        let stamp = message.add(own == nil ? .unreadable : .device, own ?? arrival)
        append(value, of: field, factor: factor, summand: summand, at: own ?? arrival, to: &readings)
        message.add(readings.count - 1..<readings.count, .moment, stamp: stamp)
    }

    /// Returns the conversion from a unit of the payload to the canonical one, with the device's correction.
    /// - Returns: `nil` if the unit does not fit.
    ///
    /// A device sends the same unit every time. So the newest one of each field is remembered, and is not made into a
    /// text again.
    func conversion(
        from unit: UnsafeBufferPointer<UInt8>?, for field: DecodingPlan.Field
    ) -> (factor: Double, summand: Double)? {
        guard let unit, !unit.elementsEqual(field.unitSymbol) else { return (field.factor, field.summand) }
        let known = units[field.unitPlace]
        if unit.elementsEqual(known.symbol) { return (known.factor, known.summand) }
        let symbol = String(decoding: unit, as: UTF8.self)
        guard let written = Self.unit(symbol, of: field.quantity.unit.dimension),
            written.dimension == field.quantity.unit.dimension
        else { return nil }
        let (factor, summand) = field.correction.applied(to: written.conversion(to: field.quantity.unit))
        units[field.unitPlace] = PayloadUnit(symbol: Array(unit), factor: factor, summand: summand)
        return (factor, summand)
    }
}

extension PayloadDecoder {
    /// Reads a unit as devices write it.
    private static func unit(_ symbol: String, of dimension: Dimension) -> Unit? {
        // `/` is SenML's unit for a ratio (RFC 8428, section 12.1).
        if symbol == "/" { return .one }
        // Without the degree: `C` alone is a coulomb, and `F` a farad.
        if dimension == .temperature, ["C", "F"].contains(symbol.uppercased()) {
            return Unit(symbol: "deg" + symbol.uppercased())
        }
        return Unit(symbol: symbol)
    }
}

/// The newest unit that a field's values had in the payload, if it differs from the profile's.
struct PayloadUnit {
    var symbol: [UInt8] = []
    var factor = 1.0
    var summand = 0.0
}

/// The base fields that apply to a record.
private struct SenMLBase {
    struct Found: Error { let text: String }

    private(set) var name: UnsafeBufferPointer<UInt8>?
    private var unit: UnsafeBufferPointer<UInt8>?
    /// The base time and the base value, even if they are not numbers.
    private(set) var timeValue: JSONValue?
    private var baseValue: JSONValue?

    /// Takes the base fields of a record; returns why the whole pack is unreadable, if it is (RFC 8428, section 4.4).
    mutating func take(_ record: JSONValue) -> String? {
        if let version = record.member("bver")?.number, version > 10 {
            return "it has version \(version), and 10 is the newest known"
        }
        if record.hasMustUnderstandKey { return "it has a label that must be understood, and is not" }
        if let bytes = record.member("bn")?.string { name = bytes }
        if let bytes = record.member("bu")?.string { unit = bytes }
        if let value = record.member("bt"), !value.isNull { timeValue = value }
        if let value = record.member("bv"), !value.isNull { baseValue = value }
        return nil
    }

    /// Returns the number of a record, with the base value added; `nil` if it has only a sum or a null.
    func value(of record: JSONValue) -> Result<Double?, Found> {
        if let boolean = record.member("vb")?.boolean { return .success(boolean ? 1 : 0) }
        var base: Double?
        if let baseValue {
            // Without the base value, every number would be wrong.
            guard let number = baseValue.number else {
                return .failure(Found(text: "on a base value of \(baseValue.inWords)"))
            }
            base = number
        }
        if let value = record.member("v") {
            if value.isNull { return .success(nil) }
            guard let number = value.number else { return .failure(Found(text: value.inWords)) }
            return .success((base ?? 0) + number)
        }
        if let other = record.member("vs") ?? record.member("vd") ?? record.member("vb") {
            return other.isNull ? .success(nil) : .failure(Found(text: other.inWords))
        }
        if let base { return .success(base) }
        return record.member("s") != nil ? .success(nil) : .failure(Found(text: "without a value"))
    }

    /// Returns the record's time; `nil` if it is not a time.
    func time(of record: JSONValue, arrival: Instant) -> Instant? {
        var seconds = 0.0
        if let timeValue {
            guard let number = timeValue.number else { return nil }
            seconds = number
        }
        if let own = record.member("t"), !own.isNull {
            guard let number = own.number else { return nil }
            seconds += number
        }
        guard let instant = Instant(unixSeconds: seconds) else { return nil }
        guard abs(seconds) < 268_435_456 else { return instant }
        return Instant(checked: arrival.nanoseconds.saturatingAdd(instant.nanoseconds))
    }

    /// Returns the record's unit. An empty unit counts as none.
    func unit(of record: JSONValue) -> UnsafeBufferPointer<UInt8>? {
        let text = record.member("u")?.string ?? unit
        return text?.isEmpty == true ? nil : text
    }

    func unitText(of record: JSONValue) -> String {
        (record.member("u")?.string ?? unit).map { JSONValue.printable($0[...]) } ?? ""
    }
}
