/// The flag of a reading, or of one test of it, in the words and numbers of IOOS QARTOD.
///
/// Source: IOOS QARTOD, "Manual for the Use of Real-Time Oceanographic Data Quality Control Flags", version 1.2, 2020.
@usableFromInline
package enum QualityFlag: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    case pass = 1
    case notEvaluated = 2
    case suspect = 3
    case fail = 4
    case missing = 9

    /// `pass`, `not evaluated`
    package var name: String {
        switch self {
        case .pass: "pass"
        case .notEvaluated: "not evaluated"
        case .suspect: "suspect"
        case .fail: "fail"
        case .missing: "missing"
        }
    }
}
