internal import Diagnostics
internal import Telemetry

extension YAMLReader {
    /// Reads `quality:` of a reading of a profile.
    mutating func quality(_ field: inout Profile.Field) {
        guard let node = node(ReadingKey.quality) else { return }
        field.quality.apply(node, to: field, problems: &problems)
    }

    /// Reads `quality:` of a device: the tests of each quantity. Each test replaces that of the profile.
    mutating func applyQuality(to fields: inout [Profile.Field]) {
        guard let node = node(DeviceKey.quality) else { return }
        var reader = YAMLReader(node, "the quality tests of a device")
        for name in reader.keys {
            guard let tests = reader.node(name.string), let index = index(of: name, in: fields) else { continue }
            var quality = fields[index].quality
            quality.apply(tests, to: fields[index], problems: &reader.problems)
            fields[index].quality = quality
        }
        problems += reader.finish()
    }

    /// Reports tests that cannot work at a device's interval.
    mutating func checkQuality(_ fields: [Profile.Field], interval: TimeSpan, at location: SourceLocation) {
        for field in fields {
            guard let flat = field.quality.flatLine else { continue }
            for span in [flat.suspect, flat.fail].compactMap({ $0 }) {
                let name = "the flat line test of '\(field.quantity.name)'"
                if span < interval {
                    report(
                        "bad-value",
                        """
                        \(name) takes \(TimeSpanText.short(span)), but a reading comes every \
                        \(TimeSpanText.short(interval)) only: every reading would be flagged
                        """,
                        at: location)
                } else if span.nanoseconds / max(interval.nanoseconds, 1) > Int64(QualitySettings.readingsMax) {
                    report(
                        "bad-value",
                        """
                        \(name) covers more than the \(QualitySettings.readingsMax) readings that are possible: \
                        make it shorter
                        """,
                        at: location)
                }
            }
        }
    }
}

extension QualitySettings {
    /// The most readings that a test looks back over: they are kept in memory.
    package static let readingsMax = 100_000

    /// Reads the tests of one quantity. Tests that the mapping does not name stay as they are.
    fileprivate mutating func apply(_ node: YAMLNode, to field: Profile.Field, problems: inout [Diagnostic]) {
        var reader = QualityReader(node, field)
        if reader.isSet(.expected, &expected) {
            expected = PlausibleRange.read(
                &reader.yaml, key: QualityKey.expected.rawValue, unit: field.unit, quantity: field.quantity)
            reader.check(expected, within: field.plausible, QualityKey.expected)
        }
        if reader.isSet(.climatology, &climatology) {
            climatology = Climatology(reader.yaml.items(QualityKey.climatology).compactMap { reader.season($0) })
        }
        if reader.isSet(.spike, &spike) {
            spike = reader.test(QualityKey.spike, SpikeKey.self) { test, field in
                let limits = test.limits(
                    SpikeKey.suspect, SpikeKey.fail, .size, field)
                let method = test.value(SpikeKey.method, expected: "differential or average") {
                    Spike.Method(rawValue: $0)
                }
                return limits.map { Spike($0, method ?? .differential) }
            }
        }
        if reader.isSet(.rateOfChange, &rateOfChange) {
            rateOfChange = reader.test(QualityKey.rateOfChange, RateOfChangeKey.self) { test, field in
                test.limits(RateOfChangeKey.suspect, RateOfChangeKey.fail, .rate, field)
            }
        }
        if reader.isSet(.flatLine, &flatLine) {
            flatLine = reader.test(QualityKey.flatLine, FlatLineKey.self) { test, field in
                let tolerance = test.amount(FlatLineKey.tolerance, .size, field)
                let usual = test.value(FlatLineKey.except, expected: "a number, such as 0 \(field.unit.symbol)") {
                    Amount($0).flatMap { amount in
                        (amount.unit ?? field.unit).dimension == field.quantity.unit.dimension
                            ? amount.value(in: field.quantity.unit, own: field.unit) : nil
                    }
                }
                let (suspect, fail) = (test.span(FlatLineKey.suspect), test.span(FlatLineKey.fail))
                if let suspect, let fail, suspect > fail { test.reportOrder() }
                if suspect == nil, fail == nil { test.reportNoLimit() }
                return suspect == nil && fail == nil
                    ? nil : FlatLine(suspect: suspect, fail: fail, tolerance: tolerance, usual: usual)
            }
        }
        if reader.isSet(.attenuatedSignal, &attenuatedSignal) {
            attenuatedSignal = reader.attenuatedSignal()
        }
        if reader.isSet(.gap, &gap) { gap = reader.yaml.span(QualityKey.gap) }
        if reader.isSet(.timeliness, &timeliness) { timeliness = reader.yaml.span(QualityKey.timeliness) }
        flagsDuplicates = reader.yaml.bool(QualityKey.duplicate) ?? flagsDuplicates
        reader.checkKind(self)
        problems += reader.yaml.finish()
    }
}

