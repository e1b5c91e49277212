/// A sum in two doubles, high and low: 106 bits. When a huge summand is removed again, its error lies below every
/// digit that is shown.
///
/// T. J. Dekker, "A Floating-Point Technique for Extending the Available Precision" (1971); the error of one addition
/// after D. E. Knuth, The Art of Computer Programming 2, 4.2.2.
struct ExactSum: BitwiseCopyable {
    private var high = 0.0
    private var low = 0.0

    var value: Double { high + low }

    mutating func add(_ summand: Double) {
        let sum = high + summand
        let part = sum - high
        let error = (high - (sum - part)) + (summand - part)
        low += error
        high = sum + low
        low -= high - sum
    }
}
