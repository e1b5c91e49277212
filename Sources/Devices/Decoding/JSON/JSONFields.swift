internal import Telemetry

extension PayloadDecoder {
    /// Reads the generic JSON format: an object with each field at its pointer and one time for all of them. Devices
    /// that save up their readings send an array of such objects.
    /// - Returns: the number of values that were read.
    func decodeJSON(
        _ root: JSONValue, _ plan: DecodingPlan, _ arrival: Instant, _ readings: inout [Reading],
        _ findings: inout PayloadFindings
    ) -> Int {
        guard let root = plan.layout.items.map({ root.at($0) }) ?? root, !root.isNull else { return 0 }
        if root.isObject || plan.layout.format.isSingleValue {
            return decodeObject(root, at: nil, plan, arrival, &readings, &findings)
        }
        var values = 0
        var index = 0
        isUptimeTaken = takeUptime(of: root, plan, arrival)
        defer { isUptimeTaken = false }
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
        func place(_ pointer: JSONPointer) -> String {
            item.map { "/\($0)\(pointer)" } ?? (pointer.bytes.isEmpty ? "the payload" : pointer.description)
        }
        var values = 0
        let written = time(of: root, plan)
        let read = written.flatMap { self.read($0.value, $0.field, in: root, plan, arrival) }
        let own = read?.time
        let (counter, messageNumber) = numberField(of: root, plan)
        let number = takeNumber(messageNumber, written: counter, own: own, plan, arrival)
        if number == .repeated { return 0 }
        if number == .unreadable {
            let name = plan.layout.sequence?.pointer.map(place) ?? "the message number"
            findings.add(.notANumber(place: name, found: counter?.inWords ?? "missing", wanted: "a whole number"))
        }
        if let written, own == nil {
            // A reading with its arrival time is better than none.
            findings.add(
                .badTime(
                    place: place(written.field.pointer), found: written.value.inWords,
                    reason: written.field.problem(with: written.value)))
        }
        let time = own ?? arrival
        let stamp = message.add(
            written == nil ? .arrival : own == nil ? .unreadable : .device, time,
            isAmbiguous: read?.isAmbiguous ?? false)
        var first = readings.count
        let start = first
        for field in plan.fields {
            if field.isAlternative, readings[start...].contains(where: { $0.series == field.series }) { continue }
            switch field.source {
            case .value(let pointer):
                guard let value = root.at(pointer), !value.isNull else { continue }
                if let rule = field.rule {
                    let unit = field.unitPointer.flatMap { root.at($0)?.string }
                    guard
                        let number = ruledNumber(
                            value, of: field, rule, in: root, unit: unit, &findings, { place(pointer) })
                    else {
                        continue
                    }
                    values += 1
                    readings.append(Reading(series: field.series, time: time, value: number))
                    continue
                }
                guard let number = value.number ?? value.boolean.map({ $0 ? 1 : 0 }) else {
                    findings.add(.notANumber(place: place(pointer), found: value.inWords))
                    continue
                }
                values += 1
                append(number, of: field, factor: field.factor, summand: field.summand, at: time, to: &readings)
            case .samples(let array):
                guard let samples = root.at(array.pointer), !samples.isNull else { continue }
                message.add(first..<readings.count, .moment, stamp: stamp)
                values += append(samples, of: field, array, in: root, stamp, &readings, &findings) {
                    place($0 ?? array.pointer)
                }
                first = readings.count
            case .link(let measure):
                values += appendLink(measure, of: field, at: time, &readings)
            case .record, .gap, .clock, .plausibility, .neighbours, .calibration: continue
            }
        }
        endMoment(from: first, number, plan, time, stamp: stamp, &readings)
        return values
    }

    /// Takes the number that an object, or its envelope, gives the message.
    func takeNumber(
        _ number: Int64?, written: JSONValue?, own: Instant?, _ plan: DecodingPlan, _ arrival: Instant
    ) -> MessageNumbering.Number {
        let verdict = numbering.take(
            number, written: written, own: own, session: facts.session, plan, arrival)
        if verdict != .none, verdict != .unreadable { message.hasNumber = true }
        return verdict
    }

    /// Appends how many messages are missing before this one, and adds the readings from `first` on to the message.
    func endMoment(
        from first: Int, _ number: MessageNumbering.Number, _ plan: DecodingPlan, _ time: Instant, stamp: Int,
        _ readings: inout [Reading]
    ) {
        let end = readings.count
        let gap = numbering.appendMissing(number, plan, time, stamp: stamp, &readings)
        if case .late = number {
            // A correction has the time of its gap, and not the time of this message.
            message.add(first..<end, .moment, stamp: stamp)
            if let gap { message.add(end..<readings.count, .correction, stamp: gap) }
        } else {
            message.add(first..<readings.count, .moment, stamp: stamp)
        }
    }

    /// The time that an object, or its envelope, gives the message, and how it is written.
    private func time(of root: JSONValue, _ plan: DecodingPlan) -> (value: JSONValue, field: TimeField)? {
        if let field = plan.layout.time, let value = root.at(field.pointer), !value.isNull { return (value, field) }
        return plan.layout.envelope == nil ? nil : facts.time
    }

    /// Takes the largest uptime of an array of objects.
    /// - Returns: `false` if there is none that can be right.
    private func takeUptime(of items: JSONValue, _ plan: DecodingPlan, _ arrival: Instant) -> Bool {
        guard let field = plan.layout.time, case .uptime(let unit, let wrap) = field.format else { return false }
        var largest: TimeSpan?
        _ = items.forEachItem { item in
            guard let uptime = item.at(field.pointer).flatMap({ field.uptime($0, unit: unit) }) else { return }
            largest = max(largest ?? uptime, uptime)
        }
        return largest.map { uptimes.take($0, of: plan.device, wrap: wrap, arrival: arrival) } ?? false
    }