/// Reads the tests of one quantity.
private struct QualityReader {
    var yaml: YAMLReader
    let field: Profile.Field

    init(_ node: YAMLNode, _ field: Profile.Field) {
        yaml = YAMLReader(node, QualityKey.self)
        self.field = field
    }

    /// Returns whether a test is set here. If it says `none`, the profile's is turned off.
    mutating func isSet<T>(_ key: QualityKey, _ setting: inout T?) -> Bool {
        guard let node = yaml.node(key) else { return false }
        guard node.scalar?.string == QualityKey.off else { return true }
        setting = nil
        return false
    }

    mutating func test<Key: MappingKey, T>(
        _ key: QualityKey, _: Key.Type, _ read: (inout YAMLReader, Profile.Field) -> T?
    ) -> T? {
        guard let node = yaml.node(key) else { return nil }
        var test = YAMLReader(node, Key.self)
        let result = read(&test, field)
        yaml.problems += test.finish()
        return result
    }

    mutating func season(_ node: YAMLNode) -> QualitySettings.Climatology.Season? {
        var season = YAMLReader(node, SeasonKey.self)
        defer { yaml.problems += season.finish() }
        let periods: [(SeasonKey, QualitySettings.Climatology.Season.Period, ClosedRange<Int>)] = [
            (.months, .months, 1...12), (.days, .days, 1...366), (.weeks, .weeks, 1...53), (.hours, .hours, 0...23),
        ]
        let given = periods.compactMap { key, period, limits in
            season.value(
                key, expected: "one number, or a first and a last, from \(limits.lowerBound) to \(limits.upperBound)"
            ) { text -> (QualitySettings.Climatology.Season.Period, Int, Int)? in
                let ends = text.split(separator: "..", maxSplits: 1).map { Int($0.filter { $0 != " " }) }
                guard let first = ends.first ?? nil, let last = ends.last ?? nil, limits.contains(first),
                    limits.contains(last)
                else { return nil }
                return (period, first, last)
            }
        }
        let expected = PlausibleRange.read(
            &season, key: SeasonKey.expected.rawValue, unit: field.unit, quantity: field.quantity)
        let plausible = PlausibleRange.read(
            &season, key: SeasonKey.plausible.rawValue, unit: field.unit, quantity: field.quantity)
        if given.count != 1, season.problems.isEmpty {
            season.report("bad-season", "a season is given in one of 'months', 'days', 'weeks' and 'hours'")
        }
        if expected == nil, season.problems.isEmpty { season.reportMissing(SeasonKey.expected.rawValue) }
        check(expected, within: plausible, SeasonKey.expected, &season)
        guard let (period, first, last) = given.first, let expected else { return nil }
        return QualitySettings.Climatology.Season(period, first, last, expected: expected, plausible: plausible)
    }

    mutating func attenuatedSignal() -> QualitySettings.AttenuatedSignal? {
        test(QualityKey.attenuatedSignal, AttenuatedSignalKey.self) { test, field in
            let window = test.required(AttenuatedSignalKey.within).flatMap { _ in test.span(AttenuatedSignalKey.within)
            }
            let (suspect, fail) = (
                test.amount(AttenuatedSignalKey.suspect, .size, field),
                test.amount(AttenuatedSignalKey.fail, .size, field)
            )
            // The weaker the signal, the worse.
            if let suspect, let fail, suspect < fail { test.reportOrder() }
            if suspect == nil, fail == nil { test.reportNoLimit() }
            let measure = test.value(AttenuatedSignalKey.measure, expected: "range or deviation") {
                QualitySettings.AttenuatedSignal.Measure(rawValue: $0)
            }
            let readings = test.int(AttenuatedSignalKey.readings, in: 2...QualitySettings.readingsMax)
            guard let window, suspect != nil || fail != nil else { return nil }
            return QualitySettings.AttenuatedSignal(
                window: window, limits: .init(suspect: suspect, fail: fail), measure: measure ?? .range,
                readingsMin: readings ?? 0)
        }
    }

