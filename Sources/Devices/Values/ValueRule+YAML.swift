internal import Diagnostics
internal import Telemetry

extension ValueRule {
    /// Reads the keys of a reading that say how its value becomes a number.
    static func read(_ reader: inout YAMLReader, textByDefault: Bool) -> ValueRule {
        var rule = ValueRule()
        rule.errors = reader.items(ValueKey.errors).compactMap { node in
            if let scalar = node.scalar { return Word(scalar.string) }
            reader.report("bad-errors", "'errors' is a list of values: [85, -127, unavailable]", at: node.location)
            return nil
        }
        rule.valid = reader.expression(ValueKey.valid)
        rule.words = reader.strings(ValueKey.words).compactMap { word, number in
            if let number = Double(number.string), number.isFinite { return (Word(word.string), number) }
            reader.report(
                "bad-word", "the word '\(word.string)' must stand for a number; got '\(number.string)'",
                at: number.location)
            return nil
        }
        if let number = reader.int(ValueKey.part, in: 1...1000) {
            let mark = reader.string(ValueKey.separator) ?? ";"
            if mark.utf8.count == 1, let byte = mark.utf8.first {
                rule.part = (byte, number - 1)
            } else {
                reader.report(
                    "bad-value", "'separator' must be one character", at: reader.node(ValueKey.separator)?.location)
            }
        }
        rule.decimal = reader.value(ValueKey.decimal, expected: "point or comma") { Decimal(rawValue: $0) }
        if rule.decimal == nil, textByDefault || rule.part != nil { rule.decimal = .point }
        rule.scale = reader.double(ValueKey.scale) ?? 1
        if rule.scale == 0 {
            reader.report("bad-value", "'scale' must not be 0", at: reader.scalar(ValueKey.scale)?.location)
        }
        rule.offset = reader.double(ValueKey.offset) ?? 0
        rule.expression = reader.expression(ValueKey.value)
        rule.table = reader.table()
        return rule
    }
}

extension YAMLReader {
    mutating func expression(_ key: some RawRepresentable<String>) -> ValueRule.Condition? {
        guard let text = scalar(key) else { return nil }
        do {
            return ValueRule.Condition(try ValueExpression(text.string))
        } catch {
            report("bad-expression", error.message, at: text.location(error.range), hint: error.hint)
            return nil
        }
    }

    /// Reads `table: [[0, 0], [1.2, 3.4]]`, or `table: { points: [[0, 0], [1.2, 3.4]], outside: ends }`.
    fileprivate mutating func table() -> LookupTable? {
        guard let node = node(ValueKey.table) else { return nil }
        var points = [YAMLNode]()
        var outside = LookupTable.Outside.nothing
        if case .mapping = node.content {
            var reader = YAMLReader(node, TableKey.self)
            points = reader.items(TableKey.points)
            outside =
                reader.value(TableKey.outside, expected: "nothing, ends or line") { LookupTable.Outside(rawValue: $0) }
                ?? .nothing
            problems += reader.finish()
        } else {
            points = items(ValueKey.table)
        }
        let pairs = points.compactMap { point -> (Double, Double)? in
            guard case .sequence(let numbers) = point.content, numbers.count == 2,
                let input = numbers[0].scalar.flatMap({ Double($0.string) }),
                let output = numbers[1].scalar.flatMap({ Double($0.string) }), input.isFinite, output.isFinite
            else {
                report("bad-table", "a point of a table is two numbers: [1.2, 3.4]", at: point.location)
                return nil
            }
            return (input, output)
        }
        guard pairs.count == points.count else { return nil }
        if let table = LookupTable(pairs, outside: outside) { return table }
        report(
            "bad-table", "a table has at least two points, and the first number rises from point to point",
            at: node.location)
        return nil
    }
}
