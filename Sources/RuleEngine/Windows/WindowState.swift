internal import RulePlan

/// The running state of one window over one series: where it begins, and its sums.
///
/// Sums are kept about a point (`originTime`, `originValue`) near the samples' middle, so that they stay
/// small. They are formed anew from the samples, about a new middle, when
/// - the sample that leaves was the largest since they were formed: no sum carries the rounding of a
///   value that is no longer there,
/// - the point lies four window lengths back, or
/// - a spread is asked for that is less than 1 % of the distance to the point (``isIllConditioned(_:of:)``):
///   what would be left of a difference of two large sums is rounding.
///
/// For random input that adds about one addition per sample (the largest leaves once in half a window).
/// Moments about a shifted origin: T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for Computing the
/// Sample Variance", The American Statistician 37 (1983).
struct WindowState: BitwiseCopyable {
    /// The position in the series' ring of the oldest sample inside.
    var start = 0
    /// The positions in the queues of extremes of this window's maximum and minimum.
    var maximum = 0
    var minimum = 0

    let length: Int64
    let uses: Window.Uses.RawValue

    var originTime: Int64 = 0
    var originValue = 0.0
    /// The largest distance from `originValue` that was added since the sums were formed.
    private var peak = 0.0
    // Σv, Σv², Σt, Σt², Σtv with v and t about the origin, t in seconds.
    var v = 0.0
    var vv = 0.0
    var t = 0.0
    var tt = 0.0
    var tv = 0.0

    init(length: Int64, uses: Window.Uses) {
        self.length = length
        self.uses = uses.rawValue
    }

    @inline(__always)
    func keeps(_ use: Window.Uses) -> Bool { uses & use.rawValue != 0 }

    /// Whether a difference of two sums, `rest`, is too small beside them to be trusted.
    static func isIllConditioned(_ rest: Double, of sum: Double) -> Bool { abs(rest) < 1e-4 * abs(sum) }

    /// Empties the sums and puts the origin at a time and a value.
    mutating func restart(at origin: Sample) {
        originTime = origin.time
        originValue = origin.value
        peak = 0
        v = 0
        vv = 0
        t = 0
        tt = 0
        tv = 0
    }

    @inline(__always)
    mutating func add(_ sample: Sample) {
        let distance = sample.value - originValue
        v += distance
        if keeps(.squares) { vv += distance * distance }
        if keeps(.regression) {
            let seconds = Double(sample.time &- originTime) * 1e-9
            t += seconds
            tt += seconds * seconds
            tv += seconds * distance
        }
        let magnitude = abs(distance)
        if magnitude > peak { peak = magnitude }
    }

    /// Takes a sample out; says whether the sums have to be formed anew.
    @inline(__always)
    mutating func remove(_ sample: Sample) -> Bool {
        let distance = sample.value - originValue
        v -= distance
        if keeps(.squares) { vv -= distance * distance }
        if keeps(.regression) {
            let seconds = Double(sample.time &- originTime) * 1e-9
            t -= seconds
            tt -= seconds * seconds
            tv -= seconds * distance
        }
        return abs(distance) >= peak && peak > 0
    }
}
