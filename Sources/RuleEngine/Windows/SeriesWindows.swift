internal import RulePlan
internal import Telemetry

/// The windows of all series: takes samples, keeps what the rules' measures need, and says which thresholds changed.
///
/// A series has a ring of samples, and for each of its windows a lane of sums, an extreme and a place in the ring.
/// Series that are asked for the same share one ``WindowShape``. `append(_:to:)` moves all windows of a series with its
/// newest sample and compares their thresholds: O(windows of the series), amortised, without an allocation in the
/// steady state.
///
/// The files of this folder hold a family of measures each. They say how it is kept and moved: ``MeanWindow.swift`` the
/// sums of values, `SlopeWindow.swift` those of times, `ExtremeWindow.swift`, `QuantileWindow.swift`,
/// `CounterWindow.swift`, `AreaWindow.swift`, `SmoothedWindow.swift`; `WindowValue.swift` says how each measure is
/// read.
struct SeriesWindows: ~Copyable {
    var shapes = WindowShapes()
    var series: Slab<SeriesState>
    /// Rows of lanes, cursors (each window's first slot, its maximum's and its minimum's position), and the truth
    /// of the thresholds (a word of bits and a word of which are known, alternating), of all series.
    var lanes = Slab(repeating: LanePair.zero, count: 0)
    var cursors = Slab(repeating: UInt32(0), count: 0)
    var truth = Slab(repeating: UInt64(0), count: 0)
    var extras = Slab(repeating: ExtraState(), count: 0)
    var sorted = Slab(repeating: SortedValues(), count: 0)
    /// Which thresholds of the newest sample's series changed.
    var changedWords = Slab(repeating: UInt64(0), count: 0)
    var scratch = Slab(repeating: LanePair.zero, count: 0)
    /// When the gateway listened last, and since when it has without a pause.
    var listened = Int64.min
    var listeningSince = Int64.min

    /// A larger number is not a measurement, and its square no longer a number.
    static var largestValue: Double { 1e100 }

    /// Lays out the windows that a plan asks for. O(series + what is asked of them).
    init(_ plan: Plan, _ demands: SeriesDemands) {
        series = Slab(repeating: SeriesState(), count: plan.series.count)
        var (pairsMax, wordsMax) = (1, 1)
        for index in 0..<series.count {
            let number = shapes.shape(for: demands.needs[index])
            pairsMax = max(pairsMax, shapes.shapes[number].pairs)
            wordsMax = max(wordsMax, shapes.shapes[number].words)
            bind(index, to: number, plan, memory: demands.memory[index])
        }
        for index in 0..<series.count { series[index].sensor = Int32(index) }
        for index in 0..<series.count where series[index].raw >= 0 {
            series[Int(series[index].raw)].sensor = Int32(index)
        }
        _ = scratch.grow(by: pairsMax, with: .zero)
        _ = changedWords.grow(by: wordsMax, with: 0)
        // An empty window has a count, too.
        for index in 0..<series.count { _ = compareThresholds(of: index) }
    }

    deinit {
        for index in 0..<series.count {
            series[index].ring.free()
            series[index].maxima.free()
            series[index].minima.free()
        }
        for index in 0..<sorted.count { sorted[index].free() }
    }

    /// Gives a series its shape and its state.
    private mutating func bind(_ index: Int, to number: Int, _ plan: Plan, memory: TimeSpan) {
        let shape = shapes.shapes[number]
        var state = SeriesState()
        state.shape = Int32(number)
        state.lanes = Int32(lanes.grow(by: shape.stride, with: .zero))
        state.cursors = Int32(cursors.grow(by: shape.laneCount * WindowCursors.perLane, with: 0))
        state.words = Int32(truth.grow(by: shape.words * 2, with: 0))
        state.extras = Int32(extras.grow(by: shape.extraCount, with: ExtraState()))
        state.remembers = memory > .zero
        // Of a series that no rule reads, only the newest sample is kept.
        state.retention =
            shape.windowCount == 0 ? 0 : max(plan.allowedLateness.nanoseconds, shape.longest + memory.nanoseconds)
        state.silence = plan.series[index].silence == .longest ? .max : plan.series[index].silence.nanoseconds
        state.counter = plan.series[index].counter
        state.overdueTimeout =
            shape.windowCount == 0 ? .max : min(plan.series[index].overdueAfter, shape.shortest, state.silence)
        state.raw = plan.series[index].raw?.index ?? -1
        for extra in 0..<shape.extraCount where shapes.extras[shape.extraBase + extra].kind == .sorted {
            extras[Int(state.extras) + extra].sorted = Int32(sorted.grow(by: 1, with: SortedValues()))
        }
        series[index] = state
        let rows = view(index).rows
        for row in [shape.maxima, shape.minima] where row >= 0 {
            for lane in 0..<shape.laneCount {
                // Nothing surpasses the value of a lane without a window.
                rows[row, Lane(lane)] = lane < shape.windowCount ? -.infinity : .infinity
                rows[integerIn: row + shape.pairs, Lane(lane)] = .max
            }
        }
    }

    /// Where a series is kept; `nil` if the plan does not know it.
    func index(of id: SeriesID) -> Int? { 0 <= id.index && Int(id.index) < series.count ? Int(id.index) : nil }
}
