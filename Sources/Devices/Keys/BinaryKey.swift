/// The keys of a message with binary payloads.
package enum BinaryKey: String, MappingKey {
    case fields, endian, length, encoding, checksum

    package static let title = "a message"

    package var meaning: String {
        switch self {
        case .fields: "With 'format: binary', what the bytes mean, in their order."
        case .endian: "With 'format: binary', the order of the bytes of numbers. Default: big."
        case .length: "With 'format: binary', the only length of the payloads in bytes, or a list of the only ones."
        case .encoding: "With 'format: binary', how the bytes are written, if the payload is a text. Default: raw."
        case .checksum:
            """
            With 'format: binary', the kind of the checksum at the end of a payload, or a mapping with 'kind' and 'at'.
            """
        }
    }

    package var form: KeyForm {
        switch self {
        case .fields: .oneOrMore(.mapping(FieldKey.self))
        case .endian: .words(["big", "little"])
        case .length: .oneOrMore(.whole(0...Int.max))
        case .encoding: .words(BinaryLayout.Encoding.allCases.map(\.rawValue))
        case .checksum: .either(.words(Checksum.Kind.allCases.map(\.rawValue)), .mapping(ChecksumKey.self))
        }
    }
}

/// The keys of a checksum.
package enum ChecksumKey: String, MappingKey {
    case kind, at

    package static let title = "a checksum"

    package var isRequired: Bool { self == .kind }

    package var meaning: String {
        switch self {
        case .kind: "How the checksum is computed."
        case .at: "The position of its first byte, counted from 0, or from the end if negative. Default: at the end."
        }
    }

    package var form: KeyForm {
        switch self {
        case .kind: .words(Checksum.Kind.allCases.map(\.rawValue))
        case .at: .position
        }
    }
}

/// The keys of a field of a binary payload.
package enum FieldKey: String, MappingKey {
    case name, type, bits, only, skip, at, when, fields
    case repetition = "repeat"
    case choose, cases, repeated, otherwise

    package static let title = "a field"
    package static let alternatives: [[FieldKey]] = [
        [.type], [.skip], [.when, .fields], [.name, .repetition, .fields], [.choose, .cases],
    ]

    package var meaning: String {
        switch self {
        case .name: "The name of the member that readings point to."
        case .type:
            """
            The type of the number (u16, i32le, f32sw), or bytes as hexadecimal digits (hex 8) or as text (text 12).
            """
        case .bits: "Bits of the number, by name: 3, 0..13, or 0..11 signed. 0 is the lowest."
        case .only: "The value of the field, or a list of them. Otherwise it is another kind of payload."
        case .skip: "A number of bytes that nobody needs, or 'rest'."
        case .at: "The byte at which the field begins, counted from 0, or from the end if negative."
        case .when: "The 'fields' are there only if this calculation over earlier fields is true."
        case .fields: "The fields that 'when' is about, or those of each object of a 'repeat'."
        case .repetition: "The length of an array: a number, the name of an earlier field, or 'rest'."
        case .choose: "The type of a tag that says which of the 'cases' follows, again and again to the end."
        case .cases: "The fields behind each tag; tags are hexadecimal."
        case .repeated: "'false' if the tag comes only once. Default: true."
        case .otherwise: "What is done at a tag without a case: 'skip 2' or 'skip rest'. Default: a problem."
        }
    }

    package var form: KeyForm {
        switch self {
        case .name, .repetition: .text
        case .type: .numberType(NumberType.names, or: "^(hex|text) [0-9]+$")
        case .bits:
            .byName(
                .either(
                    .whole(0...63),
                    .written(words: [], pattern: "^[0-9]+(\\.\\.[0-9]+)?( +signed)?$", examples: ["0..11 signed"])),
                pattern: nil)
        case .only: .oneOrMore(.code)
        case .skip: .byteCount
        case .at: .position
        case .when: .calculation
        case .fields: .oneOrMore(.mapping(FieldKey.self))
        case .choose: .numberType(NumberType.names.filter { $0.hasPrefix("u") })
        case .cases: .byName(.oneOrMore(.mapping(FieldKey.self)), pattern: "^(0x)?[0-9A-Fa-f ]+$")
        case .repeated: .boolean
        case .otherwise: .written(words: ["skip rest"], pattern: "^skip [0-9]+$", examples: ["skip 2"])
        }
    }
}
