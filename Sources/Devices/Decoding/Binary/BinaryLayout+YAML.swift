internal import Diagnostics

extension BinaryLayout {
    /// Reads the keys `fields`, `endian`, `length` and `encoding` of a message.
    static func read(_ reader: inout YAMLReader) -> BinaryLayout? {
        let isLittleEndian =
            reader.value(BinaryKey.endian, expected: "big or little") { ["big": false, "little": true][$0] } ?? false
        let encoding =
            reader.value(BinaryKey.encoding, expected: "raw, hex or base64") { Encoding(rawValue: $0) } ?? .raw
        let lengths = reader.items(BinaryKey.length).compactMap { node -> Int? in
            if let length = node.scalar.flatMap({ Int($0.string) }), length >= 0 { return length }
            reader.report("bad-value", "'length' must be a number of bytes, or a list of them", at: node.location)
            return nil
        }
        let checksum = Checksum.read(&reader)
        var builder = BinaryLayoutBuilder(isLittleEndian: isLittleEndian)
        let nodes = builder.nodes(reader.items(BinaryKey.fields))
        if nodes.isEmpty, builder.problems.isEmpty {
            reader.report("no-fields", "a binary payload needs 'fields': what its bytes mean, in their order")
        }
        reader.problems += builder.problems
        return BinaryLayout(
            nodes: nodes, slotCount: builder.slotCount, lengths: lengths, encoding: encoding,
            checksum: checksum)
    }
}

extension Checksum {
    /// Reads `checksum: crc16_modbus`, which is at the end, or `checksum: { kind: sum8, at: 12 }`.
    fileprivate static func read(_ reader: inout YAMLReader) -> Checksum? {
        guard let node = reader.node(BinaryKey.checksum) else { return nil }
        let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
        if node.scalar != nil {
            let kind = reader.value(BinaryKey.checksum, expected: "one of \(kinds)") { Kind(rawValue: $0) }
            return kind.map { Checksum(kind: $0, position: -$0.byteCount) }
        }
        var own = YAMLReader(node, ChecksumKey.self)
        defer { reader.problems += own.finish() }
        let kind = own.value(ChecksumKey.kind, expected: "one of \(kinds)") { Kind(rawValue: $0) }
        let position = own.value(ChecksumKey.at, expected: "the position of a byte: 4, or -2 from the end") { Int($0) }
        if kind == nil, own.problems.isEmpty { own.reportMissing(ChecksumKey.kind.rawValue, "one of \(kinds)") }
        return kind.map { Checksum(kind: $0, position: position ?? -$0.byteCount) }
    }
}

/// Turns the `fields` of a profile into a ``BinaryLayout``.
private struct BinaryLayoutBuilder {
    let isLittleEndian: Bool
    var problems: [Diagnostic] = []
    /// The slot of each name that came so far.
    private var slots: [String: Int] = [:]
    /// Slot 0 is for fields without a name.
    private(set) var slotCount = 1
    /// The brackets around the fields that are being read.
    private var depth = 0

    init(isLittleEndian: Bool) { self.isLittleEndian = isLittleEndian }

    mutating func nodes(_ nodes: [YAMLNode]) -> [BinaryLayout.Node] {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 8 else {
            if let first = nodes.first {
                problems.append(
                    Diagnostic(id: "deep-fields", "fields are nested more than 8 deep here", at: first.location))
            }
            return []
        }
        return nodes.flatMap { self.node($0) }
    }

    private mutating func node(_ node: YAMLNode) -> [BinaryLayout.Node] {
        var reader = YAMLReader(node, FieldKey.self)
        defer { problems += reader.finish() }
        var result: [BinaryLayout.Node] = []
        let position = reader.value(FieldKey.at, expected: "the position of a byte: 4, or -2 from the end") { Int($0) }
        if let position { result.append(.seek(position)) }
        let skipped = reader.value(FieldKey.skip, expected: "a number of bytes, or rest") { Self.skipped($0) }
        if let skipped { return result + [.skip(skipped)] }
        if reader.node(FieldKey.choose) != nil { return result + choice(&reader) }
        if reader.node(FieldKey.repetition) != nil { return result + repeated(&reader) }
        if reader.node(FieldKey.when) != nil { return group(&reader, at: result) }
        return result + field(&reader)
    }

