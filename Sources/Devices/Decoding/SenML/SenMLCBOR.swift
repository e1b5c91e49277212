internal import CCBOR

/// Rewrites SenML CBOR (RFC 8428, section 6) as SenML JSON.
///
/// Labels that are numbers become their names; everything else stays what it is. Tags have no effect, but for decimal
/// fractions (tag 4), which are numbers. Bytes, which a data value may be, become hexadecimal digits. Allocates nothing
/// in the steady state.
struct SenMLCBOR {
    /// An array or a map that is being read.
    private struct Frame {
        var isMap: Bool
        /// The number of items, or of labels and values together, that are still to come; `nil` until a break.
        var left: UInt64?
        /// Set if a label comes next.
        var isLabelNext: Bool
    }

    private var frames: [Frame] = []
    /// Text that comes in pieces.
    private var pieces: [UInt8] = []
    /// The most containers in one another.
    private static let depthMax = 32

    /// Labels from -6 to 8 (RFC 8428, table 4).
    private static let labels = ["bs", "bv", "bu", "bt", "bn", "bver", "n", "u", "v", "vs", "vb", "s", "t", "ut", "vd"]
        .map { Array($0.utf8) }
    private static let decimalFraction: UInt64 = 4

    /// - Returns: why the payload cannot be read; `nil` if it can.
    mutating func rewrite(_ payload: UnsafeRawBufferPointer, to writer: inout JSONWriter) -> String? {
        frames.removeAll(keepingCapacity: true)
        var at = 0
        var item = tocsin_cbor_item()
        repeat {
            guard next(payload, &at, &item) else { return "it ends in the middle, or is not CBOR" }
            if let fault = take(item, payload, &at, to: &writer) { return fault }
            // A tag is only in front of something.
        } while (!frames.isEmpty || item.kind == TOCSIN_CBOR_TAG && writer.bytes.isEmpty) && !writer.isTooLong
        return at < payload.count && !writer.isTooLong ? "there are more bytes after its end" : nil
    }

    private func next(_ payload: UnsafeRawBufferPointer, _ at: inout Int, _ item: inout tocsin_cbor_item) -> Bool {
        guard at < payload.count, let base = payload.baseAddress else { return false }
        guard tocsin_cbor_next(base.assumingMemoryBound(to: UInt8.self) + at, payload.count - at, &item) else {
            return false
        }
        at += item.taken
        return true
    }

    private mutating func take(
        _ item: tocsin_cbor_item, _ payload: UnsafeRawBufferPointer, _ at: inout Int, to writer: inout JSONWriter
    ) -> String? {
        if item.kind == TOCSIN_CBOR_TAG {
            return item.integer == Self.decimalFraction ? takeDecimal(payload, &at, to: &writer) : nil
        }
        if item.kind == TOCSIN_CBOR_BREAK { return takeBreak(to: &writer) }
        if frames.last?.isLabelNext == true { return takeLabel(item, to: &writer) }
        switch item.kind {
        case TOCSIN_CBOR_ARRAY, TOCSIN_CBOR_OPEN_ARRAY, TOCSIN_CBOR_MAP, TOCSIN_CBOR_OPEN_MAP:
            return open(item, to: &writer)
        case TOCSIN_CBOR_UNSIGNED: writer.integer(item.integer)
        case TOCSIN_CBOR_NEGATIVE: writeNegative(item.integer, to: &writer)
        case TOCSIN_CBOR_FLOAT:
            if item.number.isFinite { writer.number(item.number) } else { writer.text("\(item.number)".utf8) }
        case TOCSIN_CBOR_BOOLEAN: writer.boolean(item.integer != 0)
        case TOCSIN_CBOR_TEXT: writer.text(UnsafeBufferPointer(start: item.bytes, count: item.count))
        case TOCSIN_CBOR_BYTES: writer.hex(UnsafeBufferPointer(start: item.bytes, count: item.count))
        case TOCSIN_CBOR_OPEN_TEXT, TOCSIN_CBOR_OPEN_BYTES:
            guard takePieces(payload, &at) else { return "a text in pieces has no end" }
            if item.kind == TOCSIN_CBOR_OPEN_TEXT { writer.text(pieces) } else { writer.hex(pieces) }
        default: writer.null()
        }
        endItem(to: &writer)
        return nil
    }

    private mutating func open(_ item: tocsin_cbor_item, to writer: inout JSONWriter) -> String? {
        guard frames.count < Self.depthMax else { return "it is nested more than \(Self.depthMax) times" }
        let isMap = item.kind == TOCSIN_CBOR_MAP || item.kind == TOCSIN_CBOR_OPEN_MAP
        let isOpen = item.kind == TOCSIN_CBOR_OPEN_ARRAY || item.kind == TOCSIN_CBOR_OPEN_MAP
        // No payload has as many items as this.
        guard isOpen || item.integer < UInt64(Int32.max) else { return "an array or a map is too long" }
        writer.open(isMap ? "{" : "[")
        frames.append(
            Frame(isMap: isMap, left: isOpen ? nil : item.integer * (isMap ? 2 : 1), isLabelNext: isMap))
        closeIfDone(to: &writer)
        return nil
    }

