/// The fields of a binary payload, in the order of their bytes. A ``BinaryReader`` rewrites a payload as a JSON object
/// with a member for each named field.
package struct BinaryLayout: Sendable {
    /// Some bits of a number, under a name of their own.
    struct Bits: Sendable {
        var name: [UInt8]
        var slot: Int
        var range: ClosedRange<Int>
        var isSigned: Bool
    }

    struct Number: Sendable {
        /// Empty for a number that is only looked at, or only has ``bits``.
        var name: [UInt8]
        var slot: Int
        var type: NumberType
        var bits: [Bits] = []
        /// The only values that the field may have; a payload with another is not of this layout.
        var only: [Double] = []
    }

    enum Count: Sendable {
        case fixed(Int)
        /// The value of an earlier field.
        case slot(Int)
        /// As many as the rest of the payload has.
        case rest
    }

    /// A tag says which fields follow, as in Cayenne LPP and many LoRaWAN payloads.
    struct Choice: Sendable {
        var tag: NumberType
        var cases: [UInt64: [Node]]
        /// Set if further tags follow, up to the end of the payload.
        var isRepeated: Bool
        /// What follows a tag without a case: nothing that can be read, or this many bytes to skip.
        var otherwise: Int?
    }

    indirect enum Node: Sendable {
        case number(Number)
        /// Bytes as hexadecimal digits.
        case hex(name: [UInt8], count: Int)
        /// Bytes as text, up to the first that is 0.
        case text(name: [UInt8], count: Int)
        case skip(Int)
        /// The next field begins at this byte; from the payload's end if it is below 0.
        case seek(Int)
        /// Fields that are there only if a condition over earlier fields is true.
        case group(ConditionOverSlots, [Node])
        /// Fields that come several times: an array under a name, of numbers if there is one field in it without a
        /// name of its own, otherwise of objects.
        case repeated(name: [UInt8], Count, isPlain: Bool, [Node])
        case choice(Choice)
    }

    /// A calculation over fields that come earlier.
    struct ConditionOverSlots: Sendable {
        var expression: ValueExpression
        /// The slot of each name of the expression.
        var slots: [Int]
    }

    /// How the bytes are written in the payload.
    enum Encoding: String, Sendable, CaseIterable {
        case raw, hex, base64
    }

    /// In place of a number of bytes: all that are left.
    static let rest = Int.max

    var nodes: [Node]
    /// The number of fields that conditions can ask for.
    var slotCount: Int
    /// The lengths that a payload of this layout may have; empty: any.
    var lengths: [Int]
    var encoding: Encoding
    var checksum: Checksum?
}
