internal import AlarmModel
internal import RulePlan

// Wrapping operators: for times and spans see Engine.swift.

// The engine's invariants between two calls. For tests and simulations: no reading runs them.
extension Engine {
    /// Stops the program if the windows, the evaluator or the containers under them are not consistent. O(samples held
    /// + instances).
    package mutating func checkInvariants() {
        windows.checkInvariants()
        evaluator.checkInvariants()
    }
}

extension SeriesWindows {
    /// Checks every series' samples, windows, extremes and extras against its samples.
    mutating func checkInvariants() {
        series.checkInvariants()
        lanes.checkInvariants()
        cursors.checkInvariants()
        for index in 0..<shapes.shapes.count { shapes.checkInvariants(shapes.shapes[index]) }
        for index in series.indices {
            let state = view(index)
            state.ring.checkInvariants()
            precondition(
                state.newest == .min || state.now >= state.newest, "windows have moved as far as their newest sample")
            let shape = state.shape.pointee
            state.rows.checkInvariants(windowCount: shape.windowCount)
            for lane in shape.windows { checkWindow(state, lane) }
            guard shape.windowCount > 0 else { continue }
            if shape.maxima >= 0 { state.maxima.checkInvariants(from: state.oldest(.maxima)) }
            if shape.minima >= 0 { state.minima.checkInvariants(from: state.oldest(.minima)) }
            for number in 0..<shape.extraCount { checkExtra(state, number) }
        }
    }

    private func checkWindow(_ state: SeriesView, _ lane: Lane) {
        let shape = state.shape.pointee
        let (held, count) = (state.count(lane: lane), Int(state.ring.count))
        guard state.newest != .min else {
            precondition(held == 0, "the window of a series without samples is empty")
            return
        }
        let first = state.ring.upperBound(state.now &- shapes.length(of: lane, in: shape))
        precondition(held == count - first, "a window holds the samples that are later than its beginning")
        guard held > 0 else { return }
        precondition(state.cursors[lane] == state.ring.slot(first), "a window begins at its oldest sample")
        let values = (first..<count).map { state.ring[$0].value }
        if shape.maxima >= 0 {
            precondition(state.rows[shape.maxima, lane] == values.max(), "the maximum is that of the samples")
        }
        if shape.minima >= 0 {
            precondition(-state.rows[shape.minima, lane] == values.min(), "the minimum is that of the samples")
        }
    }

    private func checkExtra(_ state: SeriesView, _ number: Int) {
        let extra = shapes.extras[state.shape.pointee.extraBase + number]
        let (held, own) = (state.count(lane: Lane(extra.lane)), extras[Int(state.extras) + number])
        switch extra.kind {
        case .sorted:
            sorted[Int(own.sorted)].checkInvariants()
            precondition(sorted[Int(own.sorted)].count == held, "every value of a window is in its order")
        case .changes:
            precondition(own.count >= 0 && own.count <= held, "no more readings have changed than there are")
        case .smoothed: precondition(own.weight >= 0, "weights are not negative")
        case .increase, .area: break
        }
    }
}

extension WindowShapes {
    /// Checks that a shape's rows do not overlap, and that its indices are valid. O(windows).
    func checkInvariants(_ shape: WindowShape) {
        precondition(shape.laneCount >= shape.windowCount, "every window has a lane")
        var end = shape.pairs
        for (row, count) in [(shape.moments, 4), (shape.regression, 4), (shape.maxima, 2), (shape.minima, 2)]
        where row >= 0 {
            precondition(row == end, "rows lie one behind the other")
            end += count * shape.pairs
        }
        precondition(end == shape.stride || shape.pairs == 0, "the rows fill the stride")
        precondition(shape.regression < 0 || shape.moments >= 0, "sums of times are about the origins of the values")
        for lane in shape.windows.dropFirst() {
            precondition(
                length(of: Lane(lane.number - 1), in: shape) < length(of: lane, in: shape),
                "windows are in the order of their lengths")
        }
        precondition(shape.thresholdBase + shape.vectorCount <= thresholds.count, "every vector has its constants")
        precondition(shape.singleBase + shape.singleCount <= singles.count, "every single threshold is there")
        precondition(shape.extraBase + shape.extraCount <= extras.count, "every extra is there")
        precondition(shape.maskBase + shape.words <= masks.count, "every word has its mask")
    }
}

extension RuleEvaluator {
    /// Checks that the memory of conditions is in order, and that levels and faults agree.
    mutating func checkInvariants() {
        instances.checkInvariants()
        memory.checkInvariants()
        // The first look at an instance is at the gateway's time, and its readings may be older.
        for index in 0..<histories.count { histories[index].checkInvariants(isByTime: false) }
        for index in 0..<isWanted.count { precondition(!isWanted[index], "a search for what is missing has ended") }
        for index in 0..<instances.count {
            let instance = instances[index]
            precondition(instance.serial <= serial, "no instance was evaluated in a moment to come")
            precondition(
                !instance.hasNoData || instance.level > .normal, "a group without data has the level of a fault")
        }
    }
}
