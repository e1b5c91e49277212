internal import Telemetry

/// Rewrites binary payloads as JSON objects, by a ``BinaryLayout``. Allocates nothing in the steady state.
struct BinaryReader {
    private var slots: [Double] = []
    /// A field that came again behind another tag. A member of a JSON object can be read once only.
    private var doubled: [UInt8]?
    private var isRepeating = false

    /// Why a payload, or the rest of one, could not be read.
    private enum End: Error {
        case tooShort(name: [UInt8], position: Int)
        case otherTag(UInt64, position: Int)
        case otherValue(name: [UInt8], Double, only: [Double])
        case noCount(name: [UInt8])
        case tooLong
    }

    /// The fields so far that a calculation names.
    private struct Fields: NamedValues {
        let slots: [Double]
        let places: [Int]

        func number(_ index: Int) -> Double { slots[places[index]] }
        func isKnown(_ index: Int) -> Bool { !number(index).isNaN }
        func isText(_ index: Int, _ text: ValueRule.Word) -> Bool { false }
    }

    private struct State {
        let bytes: UnsafeRawBufferPointer
        var position = 0
    }

    /// Writes the fields that can be read.
    /// - Returns: what could not be read, if anything. If `isOther` is set, the payload is not of this layout at all,
    ///   so nothing of it counts.
    mutating func read(_ bytes: UnsafeRawBufferPointer, _ layout: BinaryLayout, into json: inout JSONWriter) -> (
        problem: String?, isOther: Bool
    ) {
        guard layout.lengths.isEmpty || layout.lengths.contains(bytes.count) else {
            let wanted = layout.lengths.map { "\($0)" }.joined(separator: " or ")
            return ("it has \(bytes.count) bytes, and not \(wanted)", true)
        }
        var bytes = bytes
        if let checksum = layout.checksum {
            guard checksum.isRight(bytes) == true else {
                return ("its checksum (\(checksum.kind.rawValue)) is wrong", true)
            }
            // A checksum at the end is not a field.
            if checksum.position == -checksum.kind.byteCount {
                bytes = UnsafeRawBufferPointer(rebasing: bytes.dropLast(checksum.kind.byteCount))
            }
        }
        if slots.count < layout.slotCount { slots = Array(repeating: .nan, count: layout.slotCount) }
        for slot in 0..<layout.slotCount { slots[slot] = .nan }
        (doubled, isRepeating) = (nil, false)
        var state = State(bytes: bytes)
        json.open("{")
        defer { json.close("}") }
        do throws(End) {
            try read(layout.nodes, &state, &json, isPlain: false)
        } catch {
            return describe(error, bytes.count)
        }
        return (
            doubled.map { "the field '\(String(decoding: $0, as: UTF8.self))' comes twice, and only once is read" },
            false
        )
    }

    private func describe(_ end: End, _ count: Int) -> (problem: String?, isOther: Bool) {
        switch end {
        case .tooShort(let name, let position):
            let field = name.isEmpty ? "a field" : "the field '\(String(decoding: name, as: UTF8.self))'"
            return ("it ends within \(field) at byte \(position): it has \(count) bytes", false)
        case .otherTag(let tag, let position):
            let text = "0x" + String(tag, radix: 16)
            return ("the profile does not know the tag \(text) at byte \(position), so the rest cannot be read", false)
        case .otherValue(let name, let value, let only):
            let wanted = only.map { NumberText.short($0) }.joined(separator: " or ")
            let field = name.isEmpty ? "a field" : "'\(String(decoding: name, as: UTF8.self))'"
            return ("\(field) is \(NumberText.short(value)), and not \(wanted)", true)
        case .noCount(let name):
            return ("the number of '\(String(decoding: name, as: UTF8.self))' is not a whole number", false)
        case .tooLong: return ("it repeats too many fields", true)
        }
    }

    private mutating func read(
        _ nodes: [BinaryLayout.Node], _ state: inout State, _ json: inout JSONWriter, isPlain: Bool
    ) throws(End) {
        for node in nodes {
            if json.isTooLong { throw .tooLong }
            switch node {
            case .number(let field): try read(field, &state, &json, isPlain: isPlain)
            case .hex(let name, let count):
                let data = try take(count, name, &state)
                json.name(name)
                json.hex(data)
            case .text(let name, let count):
                let data = try take(count, name, &state)
                json.name(name)
                json.text(data.prefix { $0 != 0 && $0 < 0x80 })
            case .skip(let count): _ = try take(count, [], &state)
            case .seek(let position):
                let target = position < 0 ? state.bytes.count + position : position
                guard (0...state.bytes.count).contains(target) else { throw .tooShort(name: [], position: target) }
                state.position = target
            case .group(let condition, let fields):
                let truth = condition.expression.evaluate(0, Fields(slots: slots, places: condition.slots))
                if truth != 0, !truth.isNaN { try read(fields, &state, &json, isPlain: false) }
            case .repeated(let name, let count, let isPlain, let fields):
                try readRepeated(name, count, isPlain, fields, &state, &json)
            case .choice(let choice): try readChoices(choice, &state, &json)
            }
        }
    }