    private mutating func field(_ reader: inout YAMLReader) -> [BinaryLayout.Node] {
        let name = reader.string(FieldKey.name) ?? ""
        guard let text = reader.required(FieldKey.type) else { return [] }
        for (prefix, isHex) in [("hex", true), ("text", false)] where text.string.hasPrefix(prefix + " ") {
            if let count = Int(text.string.dropFirst(prefix.count + 1)), (1...4096).contains(count), !name.isEmpty {
                return [isHex ? .hex(name: utf8(name), count: count) : .text(name: utf8(name), count: count)]
            }
        }
        guard let type = NumberType(text.string, isLittleEndian: isLittleEndian) else {
            reader.report(
                "unknown-type",
                "'\(text.string)' is not a type of number: these are u8, i16, u32le, f32 and the like",
                at: text.location, hint: NearMiss.hint(for: text.string, among: NumberType.names))
            return []
        }
        var number = BinaryLayout.Number(name: utf8(name), slot: slot(name), type: type)
        number.only = reader.items(FieldKey.only).compactMap { node in
            if let value = node.scalar.flatMap({ ValueRule.Word.number($0.string) }) { return value }
            reader.report("bad-value", "'only' must be a number, or a list of them", at: node.location)
            return nil
        }
        for (bitsName, range) in reader.strings(FieldKey.bits) {
            if let bits = bits(bitsName.string, range.string, type) {
                number.bits.append(bits)
            } else {
                reader.report(
                    "bad-bits",
                    "'\(range.string)' is no range of the bits of an unsigned number: 3, 0..13, or 0..11 signed",
                    at: range.location)
            }
        }
        return [.number(number)]
    }

    private mutating func bits(_ name: String, _ text: String, _ type: NumberType) -> BinaryLayout.Bits? {
        let words = text.split(separator: " ")
        guard let range = words.first, words.count == 1 || words.count == 2 && words[1] == "signed" else { return nil }
        let ends = range.split(separator: "..", maxSplits: 1).map { Int($0) }
        guard let low = ends.first ?? nil, let high = ends.last ?? nil, low >= 0, low <= high,
            high < type.byteCount * 8, type.kind == .unsigned
        else { return nil }
        return BinaryLayout.Bits(
            name: utf8(name), slot: slot(name), range: low...high, isSigned: words.count == 2)
    }

    /// - Parameter position: the move to the group's first byte, if it names one.
    private mutating func group(_ reader: inout YAMLReader, at position: [BinaryLayout.Node]) -> [BinaryLayout.Node] {
        let condition = condition(&reader, .when)
        let fields = nodes(reader.items(FieldKey.fields))
        if fields.isEmpty { reader.report("no-fields", "'when' needs 'fields' that are there if it is true") }
        return condition.map { [.group($0, position + fields)] } ?? []
    }

    /// Reads a calculation over the fields so far.
    private mutating func condition(_ reader: inout YAMLReader, _ key: FieldKey) -> BinaryLayout.ConditionOverSlots? {
        guard let text = reader.scalar(key), let read = reader.expression(key) else { return nil }
        var places: [Int] = []
        for name in read.expression.names {
            if let slot = slots[name] { places.append(slot); continue }
            reader.report(
                "unknown-field", "there is no field '\(name)' before this one", at: text.location,
                hint: NearMiss.hint(for: name, among: slots.keys))
        }
        guard places.count == read.expression.names.count else { return nil }
        return BinaryLayout.ConditionOverSlots(expression: read.expression, slots: places)
    }

