/// The keys of a vector: a payload of a profile with the readings that it must give.
package enum VectorKey: String, MappingKey {
    case what, topic, key, arrival, time, problem, before, gives

    package static let title = "a vector"
    package static let parts: [any MappingKey.Type] = [PayloadKey.self]

    package var isRequired: Bool { self == .gives }

    package var meaning: String {
        switch self {
        case .what: "What the payload shows, for people."
        case .topic: "The topic. Default: the first one of the profile."
        case .key:
            """
            The device's key, if several devices share the topic. Default: the label 'device' of the topic, or x.
            """
        case .arrival: "When the message arrived. Default: 'time', or 2026-01-01."
        case .time: "The time that the readings must have."
        case .problem: "'true' if a part of the payload must be reported as unreadable."
        case .before: "The messages that have come before."
        case .gives: "All readings that the payload must give, and no others: { rain: 0.2 mm }, or 'nothing'."
        }
    }

    package var form: KeyForm {
        switch self {
        case .what, .topic, .key: .text
        case .arrival, .time: .instant
        case .problem: .boolean
        case .before: .oneOrMore(.mapping(EarlierMessageKey.self))
        case .gives: .either(.words(["nothing"]), .byQuantity(.oneOrMore(.amount)))
        }
    }
}

/// The keys of a vector's payload.
package enum PayloadKey: String, MappingKey {
    case payload, hex, base64, port

    package static let title = "a vector"
    package static let alternatives: [[PayloadKey]] = [[.payload], [.hex], [.base64]]

    package var meaning: String {
        switch self {
        case .payload: "The payload as text."
        case .hex: "The payload's bytes in hexadecimal; with an 'envelope', the device's own bytes."
        case .base64: "The payload's bytes in Base64; with an 'envelope', the device's own bytes."
        case .port: "The LoRaWAN port of the bytes, with an 'envelope'. Default: 1."
        }
    }

    package var form: KeyForm {
        switch self {
        case .payload, .hex, .base64: .text
        case .port: .whole(0...255)
        }
    }
}

/// The keys of a message that came before the one of a vector.
package enum EarlierMessageKey: String, MappingKey {
    case topic

    package static let title = "an earlier message"
    package static let parts: [any MappingKey.Type] = [PayloadKey.self]

    package var meaning: String { "The topic of the earlier message. Default: the first one of the profile." }
    package var form: KeyForm { .text }
}