    private mutating func read(
        _ field: BinaryLayout.Number, _ state: inout State, _ json: inout JSONWriter, isPlain: Bool
    ) throws(End) {
        guard state.bytes.count - state.position >= field.type.byteCount else {
            throw .tooShort(name: field.name, position: state.position)
        }
        let value = field.type.read(state.bytes, at: state.position)
        state.position += field.type.byteCount
        guard field.only.isEmpty || field.only.contains(value.double) else {
            throw .otherValue(name: field.name, value.double, only: field.only)
        }
        if !isRepeating, field.slot > 0, !slots[field.slot].isNaN, doubled == nil { doubled = field.name }
        slots[field.slot] = value.double
        if isPlain || !field.name.isEmpty {
            if !isPlain { json.name(field.name) }
            switch value {
            case .integer(let number): json.integer(number)
            case .unsigned(let number): json.integer(number)
            case .float(let number): json.number(number)
            }
        }
        for bits in field.bits {
            guard case .unsigned(let raw) = value else { continue }
            let width = bits.range.upperBound - bits.range.lowerBound + 1
            let part = raw >> UInt64(bits.range.lowerBound) & (width == 64 ? .max : 1 << UInt64(width) - 1)
            json.name(bits.name)
            if bits.isSigned {
                let number = NumberType.signed(part, bits: width)
                slots[bits.slot] = Double(number)
                json.integer(number)
            } else {
                slots[bits.slot] = Double(part)
                json.integer(part)
            }
        }
    }

    private mutating func readRepeated(
        _ name: [UInt8], _ count: BinaryLayout.Count, _ isPlain: Bool, _ fields: [BinaryLayout.Node],
        _ state: inout State, _ json: inout JSONWriter
    ) throws(End) {
        json.name(name)
        json.open("[")
        defer { json.close("]") }
        var left =
            switch count {
            case .fixed(let count): count
            case .slot(let slot): Int(exactly: slots[slot]) ?? -1
            case .rest: Int.max
            }
        guard left >= 0 else { throw .noCount(name: name) }
        let isToEnd = left == Int.max
        let wasRepeating = isRepeating
        isRepeating = true
        defer { isRepeating = wasRepeating }
        while left > 0, !(isToEnd && state.position >= state.bytes.count) {
            if json.isTooLong { throw .tooLong }
            let start = state.position
            if isPlain {
                try read(fields, &state, &json, isPlain: true)
            } else {
                json.open("{")
                defer { json.close("}") }
                try read(fields, &state, &json, isPlain: false)
            }
            // A group without bytes would repeat for ever.
            if isToEnd, state.position <= start { return }
            left -= 1
        }
    }

    private mutating func readChoices(
        _ choice: BinaryLayout.Choice, _ state: inout State, _ json: inout JSONWriter
    ) throws(End) {
        repeat {
            if json.isTooLong { throw .tooLong }
            let start = state.position
            guard state.bytes.count - start >= choice.tag.byteCount else {
                throw .tooShort(name: Array("tag".utf8), position: start)
            }
            guard case .unsigned(let tag) = choice.tag.read(state.bytes, at: start) else { return }
            state.position += choice.tag.byteCount
            if let fields = choice.cases[tag] {
                try read(fields, &state, &json, isPlain: false)
            } else if let skipped = choice.otherwise {
                _ = try take(skipped, [], &state)
            } else {
                throw .otherTag(tag, position: start)
            }
            // A case may seek back; a payload may not be read for ever.
            if state.position <= start { return }
        } while choice.isRepeated && state.position < state.bytes.count
    }

    private func take(_ count: Int, _ name: [UInt8], _ state: inout State) throws(End) -> Slice<UnsafeRawBufferPointer>
    {
        let left = state.bytes.count - state.position
        let count = count == BinaryLayout.rest ? left : count
        guard left >= count else { throw .tooShort(name: name, position: state.position) }
        defer { state.position += count }
        return state.bytes[state.position..<state.position + count]
    }
}
