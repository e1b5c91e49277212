/// The types of metrics that are a number, a text or a time (Sparkplug 3.0.0, section 6.4.16).
enum SparkplugType: Sendable, Equatable {
    case signed(bits: Int)
    case unsigned(bits: Int)
    case float, boolean, text
    /// Milliseconds since 1970.
    case time
    /// A data set, a template, bytes or an array. Its code is kept for messages.
    case other(UInt32)

    /// `nil` for 0, which is "unknown".
    init?(code: UInt32) {
        switch code {
        case 0: return nil
        case 1: self = .signed(bits: 8)
        case 2: self = .signed(bits: 16)
        case 3: self = .signed(bits: 32)
        case 4: self = .signed(bits: 64)
        case 5: self = .unsigned(bits: 8)
        case 6: self = .unsigned(bits: 16)
        case 7: self = .unsigned(bits: 32)
        case 8: self = .unsigned(bits: 64)
        case 9, 10: self = .float
        case 11: self = .boolean
        case 12, 14, 15: self = .text
        case 13: self = .time
        default: self = .other(code)
        }
    }

    var inWords: String {
        switch self {
        case .other(16): "a data set"
        case .other(17), .other(18): "bytes"
        case .other(19): "a template"
        case .other(let code) where (22...34).contains(code): "an array"
        default: "a value of an unknown type"
        }
    }
}
