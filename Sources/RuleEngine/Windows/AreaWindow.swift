internal import RulePlan

// Wrapping operators: for times and spans see Engine.swift.

// The area under the readings of a window, for `integral` and `time_mean`.
extension SeriesWindows {
    /// Returns the area under the readings of a window, with the part of the first stretch that lies inside it.
    mutating func area(_ state: SeriesView, lane: Lane, extra: Int, first: Int, _ measure: Measure) -> Double {
        let newest = state.ring[Int(state.ring.count) - 1]
        var area = extraState(state, extra).sum.value
        var since = state.ring[first].time
        if first > 0 {
            let (a, b) = (state.ring[first - 1], state.ring[first])
            let start = state.now &- shapes.length(of: lane, in: state.shape.pointee)
            // A gap longer than the window says nothing about its beginning.
            if b.time > start, start >= a.time, b.time &- a.time <= state.now &- start {
                let part = Double(start &- a.time) / Double(b.time &- a.time)
                area += Self.area(Sample(time: start, value: a.value + (b.value - a.value) * part), b)
                since = start
            }
        }
        let span = Double(newest.time &- since) * 1e-9
        if measure.aggregate == .integral { return span > 0 ? area : .nan }
        return span > 0 ? area / span : newest.value
    }

    /// Returns the area under the straight line between two samples, in value seconds.
    static func area(_ a: Sample, _ b: Sample) -> Double { (a.value + b.value) / 2 * (Double(b.time &- a.time) * 1e-9) }
}
