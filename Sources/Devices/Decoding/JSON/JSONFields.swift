internal import Telemetry

extension PayloadDecoder {
    /// Reads the generic JSON format: an object with each field at its pointer and one time for all of them. Devices
    /// that save up their readings send an array of such objects.
    /// - Returns: the number of values that were read.
    func decodeJSON(
        _ root: JSONValue, _ plan: DecodingPlan, _ arrival: Instant, _ readings: inout [Reading],
        _ findings: inout PayloadFindings
    ) -> Int {
        if root.isObject { return decodeObject(root, at: nil, plan, arrival, &readings, &findings) }
        var values = 0
        var index = 0
        let isArray = root.forEachItem { item in
            if item.isObject {
                values += decodeObject(item, at: index, plan, arrival, &readings, &findings)
            } else if !item.isNull {
                findings.add(.notAnObject(place: "/\(index)", found: item.inWords))
            }
            index += 1
        }
        if !isArray, !root.isNull { findings.add(.notAnObject(place: "the payload", found: root.inWords)) }
        return values
    }

    /// - Parameter item: the object's index in an array of them.
    private func decodeObject(
        _ root: JSONValue, at item: Int?, _ plan: DecodingPlan, _ arrival: Instant, _ readings: inout [Reading],
        _ findings: inout PayloadFindings
    ) -> Int {
        func place(_ pointer: JSONPointer) -> String { item.map { "/\($0)\(pointer)" } ?? pointer.description }
        var values = 0
        let written = plan.profile.time.flatMap { root.at($0.pointer) }
        let own = written.flatMap { plan.profile.time?.read($0) }
        let number = numbering.takeNumber(of: root, own: own, plan, arrival)
        if number != .none, number != .unreadable { message.hasNumber = true }
        if number == .repeated { return 0 }
        if number == .unreadable, let field = plan.profile.sequence {
            findings.add(
                .notANumber(
                    place: place(field.pointer), found: root.at(field.pointer)?.inWords ?? "missing",
                    wanted: "a whole number"))
        }
        var origin = DecodedMessage.Stamp.Origin.arrival
        if let field = plan.profile.time, let value = written, !value.isNull {
            origin = own == nil ? .unreadable : .device
            if own == nil {
                // A reading with its arrival time is better than none.
                findings.add(
                    .badTime(place: place(field.pointer), found: value.inWords, reason: field.problem(with: value)))
            }
        }
        let time = origin == .device ? own ?? arrival : arrival
        let stamp = message.add(origin, time)
        var first = readings.count
        for field in plan.fields {
            switch field.source {
            case .value(let pointer):
                guard let value = root.at(pointer), !value.isNull else { continue }
                guard let number = value.number ?? value.boolean.map({ $0 ? 1 : 0 }) else {
                    findings.add(.notANumber(place: place(pointer), found: value.inWords))
                    continue
                }
                values += 1
                append(number, of: field, factor: field.factor, summand: field.summand, at: time, to: &readings)
            case .samples(let pointer, let rate, let anchor):
                guard let samples = root.at(pointer), !samples.isNull else { continue }
                message.add(first..<readings.count, .moment, stamp: stamp)
                values += append(samples, of: field, rate, anchor, in: root, stamp, &readings, &findings) {
                    place($0 ?? pointer)
                }
                first = readings.count
            case .record, .gap, .clock, .plausibility: continue
            }
        }
        let end = readings.count
        let gap = numbering.appendMissing(number, plan, time, stamp: stamp, &readings)
        if case .late = number {
            // A correction has the time of its gap, and not the time of this message.
            message.add(first..<end, .moment, stamp: stamp)
            if let gap { message.add(end..<readings.count, .correction, stamp: gap) }
        } else {
            message.add(first..<readings.count, .moment, stamp: stamp)
        }
        return values
    }