    mutating func check(_ expected: ClosedRange<Double>?, within plausible: ClosedRange<Double>?, _ key: QualityKey) {
        check(expected, within: plausible, key, &yaml)
    }

    func check(
        _ expected: ClosedRange<Double>?, within plausible: ClosedRange<Double>?, _ key: some RawRepresentable<String>,
        _ reader: inout YAMLReader
    ) {
        guard let expected, let plausible,
            expected.lowerBound < plausible.lowerBound || expected.upperBound > plausible.upperBound
        else { return }
        reader.report(
            "bad-range", "'\(key.rawValue)' must lie within the plausible range, where readings do not fail",
            at: reader.node(key)?.location)
    }

    /// Reports tests of changes for a counter, which rises by its nature.
    mutating func checkKind(_ settings: QualitySettings) {
        if field.quantity.name == "wind_direction" {
            for (key, isGiven) in [
                (QualityKey.spike, settings.spike != nil), (.rateOfChange, settings.rateOfChange != nil),
                (.attenuatedSignal, settings.attenuatedSignal != nil),
            ] where isGiven {
                yaml.report(
                    "quality-of-direction", "'\(key.rawValue)' cannot test a direction, since 359 deg is beside 0 deg",
                    at: yaml.node(key)?.location)
            }
        }
        guard field.kind == .counter else { return }
        let given: [(QualityKey, Bool)] = [
            (.climatology, settings.climatology != nil), (.spike, settings.spike != nil),
            (.rateOfChange, settings.rateOfChange != nil), (.flatLine, settings.flatLine != nil),
            (.attenuatedSignal, settings.attenuatedSignal != nil),
        ]
        for (key, isGiven) in given where isGiven {
            yaml.report(
                "quality-of-counter",
                """
                '\(key.rawValue)' is a test of states, and '\(field.quantity.name)' is a counter, which rises or stays
                """,
                at: yaml.node(key)?.location, hint: "counter: { max_rate: … } finds a counter that rises too fast")
        }
    }
}

/// What a limit measures.
enum LimitForm {
    /// A difference of two values.
    case size
    /// A difference for each second.
    case rate
}

extension YAMLReader {
    /// Reads a number above 0 in a unit of the quantity, or without a unit in the payload's own.
    mutating func amount(_ key: some RawRepresentable<String>, _ form: LimitForm, _ field: Profile.Field)
        -> Double?
    {
        let (own, canonical) = (field.unit, field.quantity.unit)
        switch form {
        case .size:
            return value(key, expected: "a number above 0, such as 0.2 \(own.symbol)") { text in
                guard let amount = Amount(text), amount.number > 0, amount.mayBe(of: canonical.dimension) else {
                    return nil
                }
                return amount.size(in: canonical, own: own)
            }
        case .rate:
            let dimension = canonical.dimension / .time
            let symbol = own.symbol.isEmpty ? "1" : own.symbol
            return value(key, expected: "a number above 0 with a unit of \(dimension.name), such as 0.5 \(symbol)/h") {
                text in
                guard let amount = Amount(text), amount.number > 0, let unit = amount.unit,
                    unit.dimension == dimension
                else { return nil }
                return amount.number * unit.scale / canonical.scale
            }
        }
    }

    /// Reads the limits of a test, of which at least one must be there.
    /// - Parameter standard: the limit for `suspect` if there is none.
    mutating func limits<Key: MappingKey>(
        _ suspect: Key, _ fail: Key, _ form: LimitForm, _ field: Profile.Field, standard: Double? = nil
    ) -> QualitySettings.Limits? {
        let limits = QualitySettings.Limits(
            suspect: amount(suspect, form, field) ?? standard, fail: amount(fail, form, field))
        if let suspect = limits.suspect, let fail = limits.fail, suspect > fail { reportOrder() }
        if limits == QualitySettings.Limits() { reportNoLimit() }
        return limits == QualitySettings.Limits() ? nil : limits
    }

    fileprivate mutating func reportOrder() {
        report("bad-value", "'suspect' must be the milder limit: a reading is suspect before it fails")
    }

    fileprivate mutating func reportNoLimit() {
        if problems.isEmpty { report("missing-key", "a test needs 'suspect', 'fail' or both") }
    }
}
