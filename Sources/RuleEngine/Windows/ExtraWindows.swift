internal import CEngine
internal import RulePlan

// Wrapping operators: for times and spans see Engine.swift.

// The rarer measures, kept only for the windows of the series for which a rule uses them.
extension SeriesWindows {
    /// Remembers how many samples each window held, for ``moveExtras(_:isNew:)``.
    @inline(never)
    mutating func noteCounts(_ rows: LaneBlock, _ pairs: Int) {
        let counts = LaneBlock(scratch.address(0, count: pairs))
        for pair in 0..<pairs { counts[pair] = rows[pair] }
    }

    /// Updates the extras with the windows: removes the samples that have left, and adds the newest.
    @inline(never)
    mutating func moveExtras(_ index: SeriesIndex, isNew: Bool = true) {
        let state = view(index)
        let shape = state.shape
        let counts = LaneBlock(scratch.address(0, count: shape.pointee.pairs))
        let end = Int(state.ring.count)
        for number in 0..<shape.pointee.extraCount {
            let extra = shapes.extras[shape.pointee.extraBase + number]
            let at = Int(state.extras) + number
            let before = Int(counts[0, Lane(extra.lane)])
            let after = state.count(lane: Lane(extra.lane))
            let oldEnd = isNew ? end - 1 : end
            let oldest = oldEnd - before
            for gone in oldest..<min(end - after, oldEnd) { drop(extra, at, state, gone, end: oldEnd) }
            if isNew, after > 0 { take(extra, at, state, end - 1, first: end - after) }
        }
    }

    private mutating func take(_ extra: ExtraShape, _ at: Int, _ state: SeriesView, _ index: Int, first: Int) {
        let ring = state.ring
        let sample = ring[index]
        switch extra.kind {
        case .sorted: sorted[Int(extras[at].sorted)].insert(sample.value)
        case .increase:
            if index > 0, sample.value < ring[index - 1].value { state.noteFall(at: sample.time) }
            extras[at].sum.add(Counter.step(state, index))
        case .changes: if Self.differs(ring, index) { extras[at].count += 1 }
        case .area: if index > first { extras[at].sum.add(Self.area(ring[index - 1], sample)) }
        case .smoothed:
            let fading =
                index > 0 ? tocsin_exp(Double(ring[index - 1].time &- sample.time) * 1e-9 / extra.parameter) : 0
            let sum = extras[at].sum.value * fading + sample.value
            extras[at].sum = ExactSum()
            extras[at].sum.add(sum)
            extras[at].weight = extras[at].weight * fading + 1
        }
    }

    private mutating func drop(_ extra: ExtraShape, _ at: Int, _ state: SeriesView, _ index: Int, end: Int) {
        let ring = state.ring
        switch extra.kind {
        case .sorted: sorted[Int(extras[at].sorted)].remove(ring[index].value)
        case .increase: extras[at].sum.add(-Counter.step(state, index))
        case .changes: if Self.differs(ring, index) { extras[at].count -= 1 }
        case .area: if index + 1 < end { extras[at].sum.add(-Self.area(ring[index], ring[index + 1])) }
        case .smoothed: break
        }
    }

    /// Computes the extras again after late samples, except `smoothed`, which ``noteLate(_:_:)`` has updated.
    mutating func formExtras(_ index: SeriesIndex) {
        let state = view(index)
        let shape = state.shape
        for number in 0..<shape.pointee.extraCount {
            let extra = shapes.extras[shape.pointee.extraBase + number]
            guard extra.kind != .smoothed else { continue }
            let at = Int(state.extras) + number
            extras[at].sum = ExactSum()
            extras[at].count = 0
            if extra.kind == .sorted { sorted[Int(extras[at].sorted)].removeAll() }
            let first = Int(state.ring.count) - state.count(lane: Lane(extra.lane))
            for sample in first..<Int(state.ring.count) { take(extra, at, state, sample, first: first) }
        }
    }

    /// Removes or adds, in every extra, the steps that a late sample at an index changes: those from that index on
    /// that look back at it.
    mutating func changeSteps(_ index: SeriesIndex, from position: Int, isTaken: Bool) {
        let state = view(index)
        let shape = state.shape
        for number in 0..<shape.pointee.extraCount {
            let extra = shapes.extras[shape.pointee.extraBase + number]
            let reach: Int
            switch extra.kind {
            case .sorted: reach = 0
            case .increase: reach = Counter.lookback
            case .changes, .area: reach = 1
            case .smoothed: continue
            }
            let at = Int(state.extras) + number
            let first = Int(state.ring.count) - state.count(lane: Lane(extra.lane))
            let last = min(position + reach + (isTaken ? 1 : 0), Int(state.ring.count))
            for step in max(position, first)..<max(last, position, first) {
                switch (extra.kind, isTaken) {
                case (.sorted, false): break
                case (_, true): take(extra, at, state, step, first: first)
                case (.area, false):
                    if step > first { extras[at].sum.add(-Self.area(state.ring[step - 1], state.ring[step])) }
                case (_, false): drop(extra, at, state, step, end: Int(state.ring.count))
                }
            }
        }
    }

    static func differs(_ ring: SampleRing, _ index: Int) -> Bool {
        index > 0 && ring[index - 1].value != ring[index].value
    }
}