    private func read(
        _ value: JSONValue, _ field: TimeField, in root: JSONValue, _ plan: DecodingPlan, _ arrival: Instant
    ) -> TimeField.Read? {
        guard case .uptime(let unit, let wrap) = field.format else {
            return field.read(value, in: root, arrival: arrival, zone: zone)
        }
        guard let uptime = field.uptime(value, unit: unit) else { return nil }
        // Of an array, the largest uptime was taken before.
        guard isUptimeTaken || uptimes.take(uptime, of: plan.device, wrap: wrap, arrival: arrival) else { return nil }
        return uptimes.time(uptime, of: plan.device, wrap: wrap).map { TimeField.Read(time: $0) }
    }

    /// The value in the place of the message's number, and the number.
    private func numberField(of root: JSONValue, _ plan: DecodingPlan) -> (JSONValue?, Int64?) {
        guard let sequence = plan.layout.sequence else { return (nil, nil) }
        guard let pointer = sequence.pointer else { return (facts.counter, facts.number) }
        guard let value = root.at(pointer), !value.isNull else { return (nil, nil) }
        return (value, value.messageNumber)
    }

    /// Appends what the network server says about the radio link.
    /// - Returns: the number of values.
    private func appendLink(
        _ measure: Profile.LinkMeasure, of field: DecodingPlan.Field, at time: Instant, _ readings: inout [Reading]
    ) -> Int {
        guard let number = measure == .rssi ? facts.rssi : facts.snr else { return 0 }
        append(number, of: field, factor: field.factor, summand: field.summand, at: time, to: &readings)
        return 1
    }

    /// Returns a value that a rule turns into a number, in the canonical unit; `nil` if it stands for no reading, or
    /// cannot be read.
    /// - Parameter written: the unit that stands beside the value, for a value that has none of its own.
    func ruledNumber(
        _ value: JSONValue, of field: DecodingPlan.Field, _ rule: ValueRule, in root: JSONValue,
        unit written: UnsafeBufferPointer<UInt8>? = nil, _ findings: inout PayloadFindings, _ place: () -> String
    ) -> Double? {
        switch rule.read(value, in: root) {
        case .nothing: return nil
        case .unreadable(let wanted):
            findings.add(.notANumber(place: place(), found: value.inWords, wanted: wanted))
        case .number(let number, let own):
            let unit = own ?? written
            if let (factor, summand) = conversion(from: unit, for: field) { return number * factor + summand }
            findings.add(
                .wrongUnit(
                    place: place(), found: unit.map { JSONValue.printable($0[...]) } ?? "",
                    wanted: field.quantity.unit.dimension.name))
        }
        return nil
    }

    /// Appends the samples of an array, each at the time that its place in the array gives it.
    ///
    /// An item that is not a number keeps its place, so that the samples after it keep their times. JSON encoders write
    /// `null` for a sample that is not a number.
    /// - Parameter place: the name of a pointer in messages, and the name of the array itself for `nil`.
    /// - Returns: the number of values that were read.
    private func append(
        _ samples: JSONValue, of field: DecodingPlan.Field, _ array: Profile.SampleArray, in root: JSONValue,
        _ stamp: Int, _ readings: inout [Reading], _ findings: inout PayloadFindings, place: (JSONPointer?) -> String
    ) -> Int {
        let hertz: Double
        switch array.rate {
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
            if let rule = field.rule, !item.isNull {
                let number = ruledNumber(item, of: field, rule, in: root, &findings) {
                    "\(place(nil))/\(sampleBuffer.count)"
                }
                return sampleBuffer.append(number ?? .nan)
            }
            if let number = item.number { return sampleBuffer.append(number * field.factor + field.summand) }
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
        if array.isNewestFirst { sampleBuffer.reverse() }
        let step = 1e9 / hertz
        // A rate close to 0 would put samples outside the years that an instant can hold.
        guard let length = Int64(exactly: (Double(sampleBuffer.count - 1) * step).rounded()),
            let (first, isPlaced) = firstSample(length, array.timeIsOfNewest ? .last : .first, stamp)
        else {
            findings.add(.badRate(place: place(array.rate.pointer), found: "\(hertz) Hz"))
            return 0
        }
        let firstReading = readings.count
        for (index, sample) in sampleBuffer.enumerated() where !sample.isNaN {
            // This is at most `length`, which was checked.
            let instant = Instant(nanoseconds: first + Int64((Double(index) * step).rounded()))
            readings.append(Reading(series: field.series, time: instant, value: sample))
        }
        let newest = Instant(nanoseconds: first + length)
        message.add(
            firstReading..<readings.count, .samples(newest: newest, isPlaced: isPlaced), stamp: stamp)
        return readings.count - firstReading
    }

    /// Returns the time of the first of some samples that take `length` nanoseconds. It follows from the stamp's time,
    /// or from the arrival time if that is not possible. `nil` if no sample has a time that can be kept.
    private func firstSample(
        _ length: Int64, _ anchor: Profile.SampleArray.Anchor, _ stamp: Int
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

extension Profile.SampleArray {
    /// Set if the message's time is that of the newest sample.
    fileprivate var timeIsOfNewest: Bool { (anchor == .last) != isNewestFirst }
}

extension Profile.SampleArray.Rate {
    fileprivate var pointer: JSONPointer? {
        switch self {
        case .fixed: nil
        case .field(let pointer): pointer
        }
    }
}