    /// Appends the samples of an array, each at the time that its place in the array gives it.
    ///
    /// An item that is not a number keeps its place, so that the samples after it keep their times. JSON encoders write
    /// `null` for a sample that is not a number.
    /// - Parameter place: the name of a pointer in messages, and the name of the array itself for `nil`.
    /// - Returns: the number of values that were read.
    private func append(
        _ samples: JSONValue, of field: DecodingPlan.Field, _ rate: Profile.SampleRate, _ anchor: Profile.SampleAnchor,
        in root: JSONValue, _ stamp: Int, _ readings: inout [Reading], _ findings: inout PayloadFindings,
        place: (JSONPointer?) -> String
    ) -> Int {
        let hertz: Double
        switch rate {
        case .fixed(let fixed): hertz = fixed
        case .field(let pointer):
            guard let value = root.at(pointer), let written = value.number, written > 0 else {
                let found = root.at(pointer)?.inWords ?? "missing"
                findings.add(.badRate(place: place(pointer), found: found))
                return 0
            }
            hertz = written
        }
        sampleBuffer.removeAll(keepingCapacity: true)
        let isArray = samples.forEachItem { item in
            if let number = item.number { return sampleBuffer.append(number) }
            if !item.isNull {
                findings.add(.notANumber(place: "\(place(nil))/\(sampleBuffer.count)", found: item.inWords))
            }
            sampleBuffer.append(.nan)
        }
        guard isArray else {
            findings.add(.notANumber(place: place(nil), found: samples.inWords, wanted: "an array of numbers"))
            return 0
        }
        guard !sampleBuffer.isEmpty else { return 0 }
        let step = 1e9 / hertz
        // A rate close to 0 would put samples outside the years that an instant can hold.
        guard let length = Int64(exactly: (Double(sampleBuffer.count - 1) * step).rounded()),
            let (first, isPlaced) = firstSample(length, anchor, stamp)
        else {
            findings.add(.badRate(place: place(rate.pointer), found: "\(hertz) Hz"))
            return 0
        }
        let firstReading = readings.count
        for (index, sample) in sampleBuffer.enumerated() where !sample.isNaN {
            // This is at most `length`, which was checked.
            let instant = Instant(nanoseconds: first + Int64((Double(index) * step).rounded()))
            append(sample, of: field, factor: field.factor, summand: field.summand, at: instant, to: &readings)
        }
        let newest = Instant(nanoseconds: first + length)
        message.add(
            firstReading..<readings.count, .samples(newest: newest, isPlaced: isPlaced), stamp: stamp)
        return readings.count - firstReading
    }

    /// Returns the time of the first of some samples that take `length` nanoseconds. It follows from the stamp's time,
    /// or from the arrival time if that is not possible. `nil` if no sample has a time that can be kept.
    private func firstSample(
        _ length: Int64, _ anchor: Profile.SampleAnchor, _ stamp: Int
    ) -> (first: Int64, isPlaced: Bool)? {
        guard let latest = Instant(checked: message.arrival.nanoseconds.saturatingSubtract(length)) else { return nil }
        let stamp = message.stamps[stamp]
        // An arrival time says only that all samples are older.
        guard stamp.origin == .device else { return (latest.nanoseconds, true) }
        let own = stamp.time.nanoseconds
        if anchor == .first {
            let isPlaced = Instant(checked: own.saturatingAdd(length)) != nil
            return (isPlaced ? own : latest.nanoseconds, isPlaced)
        }
        guard let first = Instant(checked: own.saturatingSubtract(length)) else { return (latest.nanoseconds, false) }
        return (first.nanoseconds, true)
    }
}

extension Profile.SampleRate {
    fileprivate var pointer: JSONPointer? {
        switch self {
        case .fixed: nil
        case .field(let pointer): pointer
        }
    }
}

extension Profile.TimeField {
    func read(_ value: JSONValue) -> Instant? {
        switch format {
        case .rfc3339: return value.string.flatMap { Instant(rfc3339: $0) }
        case .unix: return value.number.flatMap { Instant(unixSeconds: $0) }
        case .unix_ms: return scaled(value, 1_000_000)
        case .unix_us: return scaled(value, 1000)
        case .unix_ns: return scaled(value, 1)
        }
    }

    private func scaled(_ value: JSONValue, _ nanoseconds: Int64) -> Instant? {
        if let integer = value.integer {
            return Instant(checked: integer.saturatingMultiply(by: nanoseconds))
        }
        return value.number.flatMap { Instant(unixSeconds: $0 * Double(nanoseconds) / 1e9) }
    }

    /// Says why a value is not a time, and what to do about it.
    func problem(with value: JSONValue) -> String {
        let wanted =
            format == .rfc3339 ? "a time such as 2018-06-03T22:05:00Z" : "a number of \(format.unitName) since 1970"
        if let number = value.number, let format = Format.allCases.first(where: { $0.isLikely(number) }),
            format != self.format
        {
            return
                "not \(wanted): these may be \(format.unitName) since 1970 ('format: \(format.rawValue)' in the profile)"
        }
        if let string = value.string {
            if Instant(rfc3339: string) != nil {
                return "not \(wanted): this is RFC 3339 ('format: rfc3339' in the profile)"
            }
            if Instant(rfc3339: Array(string) + Array("Z".utf8)) != nil {
                return "a time without a zone: the device has to send Z or an offset such as +01:00 with it"
            }
        }
        return "not \(wanted)"
    }
}

extension Profile.TimeField.Format {
    fileprivate var unitName: String {
        switch self {
        case .rfc3339: "RFC 3339"
        case .unix: "seconds"
        case .unix_ms: "milliseconds"
        case .unix_us: "microseconds"
        case .unix_ns: "nanoseconds"
        }
    }

    /// Returns whether a number is a time between 2001 and 2286 in this format.
    fileprivate func isLikely(_ number: Double) -> Bool {
        switch self {
        case .rfc3339: false
        case .unix: (1e9..<1e10).contains(number)
        case .unix_ms: (1e12..<1e13).contains(number)
        case .unix_us: (1e15..<1e16).contains(number)
        case .unix_ns: (1e18..<1e19).contains(number)
        }
    }
}
