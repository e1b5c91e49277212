/// Rewrites payloads of plain text as JSON. Every value becomes a text, which a ``ValueRule`` turns into a number.
enum TextFormats {
    /// Writes a single value.
    static func writeValue(_ payload: UnsafeRawBufferPointer, to json: inout JSONWriter) {
        let value = trimmed(payload[...])
        if value.isEmpty { json.null() } else { json.text(value) }
    }

    /// Writes `level=2.5 battery=3.6` as an object. A space, a comma, a semicolon, an ampersand or a line end separates
    /// the pairs, unless it is in quotes; a colon may stand for the equals sign.
    static func writeKeyValues(_ payload: UnsafeRawBufferPointer, to json: inout JSONWriter) {
        json.open("{")
        var rest = payload[...]
        while !json.isTooLong,
            let sign = rest.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") })
        {
            let separator = rest[sign]
            var key = trimmed(rest[..<sign])
            // Words before the key belong to nothing: a name of the device, a greeting.
            if let gap = key.lastIndex(where: isPairEnd) { key = key[(gap + 1)...] }
            rest = rest[(sign + 1)...]
            if rest.first == UInt8(ascii: " ") {
                let next = rest.drop { $0 == UInt8(ascii: " ") }
                // "level= bat=3.6": the level has no value.
                let word = next.prefix { !isPairEnd($0) }
                if separator == UInt8(ascii: "=") ? word.contains(separator) : word.last == separator { continue }
                rest = next
            }
            let value: Slice<UnsafeRawBufferPointer>
            if rest.first == UInt8(ascii: "\"") {
                rest = rest.dropFirst()
                let end = rest.firstIndex(of: UInt8(ascii: "\"")) ?? rest.endIndex
                value = rest[..<end]
                rest = rest[min(end + 1, rest.endIndex)...]
            } else {
                let end = rest.firstIndex(where: isPairEnd) ?? rest.endIndex
                value = rest[..<end]
                rest = rest[end...]
            }
            if !key.isEmpty, !value.isEmpty {
                json.name(key)
                json.text(value)
            }
        }
        json.close("}")
    }

    /// Writes lines of CSV (RFC 4180) as an array with an object for each line. A line of the columns' names, and a
    /// line that begins with `#`, are left out. A column without a name in the profile is left out, too.
    static func writeLines(_ payload: UnsafeRawBufferPointer, _ layout: CSVLayout, to json: inout JSONWriter) {
        json.open("[")
        var rest = payload[...]
        while !rest.isEmpty, !json.isTooLong {
            let end = rest.firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? rest.endIndex
            let line = rest[..<end]
            rest = rest[min(end + 1, rest.endIndex)...]
            if trimmed(line).isEmpty || trimmed(line).first == UInt8(ascii: "#") || isHeader(line, layout) { continue }
            writeLine(line, layout, to: &json)
        }
        json.close("]")
    }

    private static func writeLine(
        _ line: Slice<UnsafeRawBufferPointer>, _ layout: CSVLayout, to json: inout JSONWriter
    ) {
        json.open("{")
        var rest = line
        for column in layout.columns {
            let value = takeCell(&rest, layout.separator)
            if !value.isEmpty, !column.isEmpty {
                json.name(column)
                json.text(value)
            }
            if rest.startIndex >= line.endIndex { break }
        }
        json.close("}")
    }

    /// Takes the next cell of a line, without its quotes, and the separator behind it.
    private static func takeCell(
        _ rest: inout Slice<UnsafeRawBufferPointer>, _ separator: UInt8
    ) -> Slice<UnsafeRawBufferPointer> {
        let quote = UInt8(ascii: "\"")
        let start = rest.drop { $0 == UInt8(ascii: " ") }
        if start.first == quote {
            let content = start.dropFirst()
            var end = content.firstIndex(of: quote) ?? content.endIndex
            // A quotation mark within the cell is doubled.
            while end + 1 < content.endIndex, content[end + 1] == quote {
                end = content[(end + 2)...].firstIndex(of: quote) ?? content.endIndex
            }
            let next = rest[end...].firstIndex(of: separator).map { $0 + 1 } ?? rest.endIndex
            rest = rest[next...]
            return content[..<end]
        }
        let end = rest.firstIndex(of: separator) ?? rest.endIndex
        let cell = trimmed(rest[..<end])
        rest = rest[min(end + 1, rest.endIndex)...]
        return cell
    }

    private static func isHeader(_ line: Slice<UnsafeRawBufferPointer>, _ layout: CSVLayout) -> Bool {
        var rest = line
        return layout.columns.contains { !$0.isEmpty }
            && layout.columns.allSatisfy { column in
                let cell = takeCell(&rest, layout.separator)
                return column.isEmpty || cell.elementsEqual(column)
            }
    }

    private static func isPairEnd(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "&"), 0x09, 0x0a, 0x0d, 0: true
        default: false
        }
    }

    /// Without spaces, line ends, zeros and a byte order mark around it.
    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        var bytes = bytes
        if bytes.count >= 3, bytes.prefix(3).elementsEqual([0xef, 0xbb, 0xbf]) { bytes = bytes.dropFirst(3) }
        while let first = bytes.first, first <= 0x20 { bytes = bytes.dropFirst() }
        while let last = bytes.last, last <= 0x20 { bytes = bytes.dropLast() }
        return bytes
    }
}
