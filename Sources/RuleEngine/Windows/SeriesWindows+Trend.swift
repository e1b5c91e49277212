internal import RulePlan
internal import Telemetry

extension SeriesWindows {
    /// Returns the slope of the least-squares line through the newest samples of a series: see
    /// ``Engine/trend(of:over:)``.
    mutating func trend(_ index: SeriesIndex, over span: TimeSpan) -> Double? {
        guard !series[index].isUnknown, series[index].newest != .min else { return nil }
        let ring = series[index].ring
        let newest = series[index].newest
        let first = ring.upperBound(newest.saturatingSubtract(span.nanoseconds))
        guard Int(ring.count) - first >= 3, newest - ring[first].time >= TimeSpan.minutes(2).nanoseconds else {
            return nil
        }
        // About the newest sample, so that nothing large is subtracted.
        let origin = ring[Int(ring.count) - 1].value
        var (times, values, squares, products, count) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for at in first..<Int(ring.count) {
            let sample = ring[at]
            let (time, value) = (Double(sample.time - newest) * 1e-9, sample.value - origin)
            times += time
            values += value
            squares += time * time
            products += time * value
            count += 1
        }
        let spread = count * squares - times * times
        guard spread > 0 else { return nil }
        let slope = (count * products - times * values) / spread
        return slope.isFinite ? slope : nil
    }
}