    private mutating func takeBreak(to writer: inout JSONWriter) -> String? {
        guard let frame = frames.last, frame.left == nil, !frame.isMap || frame.isLabelNext else {
            return "an end comes where nothing ends"
        }
        close(to: &writer)
        return nil
    }

    private mutating func takeLabel(_ item: tocsin_cbor_item, to writer: inout JSONWriter) -> String? {
        switch item.kind {
        case TOCSIN_CBOR_UNSIGNED, TOCSIN_CBOR_NEGATIVE:
            let isNegative = item.kind == TOCSIN_CBOR_NEGATIVE
            let label = isNegative ? -1 - Int64(clamping: item.integer) : Int64(clamping: item.integer)
            if (-6...8).contains(label) {
                writer.name(Self.labels[Int(label + 6)])
            } else {
                writer.name("label \(label)".utf8)
            }
        case TOCSIN_CBOR_TEXT:
            let text = UnsafeBufferPointer(start: item.bytes, count: item.count)
            // As some libraries write it. Read as names, all records would be without any.
            let digits = text.drop { $0 == UInt8(ascii: "-") }
            if !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
                return "its labels are texts of digits, and must be numbers (RFC 8428, section 6)"
            }
            writer.name(text)
        default: return "a label is neither a number nor a text"
        }
        frames[frames.count - 1].isLabelNext = false
        frames[frames.count - 1].left? -= 1
        return nil
    }

    /// Counts an item that is complete, and closes what it completes.
    private mutating func endItem(to writer: inout JSONWriter) {
        guard let last = frames.indices.last else { return }
        frames[last].left? -= 1
        frames[last].isLabelNext = frames[last].isMap
        closeIfDone(to: &writer)
    }

    private mutating func closeIfDone(to writer: inout JSONWriter) {
        if let frame = frames.last, frame.left == 0 { close(to: &writer) }
    }

    private mutating func close(to writer: inout JSONWriter) {
        let frame = frames.removeLast()
        writer.close(frame.isMap ? "}" : "]")
        endItem(to: &writer)
    }

    /// Reads `[exponent, mantissa]`: mantissa · 10^exponent (RFC 8949, section 3.4.4).
    private mutating func takeDecimal(
        _ payload: UnsafeRawBufferPointer, _ at: inout Int, to writer: inout JSONWriter
    ) -> String? {
        let fault = "a decimal fraction is not two whole numbers"
        guard frames.last?.isLabelNext != true else { return "a label is neither a number nor a text" }
        var item = tocsin_cbor_item()
        guard next(payload, &at, &item), item.kind == TOCSIN_CBOR_ARRAY, item.integer == 2,
            let exponent = integer(payload, &at), let mantissa = integer(payload, &at), (-400...400).contains(exponent)
        else { return fault }
        // By way of the text, since 120 · 10^-1 as a product is not 12.
        let number = Double("\(mantissa)e\(exponent)") ?? .nan
        if number.isFinite { writer.number(number) } else { writer.text("\(mantissa)e\(exponent)".utf8) }
        endItem(to: &writer)
        return nil
    }

    private func integer(_ payload: UnsafeRawBufferPointer, _ at: inout Int) -> Int64? {
        var item = tocsin_cbor_item()
        guard next(payload, &at, &item), let number = Int64(exactly: item.integer) else { return nil }
        switch item.kind {
        case TOCSIN_CBOR_UNSIGNED: return number
        case TOCSIN_CBOR_NEGATIVE: return -1 - number
        default: return nil
        }
    }

    private func writeNegative(_ integer: UInt64, to writer: inout JSONWriter) {
        if let number = Int64(exactly: integer) {
            writer.integer(-1 - number)
        } else {
            writer.number(-1 - Double(integer))
        }
    }

    /// Joins the pieces of a text or of bytes, up to their break.
    private mutating func takePieces(_ payload: UnsafeRawBufferPointer, _ at: inout Int) -> Bool {
        pieces.removeAll(keepingCapacity: true)
        var item = tocsin_cbor_item()
        while next(payload, &at, &item) {
            switch item.kind {
            case TOCSIN_CBOR_BREAK: return true
            case TOCSIN_CBOR_TEXT, TOCSIN_CBOR_BYTES:
                pieces.append(contentsOf: UnsafeBufferPointer(start: item.bytes, count: item.count))
            default: return false
            }
        }
        return false
    }
}
