/// How sure a guess is.
package enum Certainty: String, Sendable, Comparable, Encodable {
    case unsure, likely, certain

    private var rank: Int {
        switch self {
        case .unsure: 0
        case .likely: 1
        case .certain: 2
        }
    }

    package static func < (a: Certainty, b: Certainty) -> Bool { a.rank < b.rank }
}