    private mutating func repeated(_ reader: inout YAMLReader) -> [BinaryLayout.Node] {
        let name = reader.required(FieldKey.name)
        guard let text = reader.required(FieldKey.repetition) else { return [] }
        let count: BinaryLayout.Count
        if text.string == "rest" {
            count = .rest
        } else if let number = Int(text.string), (1...65_536).contains(number) {
            count = .fixed(number)
        } else if let slot = slots[text.string] {
            count = .slot(slot)
        } else {
            reader.report(
                "bad-repeat", "'repeat' is a number, the name of a field before, or rest", at: text.location,
                hint: NearMiss.hint(for: text.string, among: slots.keys))
            return []
        }
        let isPlain = reader.node(FieldKey.fields) == nil
        var fields: [BinaryLayout.Node] = []
        if isPlain {
            let type = reader.required(FieldKey.type)
            if let type, let read = NumberType(type.string, isLittleEndian: isLittleEndian) {
                fields = [.number(BinaryLayout.Number(name: [], slot: 0, type: read))]
            } else if let type {
                reader.report("unknown-type", "'\(type.string)' is not a type of number", at: type.location)
            }
        } else {
            fields = nodes(reader.items(FieldKey.fields))
        }
        return name.map { [.repeated(name: utf8($0.string), count, isPlain: isPlain, fields)] } ?? []
    }

    private mutating func choice(_ reader: inout YAMLReader) -> [BinaryLayout.Node] {
        let tag = reader.value(FieldKey.choose, expected: "the type of an unsigned number, such as u8 or u16") { text in
            NumberType(text, isLittleEndian: isLittleEndian).flatMap { $0.kind == .unsigned ? $0 : nil }
        }
        let isRepeated = reader.bool(FieldKey.repeated) ?? true
        let otherwise = reader.value(FieldKey.otherwise, expected: "skip N, where N is a number of bytes or rest") {
            text in
            text.hasPrefix("skip ") ? Self.skipped(String(text.dropFirst(5))) : nil
        }
        guard let node = reader.node(FieldKey.cases), case .mapping(let entries) = node.content else {
            reader.report("no-cases", "'choose' needs 'cases': the fields behind each tag")
            return []
        }
        var cases: [UInt64: [BinaryLayout.Node]] = [:]
        for (key, value) in entries {
            let digits = key.string.replacing(" ", with: "")
            guard let number = UInt64(digits.hasPrefix("0x") ? String(digits.dropFirst(2)) : digits, radix: 16) else {
                reader.report("bad-case", "a case is a tag in hexadecimal: 0x0175, or 01 75", at: key.location)
                continue
            }
            if let width = tag?.byteCount, width < 8, number >> UInt64(width * 8) != 0 {
                reader.report(
                    "bad-case", "a tag of \(width * 8) bits is never 0x\(String(number, radix: 16))", at: key.location)
            }
            if cases[number] != nil {
                reader.report(
                    "duplicate-case", "there is a case for 0x\(String(number, radix: 16)) already", at: key.location)
            }
            if case .sequence(let items) = value.content {
                cases[number] = nodes(items)
            } else {
                cases[number] = value.isNull ? [] : nodes([value])
            }
        }
        return tag.map { [.choice(.init(tag: $0, cases: cases, isRepeated: isRepeated, otherwise: otherwise))] } ?? []
    }

    private mutating func slot(_ name: String) -> Int {
        guard !name.isEmpty else { return 0 }
        if let slot = slots[name] { return slot }
        defer { slotCount += 1 }
        slots[name] = slotCount
        return slotCount
    }

    /// Reads a number of bytes to skip; ``BinaryLayout/rest`` for all that are left.
    private static func skipped(_ text: String) -> Int? {
        text == "rest" ? BinaryLayout.rest : Int(text).flatMap { (0...65_536).contains($0) ? $0 : nil }
    }

    private func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }
}
