internal import Diagnostics
internal import Telemetry

extension ProfileVector {
    /// Reads the `vectors` of a profile.
    static func readAll(_ reader: inout YAMLReader, _ fields: [Profile.Field]) -> [ProfileVector] {
        reader.items(ProfileKey.vectors).enumerated().compactMap { index, node in
            var vector = YAMLReader(node, VectorKey.self)
            defer { reader.problems += vector.finish() }
            return read(&vector, number: index + 1, fields)
        }
    }

    private static func read(_ reader: inout YAMLReader, number: Int, _ fields: [Profile.Field]) -> ProfileVector? {
        let name = reader.string(VectorKey.what) ?? "number \(number)"
        let topic = reader.string(VectorKey.topic)
        let key = reader.string(VectorKey.key)
        let arrival = reader.instant(.arrival)
        let time = reader.instant(.time)
        let hasProblem = reader.bool(VectorKey.problem) ?? false
        let payload = readPayload(&reader)
        let before = reader.items(VectorKey.before).compactMap { node -> Earlier? in
            var earlier = YAMLReader(node, EarlierMessageKey.self)
            defer { reader.problems += earlier.finish() }
            let topic = earlier.string(EarlierMessageKey.topic)
            return readPayload(&earlier).map { Earlier(topic: topic, payload: $0) }
        }
        let gives = readExpected(&reader, fields)
        guard let payload, let gives else { return nil }
        return ProfileVector(
            name: name, topic: topic, key: key, payload: payload, before: before,
            arrival: arrival ?? time ?? Self.arrival,
            gives: gives,
            time: time, hasProblem: hasProblem, location: reader.node.location)
    }

    /// 2026-01-01T00:00:00Z: the arrival if a vector names none.
    private static var arrival: Instant { Instant(nanoseconds: 1_767_225_600_000_000_000) }

    private static func readPayload(_ reader: inout YAMLReader) -> Payload? {
        let port = reader.int(PayloadKey.port, in: 0...255)
        if let text = reader.scalar(PayloadKey.payload) { return .whole(Array(text.string.utf8)) }
        for (key, encoding) in [(PayloadKey.hex, BinaryLayout.Encoding.hex), (.base64, .base64)] {
            guard let text = reader.scalar(key) else { continue }
            var bytes: [UInt8] = []
            let isRead = Array(text.string.utf8).withUnsafeBytes {
                PayloadEncoding.decode($0, encoding, into: &bytes)
            }
            if isRead { return .inside(bytes, port: port ?? 1) }
            reader.report("bad-payload", "'\(encoding.rawValue)' is not \(encoding.rawValue)", at: text.location)
            return nil
        }
        reader.report("no-payload", "a vector has a 'payload' as text, or its bytes as 'hex' or 'base64'")
        return nil
    }

    /// Reads `gives: nothing`, or `gives: { temperature: 27.2 degC, rain: [0.2, 0.4] }`.
    private static func readExpected(_ reader: inout YAMLReader, _ fields: [Profile.Field]) -> [Expected]? {
        guard let node = reader.node(VectorKey.gives) else {
            reader.report("no-gives", "'gives' is missing: the readings of the payload, or nothing")
            return nil
        }
        if let scalar = node.scalar {
            if scalar.string == "nothing" { return [] }
            reader.report(
                "bad-gives", "'gives' is a mapping of quantities to values, or nothing", at: scalar.location)
            return nil
        }
        var values = YAMLReader(node, "the readings of a vector")
        defer { reader.problems += values.finish() }
        return values.keys.compactMap { key -> Expected? in
            let items = values.items(key.string)
            guard let field = fields.first(where: { $0.quantity.name == key.string }) else {
                values.report(
                    "unknown-quantity", "this profile has no reading of '\(key.string)'", at: key.location,
                    hint: NearMiss.hint(for: key.string, among: fields.map(\.quantity.name)))
                return nil
            }
            let numbers = items.compactMap { item -> Double? in
                if let number = item.scalar.flatMap({ value($0.string, field) }) { return number }
                values.report(
                    "bad-value",
                    "'\(key.string)' must be a number, or a number and a unit of \(field.quantity.unit.dimension.name)",
                    at: item.location)
                return nil
            }
            return numbers.count == items.count
                ? Expected(quantity: field.quantity, unit: field.unit, values: numbers) : nil
        }
    }

    /// Returns a value in the canonical unit of a field.
    private static func value(_ text: String, _ field: Profile.Field) -> Double? {
        let words = text.split(separator: " ", maxSplits: 1)
        guard let number = words.first.flatMap({ Double($0) }) else { return nil }
        let unit = words.count == 2 ? Unit(symbol: words[1]) : field.unit
        guard let unit, unit.dimension == field.quantity.unit.dimension else { return nil }
        let (factor, summand) = unit.conversion(to: field.quantity.unit)
        return number * factor + summand
    }
}

extension YAMLReader {
    fileprivate mutating func instant(_ key: VectorKey) -> Instant? {
        value(key, expected: "a time such as 2026-06-03T22:05:00Z") { Instant(rfc3339: $0.utf8) }
    }
}
