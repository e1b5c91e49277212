internal import Telemetry

extension PayloadDecoder {
    /// The generic JSON format: each field at its pointer, one time for all of them.
    func decodeJSON(
        _ root: JSONValue, _ plan: DecodingPlan, _ arrival: Instant, _ readings: inout [Reading]
    ) -> PayloadFault? {
        guard root.isObject else { return .notAnObject }
        var fault: PayloadFault?
        let first = readings.count
        let number = judgement.takeNumber(of: root, plan, arrival)
        if number == .repeated { return nil }
        if number == .unreadable, let place = plan.profile.sequence { fault = .notANumber(place.pointer.description) }
        var time = EventTime(arrival: arrival)
        if let field = plan.profile.time, let value = root.at(field.pointer), !value.isNull {
            if let own = field.read(value) {
                time = judgement.time(own, plan, arrival)
            } else {
                // Better the reading with its arrival time than none at all.
                time.quality.insert(.clockReplaced)
                fault = .badTime(field.pointer.description)
            }
        }
        for field in plan.fields {
            switch field.source {
            case .value(let pointer):
                guard let value = root.at(pointer), !value.isNull else { continue }
                guard let number = value.number ?? value.boolean.map({ $0 ? 1 : 0 }) else {
                    fault = .notANumber(pointer.description)
                    continue
                }
                readings.append(
                    field.reading(number, factor: field.factor, summand: field.summand, at: time.instant, time.quality))
            case .samples(let pointer, let rate, let anchor):
                guard let samples = root.at(pointer), !samples.isNull else { continue }
                let problem = append(samples, of: field, pointer, rate, anchor, in: root, time, to: &readings)
                fault = problem ?? fault
            case .record, .gap, .clock: continue
            }
        }
        judgement.appendMissing(number, plan, time, &readings)
        if readings.count == first, fault == nil { return .noReading }
        return fault
    }

    private func append(
        _ samples: JSONValue, of field: DecodingPlan.Field, _ pointer: JSONPointer, _ rate: Profile.SampleRate,
        _ anchor: Profile.SampleAnchor, in root: JSONValue, _ time: EventTime, to readings: inout [Reading]
    ) -> PayloadFault? {
        let hertz: Double
        switch rate {
        case .fixed(let fixed): hertz = fixed
        case .field(let place):
            guard let written = root.at(place)?.number, written > 0 else { return .badRate(place.description) }
            hertz = written
        }
        sampleBuffer.removeAll(keepingCapacity: true)
        var isNumeric = true
        let isArray = samples.forEachItem { item in
            if let number = item.number { sampleBuffer.append(number) } else { isNumeric = false }
        }
        // A hole in the array would move every sample behind it in time: all or none.
        guard isArray, isNumeric else { return .notANumber(pointer.description) }
        let step = 1e9 / hertz
        let before = anchor == .last ? sampleBuffer.count - 1 : 0
        for (index, sample) in sampleBuffer.enumerated() {
            let offset = Int64((Double(index - before) * step).rounded())
            let instant = Instant(nanoseconds: time.instant.nanoseconds &+ offset)
            readings.append(
                field.reading(sample, factor: field.factor, summand: field.summand, at: instant, time.quality))
        }
        return nil
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
            let (product, overflow) = integer.multipliedReportingOverflow(by: nanoseconds)
            return overflow ? nil : Instant(nanoseconds: product)
        }
        return value.number.flatMap { Instant(unixSeconds: $0 * Double(nanoseconds) / 1e9) }
    }
}
