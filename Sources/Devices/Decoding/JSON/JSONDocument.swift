internal import CSimdjson

/// Parses JSON documents, one after the other. It allocates only for a larger document than any before.
///
/// Reason for simdjson: of the parsers in Debian, it took the least time to parse a real payload and visit every value:
///
/// | payloads | simdjson 3.0 | cJSON 1.7 | nlohmann 3.11 | jansson 2.14 |
/// | --- | --- | --- | --- | --- |
/// | 5,000 OpenEEW messages of 96 samples, 834 bytes | 1.5 µs | 6.8 × | 9.6 × | 13 × |
/// | 150 LoRaWAN uplinks of Milesight sensors, 1,051 bytes | 0.5 µs | 5.7 × | 19 × | 27 × |
///
/// For a comparison with Foundation's `JSONDecoder`, see the line "decode …" of `make bench`.
final class JSONParser {
    private let parser: OpaquePointer
    private var repair = JSONRepair()
    /// The number of documents that were read only after a repair.
    private(set) var repairedCount = 0

    enum Outcome {
        /// The root value, valid until the next call.
        case document(JSONValue)
        /// The document has nothing but white space.
        case blank
        case fault(String)
    }

    /// - Parameter bytesMax: the longest document. A repair makes at most three bytes of each byte.
    init(bytesMax: Int) {
        guard let parser = tocsin_json_parser_create(3 * bytesMax) else {
            fatalError("out of memory for a JSON parser of \(bytesMax) bytes")  // at start, before any input
        }
        self.parser = parser
    }

    deinit { tocsin_json_parser_destroy(parser) }

    /// Reads a document strictly. If that fails, reads it once more after a repair.
    func parse(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        guard bytes.count > 0 else { return .blank }
        var root = tocsin_json()
        if read(bytes, &root) == 0 { return .document(JSONValue(raw: root)) }
        if JSONRepair.isBlank(bytes) { return .blank }
        repair.repair(bytes)
        let code = repair.bytes.withUnsafeBytes { read($0, &root) }
        guard code == 0 else { return .fault(String(cString: tocsin_json_error_text(code))) }
        repairedCount += 1
        return .document(JSONValue(raw: root))
    }

    /// Returns 0, or simdjson's error code.
    private func read(_ bytes: UnsafeRawBufferPointer, _ root: inout tocsin_json) -> Int32 {
        tocsin_json_parse(parser, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count, &root)
    }
}

/// A value inside the document that was parsed last.
struct JSONValue {
    let raw: tocsin_json

    func at(_ pointer: JSONPointer) -> JSONValue? {
        var value = self
        for choice in pointer.choices {
            guard let chosen = value.at(choice.array)?.item(choice) else { return nil }
            value = chosen
        }
        return value.at(pointer.bytes)
    }

    private func at(_ way: [UInt8]) -> JSONValue? {
        var found = tocsin_json()
        let isThere = way.withUnsafeBufferPointer { tocsin_json_at(raw, $0.baseAddress, $0.count, &found) }
        return isThere ? JSONValue(raw: found) : nil
    }

    /// Returns the first object of an array that has a value at a member.
    private func item(_ choice: JSONPointer.Choice) -> JSONValue? {
        var found: JSONValue?
        _ = forEachItem { item in
            guard found == nil, let value = item.at(choice.member) else { return }
            let isMatch =
                value.string.map(choice.value.matches) ?? (value.number != nil && value.number == choice.value.number)
            if isMatch { found = item }
        }
        return found
    }

    func member(_ key: StaticString) -> JSONValue? {
        var found = tocsin_json()
        let isThere = key.withUTF8Buffer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { tocsin_json_member(raw, $0.baseAddress, $0.count, &found) }
        }
        return isThere ? JSONValue(raw: found) : nil
    }

    var isNull: Bool { tocsin_json_is_null(raw) }
    var isObject: Bool { tocsin_json_is_object(raw) }
    var isArray: Bool { tocsin_json_is_array(raw) }
    var hasMustUnderstandKey: Bool { tocsin_json_has_key_with_suffix(raw, CChar(UInt8(ascii: "_"))) }

    var number: Double? {
        var number = 0.0
        return tocsin_json_number(raw, &number) ? number : nil
    }

    var integer: Int64? {
        var integer: Int64 = 0
        return tocsin_json_integer(raw, &integer) ? integer : nil
    }

    var boolean: Bool? {
        var boolean = false
        return tocsin_json_boolean(raw, &boolean) ? boolean : nil
    }

    /// The bytes of a string, valid as long as the document is.
    var string: UnsafeBufferPointer<UInt8>? {
        var bytes: UnsafePointer<UInt8>?
        var count = 0
        return tocsin_json_string(raw, &bytes, &count) ? UnsafeBufferPointer(start: bytes, count: count) : nil
    }

    /// Calls `body` for each item of an array; returns false if this is not an array.
    func forEachItem(_ body: (JSONValue) -> Void) -> Bool {
        var items = tocsin_json_items()
        guard tocsin_json_items_of(raw, &items) else { return false }
        var item = tocsin_json()
        while tocsin_json_next(&items, &item) { body(JSONValue(raw: item)) }
        return true
    }
}
