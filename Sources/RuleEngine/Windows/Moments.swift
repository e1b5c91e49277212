/// Count, means and central moments of a set of samples, in a form that can be joined with another's.
///
/// Joining: Chan, Golub and LeVeque (1983), as in ``WindowState``; for the product of time and value
/// P. Pébay, "Formulas for Robust, One-Pass Parallel Computation of Covariances" (Sandia SAND2008-6212).
struct Moments {
    var count = 0.0
    var meanValue = 0.0
    /// Seconds after the instant that all joined moments refer to.
    var meanTime = 0.0
    /// Σ(v − mean)², Σ(t − mean)² and Σ(t − mean)(v − mean)
    var valueSquares = 0.0
    var timeSquares = 0.0
    var products = 0.0

    /// The moments of a window whose sums stand about its own origin.
    init(_ window: WindowState, count: Int, since reference: Int64) {
        guard count > 0 else { return }
        let n = Double(count)
        self.count = n
        meanValue = window.originValue + window.v / n
        meanTime = Double(window.originTime &- reference) * 1e-9 + window.t / n
        valueSquares = max(0, window.vv - window.v * window.v / n)
        timeSquares = max(0, window.tt - window.t * window.t / n)
        products = window.tv - window.t * window.v / n
    }

    init() {}

    mutating func join(_ other: Moments) {
        guard other.count > 0 else { return }
        let total = count + other.count
        let share = other.count / total
        let valueStep = other.meanValue - meanValue
        let timeStep = other.meanTime - meanTime
        let weight = count * share
        valueSquares += other.valueSquares + valueStep * valueStep * weight
        timeSquares += other.timeSquares + timeStep * timeStep * weight
        products += other.products + valueStep * timeStep * weight
        meanValue += valueStep * share
        meanTime += timeStep * share
        count = total
    }

    /// Population standard deviation; unknown below two samples.
    var deviation: Double { count < 2 ? .nan : (valueSquares / count).squareRoot() }

    /// Least squares, per second; unknown while all samples have one time.
    var slope: Double { timeSquares > 0 ? products / timeSquares : .nan }
}
