/// Count, means and central moments of a set of samples, in a form that can be joined with another's.
///
/// Joining: T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for Computing the Sample Variance", The
/// American Statistician 37 (1983); for the product of time and value P. Pébay, "Formulas for Robust,
/// One-Pass Parallel Computation of Covariances" (Sandia SAND2008-6212).
struct Moments: BitwiseCopyable {
    var count = 0.0
    var meanValue = 0.0
    /// Seconds after an instant that all joined moments refer to.
    var meanTime = 0.0
    /// Σ(v − mean)², Σ(t − mean)² and Σ(t − mean)(v − mean)
    var valueSquares = 0.0
    var timeSquares = 0.0
    var products = 0.0

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

    /// The population standard deviation; unknown below two samples.
    var deviation: Double { count < 2 ? .nan : (max(0, valueSquares) / count).squareRoot() }

    /// The least-squares slope per second; unknown while all samples have one time.
    var slope: Double { timeSquares > 0 ? products / timeSquares : .nan }

    /// Returns the value of the least-squares line at a moment, in seconds after the common instant.
    func forecast(at seconds: Double) -> Double { meanValue + slope * (seconds - meanTime) }
}
