internal import CEngine
internal import RulePlan

// Wrapping operators: for times and spans see Engine.swift.

// The weighted sums of `smoothed`.
extension SeriesWindows {
    /// Gives a late sample its weight in every `smoothed`, and notes it if it is the newest all the same.
    mutating func noteLate(_ sample: Sample, _ index: Int) {
        let state = view(index)
        let shape = state.shape
        let newest = state.newest
        if sample.time > newest { series[index].newest = sample.time }
        for number in 0..<shape.pointee.extraCount {
            let extra = shapes.extras[shape.pointee.extraBase + number]
            guard extra.kind == .smoothed else { continue }
            let at = Int(state.extras) + number
            let isNewest = sample.time > newest
            let fading = isNewest ? tocsin_exp(Double(newest &- sample.time) * 1e-9 / extra.parameter) : 1
            let own = isNewest ? 1 : tocsin_exp(Double(sample.time &- newest) * 1e-9 / extra.parameter)
            let sum = extras[at].sum.value * fading + sample.value * own
            extras[at].sum = ExactSum()
            extras[at].sum.add(sum)
            extras[at].weight = extras[at].weight * fading + own
        }
    }
}
